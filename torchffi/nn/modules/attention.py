"""Attention with several heads."""

from __future__ import annotations

import math
from collections.abc import Callable

from torchffi._array.broadcasting import broadcast_to
from torchffi._array.creation import empty, zeros
from torchffi._array.joining import concat
from torchffi._array.linear_algebra import matmul
from torchffi._array.manipulation import matrix_transpose, permute_dims, reshape, squeeze
from torchffi._array.statistical import mean
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn import functional, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter
from torchffi.nn._masks import as_floats, merged
from torchffi.nn.modules.linear import Linear


class NonDynamicallyQuantizableLinear(Linear):
    """A :class:`Linear` under the name that the representation of PyTorch's attention shows."""


class MultiheadAttention(Module):
    """Projects queries, keys and values, and attends in several heads.

    Args:
        embed_dim: Length of the last axis of queries and of the output.
        num_heads: Number of heads, a divisor of it.
        dropout: Probability with which an attention weight is set to 0 in training.
        bias: Whether the projections have biases.
        add_bias_kv: Whether a key and a value that are parameters are added to the others.
        add_zero_attn: Whether a key and a value of zeros are added.
        kdim: Length of the last axis of keys; embed_dim if None.
        vdim: Length of the last axis of values; embed_dim if None.
        batch_first: Whether the axis of samples is the first one.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        in_proj_weight: A parameter of shape (3 * embed_dim, embed_dim); None if kdim or vdim differ.
        q_proj_weight, k_proj_weight, v_proj_weight: Parameters of shapes (embed_dim, embed_dim),
            (embed_dim, kdim) and (embed_dim, vdim) in that case; else None.
        in_proj_bias: A parameter of shape (3 * embed_dim,), zeros; or None.
        out_proj: The layer that projects the output.
        bias_k, bias_v: Parameters of shape (1, 1, embed_dim), or None.

    Raises:
        ValueError: If the heads do not divide embed_dim.

    Source: torch.nn.MultiheadAttention.
    """

    in_proj_weight: Tensor | None
    in_proj_bias: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None
    out_proj: Linear

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise InvalidArgumentError(
                f"MultiheadAttention: num_heads is {num_heads} for embed_dim {embed_dim}, expected "
                "a divisor of it"
            )
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.batch_first, self.add_zero_attn = batch_first, add_zero_attn
        self.head_dim = embed_dim // num_heads
        joint = self.kdim == embed_dim and self.vdim == embed_dim
        shapes: dict[str, tuple[int, ...]] = (
            {"in_proj_weight": (3 * embed_dim, embed_dim)}
            if joint
            else {
                "q_proj_weight": (embed_dim, embed_dim),
                "k_proj_weight": (embed_dim, self.kdim),
                "v_proj_weight": (embed_dim, self.vdim),
            }
        )
        if bias:
            shapes["in_proj_bias"] = (3 * embed_dim,)
        if add_bias_kv:
            shapes.update(bias_k=(1, 1, embed_dim), bias_v=(1, 1, embed_dim))
        weights = "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_weight"
        for name in (*weights, "in_proj_bias", "bias_k", "bias_v"):
            shape = shapes.get(name)
            value = None if shape is None else Parameter(empty(shape, dtype=dtype, device=device))
            self.register_parameter(name, value)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias=bias, device=device, dtype=dtype
        )
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name, value in self._parameters.items():
            if value is not None and name.endswith("weight"):
                init.xavier_uniform_(value)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            assert self.out_proj.bias is not None
            init.zeros_(self.out_proj.bias)
        for value in (self.bias_k, self.bias_v):
            if value is not None:
                init.xavier_normal_(value)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attends.

        Args:
            query: A tensor of shape (l, n, embed_dim), or (n, l, embed_dim) with ``batch_first``, or
                (l, embed_dim).
            key: A tensor of shape (s, n, kdim), with the same order of axes.
            value: A tensor of shape (s, n, vdim).
            key_padding_mask: A tensor of shape (n, s) or (s,): of bool, true for the keys to ignore, or
                floating-point numbers that are added.
            need_weights: Whether the attention weights are returned; without them it is faster.
            attn_mask: A tensor of shape (l, s) or (n * num_heads, l, s), likewise.
            average_attn_weights: Whether the weights returned are means over the heads.
            is_causal: Says that attn_mask, which must be given, is the causal one.

        Returns:
            The output, of the shape of query, and the weights: of shape (n, l, s), or
            (n, num_heads, l, s) if not averaged; None if they are not needed.

        Raises:
            TypeError: For a mask of integers.
            ValueError: If the shapes do not fit.
        """
        self._check(query, key, value)
        if is_causal and attn_mask is None:
            raise InvalidArgumentError("MultiheadAttention: is_causal needs attn_mask too")
        if query.ndim == 2:
            output, weights = self._attend(
                *_on_each((query, key, value), lambda x: x[:, None]),
                None if key_padding_mask is None else key_padding_mask[None],
                need_weights, attn_mask, is_causal,
            )  # fmt: skip
            output, weights = squeeze(output, 1), None if weights is None else weights[0]
        else:
            inputs = query, key, value
            if self.batch_first:
                inputs = _on_each(inputs, lambda x: permute_dims(x, (1, 0, 2)))
            output, weights = self._attend(
                *inputs, key_padding_mask, need_weights, attn_mask, is_causal
            )
            output = permute_dims(output, (1, 0, 2)) if self.batch_first else output
        if weights is not None and average_attn_weights:
            weights = mean(weights, axis=-3)
        return output, weights

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        sizes = {"query": self.embed_dim, "key": self.kdim, "value": self.vdim}
        single, axis = query.ndim == 2, 0 if self.batch_first else 1
        for (name, size), given in zip(sizes.items(), (query, key, value), strict=True):
            if given.ndim != query.ndim or given.ndim not in (2, 3) or given.shape[-1] != size:
                raise ShapeError(
                    f"MultiheadAttention: {name} has shape {given.shape}, expected 2 or 3 axes as the "
                    f"others, the last one of length {size}"
                )
            if not single and given.shape[axis] != query.shape[axis]:
                raise ShapeError(
                    f"MultiheadAttention: {name} has shape {given.shape}, expected "
                    f"{query.shape[axis]} samples along axis {axis}, as query"
                )
        if key.shape[:-1] != value.shape[:-1]:
            raise ShapeError(
                f"MultiheadAttention: key has shape {key.shape} and value {value.shape}, expected as "
                "many keys as values"
            )

    def _project(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        """Queries, keys and values, each of shape (length, n, embed_dim)."""
        size, weight, bias = self.embed_dim, self.in_proj_weight, self.in_proj_bias
        if weight is not None and query is key is value:
            joint = functional.linear(query, weight, bias)
            return [joint[..., n * size : (n + 1) * size] for n in range(3)]
        projected = []
        for number, (name, input) in enumerate(zip("qkv", (query, key, value), strict=True)):
            part = slice(number * size, (number + 1) * size)
            own = getattr(self, f"{name}_proj_weight") if weight is None else weight[part]
            projected.append(functional.linear(input, own, None if bias is None else bias[part]))
        return projected

    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        ignored: Tensor | None,
        need_weights: bool,
        attn_mask: Tensor | None,
        is_causal: bool,
    ) -> tuple[Tensor, Tensor | None]:
        """The output, of shape (l, n, embed_dim), and the weights of each head."""
        length, batch, _ = query.shape
        if is_causal and ignored is None and not need_weights:
            attn_mask = None
        else:
            attn_mask, is_causal = as_floats("attn_mask", attn_mask, query.dtype), False
        ignored = as_floats("key_padding_mask", ignored, query.dtype)
        q, k, v = self._project(query, key, value)
        rows = []
        if self.bias_k is not None and self.bias_v is not None:
            rows.append((self.bias_k, self.bias_v))
        if self.add_zero_attn:
            rows.append((zeros((1, 1, 1), dtype=k.dtype, device=k.device),) * 2)
        for of_keys, of_values in rows:
            shape = 1, batch, self.embed_dim
            k = concat([k, broadcast_to(of_keys, shape)])
            v = concat([v, broadcast_to(of_values, shape)])
        sizes = batch, self.num_heads, length, key.shape[0]
        mask = merged(attn_mask, ignored, sizes, len(rows))
        q, k, v = (permute_dims(self._heads(x), (1, 2, 0, 3)) for x in (q, k, v))
        dropout, weights = self.dropout if self.training else 0.0, None
        if need_weights:
            products = matmul(q * math.sqrt(1 / self.head_dim), matrix_transpose(k))
            weights = functional.softmax(products if mask is None else mask + products)
            if dropout:
                weights = functional.dropout(weights, dropout)
            output = matmul(weights, v)
        else:
            output = functional.scaled_dot_product_attention(
                q, k, v, mask, dropout_p=dropout, is_causal=is_causal
            )
        output = reshape(permute_dims(output, (2, 0, 1, 3)), (length, batch, self.embed_dim))
        return self.out_proj(output), weights

    def _heads(self, x: Tensor) -> Tensor:
        return reshape(x, (*x.shape[:2], self.num_heads, self.head_dim))


def _on_each(
    inputs: tuple[Tensor, Tensor, Tensor], function: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """The results of a function, one for inputs that are the same object."""
    results = {id(input): function(input) for input in inputs}
    query, key, value = (results[id(input)] for input in inputs)
    return query, key, value
