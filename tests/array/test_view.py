"""view(): the same memory as another dtype or in another shape, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import NAMES, check, dtype_of

pytestmark = pytest.mark.filterwarnings("error")

ARRAYS: dict[str, Any] = {
    "vector": np.arange(4.0),
    "matrix": np.arange(8.0).reshape(2, 4),
    "strided": np.arange(8.0)[::2],
    "transposed": np.arange(8.0).reshape(2, 4).T,
    "rows": np.arange(16.0).reshape(4, 4)[::2],
    "odd": np.arange(3.0),
    "scalar": np.array(1.5),
    "empty": np.zeros((2, 0)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", ARRAYS)
def test_view_of_another_dtype_is_that_of_numpy(case: str, name: str, backend: str) -> None:
    array = ARRAYS[case]
    x = t.asarray(array)
    try:
        expected = array.view(name)
    except ValueError:
        with pytest.raises(ValueError, match=f"view: .* cannot be viewed as {name} without a copy"):
            x.view(dtype_of(name))
        return
    actual = x.view(dtype_of(name))
    assert actual.shape == expected.shape
    assert actual.numpy().tobytes() == expected.tobytes()  # NaN included
    assert not array.size or np.shares_memory(actual.numpy(), array)


def test_view_takes_dtypes_of_python_and_numpy(backend: str) -> None:
    x = t.asarray([1 + 2j, 3 + 4j], dtype=t.complex128)
    check(x.view(float), np.array([1.0, 2, 3, 4]))
    check(x.view(np.float64).view(complex), np.array([1 + 2j, 3 + 4j]))
    check(x.view(np.dtype("float64")), np.array([1.0, 2, 3, 4]))
    with pytest.raises(TypeError, match="<U0 is not supported"):
        x.view(str)


def test_view_of_another_shape_shares_memory(backend: str) -> None:
    x = t.arange(6)
    for shape in ((2, 3), (3, -1), (-1,), (1, 6, 1)):
        for view in (x.view(*shape), x.view(shape), x.view(list(shape))):
            check(view, np.arange(6).reshape(shape))
            assert np.shares_memory(view.numpy(), x.numpy())
    with pytest.raises(ValueError, match="cannot be viewed as"):
        x.view(2, 3).T.view(6)
    with pytest.raises(ValueError, match="does not fit"):
        x.view(4)


STRIDED: dict[str, Any] = {
    "columns": lambda x: x[:, :, 2:6],
    "rows": lambda x: x[:, ::2],
    "transposed": lambda x: x.transpose(0, 2),
    "one": lambda x: x[:1, :, :1],
    "none": lambda x: x[:0, :, 2:6],
}
SHAPES = [
    (2, 4, 2, 2), (2, 4, -1, 2), (8, 4), (-1, 4), (-1,), (2, 2, 2, 4), (2, 2, 8), (1, 4), (4,),
    (1, 2, 2), (0, 4, 2, 2), (0, 4), (2, 2, 4, 2), (8, 4, 2), (8, 4, 1, -1), (3, 4), (2, 4, -1, -1),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("case", STRIDED)
def test_views_of_strided_tensors_are_those_of_pytorch(
    case: str, shape: tuple[int, ...], backend: str, torch: Any
) -> None:
    array = np.arange(64.0).reshape(2, 4, 8)
    x = STRIDED[case](t.asarray(array))
    try:
        expected = STRIDED[case](torch.from_numpy(array)).view(shape)
    except RuntimeError:
        with pytest.raises(ValueError, match="view"):
            x.view(shape)
        return
    for actual in (x.view(shape), x.view(*shape), x.view([*shape])):
        check(actual, expected.numpy())
        assert not actual.size or np.shares_memory(actual.numpy(), array)
