"""Tables of vectors, looked up by integers."""

from __future__ import annotations

from typing import Any

from torchffi._array.creation import empty
from torchffi._autograd.modes import no_grad
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn import functional, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter


class _Table(Module):
    """The base of the two layers: their table and its options."""

    weight: Tensor
    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None

    def _set(
        self,
        sizes: tuple[int, int],
        padding_idx: int | None,
        weight: Tensor | None,
        trained: bool,
        device: str | None,
        dtype: DType | None,
    ) -> None:
        self.num_embeddings, self.embedding_dim = sizes
        rows, name = sizes[0], self._get_name()
        if padding_idx is not None:
            if not -rows <= padding_idx < rows:
                raise InvalidArgumentError(
                    f"{name}: padding_idx is {padding_idx}, expected {-rows} to {rows - 1}"
                )
            padding_idx %= rows
        self.padding_idx = padding_idx
        if weight is None:
            self.weight = Parameter(empty(sizes, dtype=dtype, device=device), trained)
            self.reset_parameters()
        elif weight.shape != sizes:
            raise ShapeError(f"{name}: _weight has shape {weight.shape}, expected {sizes}")
        else:
            self.weight = Parameter(weight, trained)

    def reset_parameters(self) -> None:
        """Draws new values from the normal distribution; the row of ``padding_idx`` becomes 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def extra_repr(self) -> str:
        """The sizes and the options that are set."""
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name, usual in self._options:
            value = getattr(self, name)
            if usual is _ALWAYS or value != usual:
                parts.append(f"{name}={value!r}")
        return ", ".join(parts)

    _options: tuple[tuple[str, Any], ...]


_ALWAYS: Any = object()


class Embedding(_Table):
    """A table of vectors: the layer of :func:`~torchffi.nn.functional.embedding`.

    Args:
        num_embeddings: The number of rows.
        embedding_dim: The length of a row.
        padding_idx: A row that is not trained, and is 0 at first.
        max_norm: Rows with a larger norm are scaled down to it, in place, when they are used.
        norm_type: The p of the p-norm.
        scale_grad_by_freq: Whether the gradient of a row is divided by its number of uses.
        sparse: Must be False when the layer is called: gradients are not sparse here.
        _weight: The table; drawn from the normal distribution if None.
        _freeze: Whether the table is not trained.
        device: The device of the table, ``"cpu"`` if None.
        dtype: Its dtype, float32 if None.

    Attributes:
        weight: The table, a parameter of shape (num_embeddings, embedding_dim).

    Source: torch.nn.Embedding.
    """

    _options = (
        ("padding_idx", None),
        ("max_norm", None),
        ("norm_type", 2),
        ("scale_grad_by_freq", False),
        ("sparse", False),
    )

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._set((num_embeddings, embedding_dim), padding_idx, _weight, not _freeze, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The rows of the indices: a tensor of shape (*input.shape, embedding_dim)."""
        return functional.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A layer with the given table.

        Args:
            embeddings: The table, a matrix; the layer uses its memory.
            freeze: Whether it is not trained.
            padding_idx: As for the class; its row keeps its values.
            max_norm: As for the class.
            norm_type: As for the class.
            scale_grad_by_freq: As for the class.
            sparse: As for the class.

        Raises:
            ValueError: If the table is not a matrix.
        """
        rows, columns = _sizes("Embedding", embeddings)
        options = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        return cls(rows, columns, *options, _weight=embeddings, _freeze=freeze)


class EmbeddingBag(_Table):
    """Sums, means or maxima of rows of a table: :func:`~torchffi.nn.functional.embedding_bag`.

    Args:
        num_embeddings: The number of rows.
        embedding_dim: The length of a row.
        max_norm: Rows with a larger norm are scaled down to it, in place, when they are used.
        norm_type: The p of the p-norm.
        scale_grad_by_freq: Whether the gradient of a row is divided by its number of uses.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: Must be False when the layer is called: gradients are not sparse here.
        _weight: The table; drawn from the normal distribution if None.
        include_last_offset: Whether the offsets end with the number of indices.
        padding_idx: A row that is not counted, and is 0 at first.
        device: The device of the table, ``"cpu"`` if None.
        dtype: Its dtype, float32 if None.

    Attributes:
        weight: The table, a parameter of shape (num_embeddings, embedding_dim).

    Source: torch.nn.EmbeddingBag.
    """

    _options = (
        ("max_norm", None),
        ("norm_type", 2),
        ("scale_grad_by_freq", False),
        ("mode", _ALWAYS),
        ("padding_idx", None),
    )

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.mode, self.include_last_offset = mode, include_last_offset
        self._set((num_embeddings, embedding_dim), padding_idx, _weight, True, device, dtype)

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        """The result for each bag, of shape (bags, embedding_dim). Arguments: of the function."""
        return functional.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """A layer with the given table.

        Args:
            embeddings: The table, a matrix; the layer uses its memory.
            freeze: Whether it is not trained.
            max_norm: As for the class.
            norm_type: As for the class.
            scale_grad_by_freq: As for the class.
            mode: As for the class.
            sparse: As for the class.
            include_last_offset: As for the class.
            padding_idx: As for the class; its row keeps its values.

        Raises:
            ValueError: If the table is not a matrix.
        """
        rows, columns = _sizes("EmbeddingBag", embeddings)
        options = (max_norm, norm_type, scale_grad_by_freq, mode, sparse)
        layer = cls(rows, columns, *options, embeddings, include_last_offset, padding_idx)
        layer.weight.requires_grad_(not freeze)
        return layer


def _sizes(layer: str, table: Tensor) -> tuple[int, int]:
    if not isinstance(table, Tensor) or table.ndim != 2:
        found = table.shape if isinstance(table, Tensor) else type(table).__name__
        raise ShapeError(f"{layer}.from_pretrained: expected a matrix, got {found}")
    return table.shape[0], table.shape[1]
