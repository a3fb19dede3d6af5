"""Arguments for every operator, derived from its schema, that PyTorch accepts with a repeatable result.

Each kind of parameter has a few candidates. Combinations are tried, those of the first candidates first,
until PyTorch's operator succeeds and repeats its result.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from torchffi._libtorch.operators import boxed, registry
from torchffi._libtorch.operators.schemas import Parameter, Schema

# Prefixes of names, also after an underscore, of operators that are not compared: random ones, those
# that read uninitialised memory or print, those for kinds of tensors that the samples do not have,
# and those that end the process for well-typed arguments (rt_torch.h).
SKIPPED = tuple(
    """
    rand bernoulli dropout normal poisson multinomial cauchy exponential geometric uniform rrelu
    binomial dirichlet gamma _sobol empty resize new_empty _print _assert record_stream
    from_file _cuda cudnn miopen mkldnn _convert_indices ctc_loss to_dense _to_dense sparse
    _nested nested segment_reduce _jagged _padded qr svd eig lobpcg _thnn_fused _use_cudnn
    _fused fbgemm quantized _weight_int _dyn_quant _embedding_bag _transform_bias _flash
    _efficient _scaled_dot _triton _pack _pad_packed set_ set. _has_same _backward set_data
    retain_grad _make_dep_token _version _local_scalar pin_memory _pin is_pinned _rowwise
    _coalesce _indices _values gru lstm rnn unsafe _shape_as _storage data output_nr
    requires_grad _foobar _test _spdiags lift _mps _lazy _wrapped _choose_qparams choose_qparams
    _grouped_mm _scaled _int_mm _validate _compressed _addmm_activation ccol crow col_indices
    row_indices _linalg_check _reshape_alias as_strided _cslt _fw_primal _make_dual _unpack_dual
    _new_zeros_with _enter_dual _exit_dual _amp fused_moving _histogramdd sym_ qscheme q_
    int_repr dequantize _batch_norm_impl _unsafe geqrf ormqr orgqr householder native_batch_norm
    _weight_norm native_group_norm lu_ _lu linalg_lu ldl lstsq split_with_sizes_copy
    _compute_linear_combination
    """.split()  # noqa: SIM905
)


def skipped(name: str) -> bool:
    base = name.removeprefix("aten::")
    return any(base.startswith(word) or f"_{word}" in base for word in SKIPPED)


def _arrays() -> dict[str, np.ndarray[Any, Any]]:
    """The tensors to choose from."""
    grid = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    square = np.array([[4, 1, 0.5], [1, 5, 2], [0.5, 2, 6]], np.float32)
    return {
        "matrix": (grid % 5 - 1.5) / 2,
        "square": square,
        "whole": np.array([[1, 0, 2], [2, 1, 0], [0, 2, 1]]),
        "truth": np.array([[True, False, True], [False, True, True], [True, True, False]]),
        "vector": np.array([0.25, -0.5, 0.75], np.float32),
        "indices": np.array([2, 0, 1]),
        "image": ((np.arange(96) % 7 - 3) / 4).astype(np.float32).reshape(1, 4, 4, 6),
        "line": ((np.arange(24) % 5 - 2) / 2).astype(np.float32).reshape(1, 4, 6),
        "volume": ((np.arange(128) % 9 - 4) / 3).astype(np.float32).reshape(1, 2, 4, 4, 4),
        "complex": np.array([[1 + 2j, -0.5j], [0.5 - 1j, 2 + 0j]], np.complex64),
        "scalar": np.array(0.5, np.float32),
    }


class Tensor(str):
    """A placeholder for the tensor made from the array of this name."""


class DType(str):
    """A placeholder for the dtype of this name."""


ARRAYS = _arrays()

_PLAIN: dict[str, list[Any]] = {
    "int": [1, 0, 2, -1], "SymInt": [1, 0, 2, -1], "float": [0.5, 1.0], "bool": [False, True],
    "Scalar": [2, 0.5], "ScalarType": [DType("float64")], "Layout": ["strided"], "Device": ["cpu"],
    "MemoryFormat": ["contiguous_format"],
    "str": ["ij", "mean", "linear", "none", "constant", "floor", "ij,jk->ik", "fro", "sum", "left"],
}  # fmt: skip


def candidates(parameter: Parameter, tensor: str) -> list[Any]:
    """Candidates for a parameter, in addition to the tensors of its name."""
    type_ = parameter.type
    if type_.element is None:
        if type_.name == "Tensor":
            return [Tensor(tensor)]
        return _PLAIN.get(type_.name, [])
    if type_.element.name == "Tensor":
        return [[Tensor(tensor), Tensor(tensor)], [Tensor("indices")]]
    if type_.element.name in ("int", "SymInt"):
        size = type_.size
        return [[1] * size, [2] * size] if size else [[1], [0, 1], [2, 2], [4, 6], [1, 1, 1]]
    return {
        "float": [[0.5] * (type_.size or 2), [2.0, 2.0]],
        "bool": [[True] * (type_.size or 1)],
        "Scalar": [[2, 0.5], [2]],
    }.get(type_.element.name, [])


_SETS = (
    "matrix",
    "square",
    "vector",
    "whole",
    "truth",
    "image",
    "line",
    "volume",
    "complex",
    "scalar",
)
_OTHERS = ("indices", "vector", "whole", "square", "truth", "scalar")


def attempts(schema: Schema, most: int = 60) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Candidate arguments by position and by name, the most likely first."""
    required = [p for p in schema.parameters if p.required]
    for first, other in [(s, s) for s in _SETS] + list(itertools.product(_SETS, _OTHERS)):
        choices, seen = [], False
        for parameter in required:
            choices.append(candidates(parameter, other if seen else first))
            seen = seen or parameter.type.innermost == "Tensor"
        if not all(choices):
            return
        for values in itertools.islice(itertools.product(*choices), most // 4):
            yield (
                [v for p, v in zip(required, values, strict=True) if not p.by_name_only],
                {p.name: v for p, v in zip(required, values, strict=True) if p.by_name_only},
            )
        if not seen:
            return


def amid(array: np.ndarray[Any, Any], junk: int) -> np.ndarray[Any, Any]:
    """A copy of the array surrounded by other memory."""
    memory = np.full(array.size + 512, junk).astype(array.dtype)
    memory[256 : 256 + array.size] = array.ravel()
    return memory[256 : 256 + array.size].reshape(array.shape)


def made(value: Any, tensor_of: Callable[[Any], Any], dtypes: Any) -> Any:
    """The value with placeholders replaced by dtypes and new tensors."""
    if isinstance(value, Tensor):
        return tensor_of(ARRAYS[value])
    if isinstance(value, DType):
        return getattr(dtypes, value)
    if isinstance(value, list):
        return [made(one, tensor_of, dtypes) for one in value]
    if isinstance(value, dict):
        return {name: made(one, tensor_of, dtypes) for name, one in value.items()}
    return value


def flat(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from flat(one)
    else:
        yield value


def aten() -> list[Schema]:
    return [boxed.find(name).schema for name in registry.names() if name.startswith("aten::")]


def overload_of(namespace: Any, schema: Schema) -> Any:
    base, _, overload = schema.name.removeprefix("aten::").partition(".")
    return getattr(getattr(namespace, base), overload or "default")
