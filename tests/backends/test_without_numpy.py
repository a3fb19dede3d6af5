"""LibTorch computes without NumPy, which is imported when an array is needed first."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest
import torch

import torchffi as t
from tests.support import python
from torchffi import dtypes

# Each with NumPy not importable.
STATEMENTS = {
    "creation": "t.ones((2, 3)) + t.full((3,), 2.5) + t.arange(3.0) + t.eye(2, 3) + t.linspace(0, 1, 3)",
    "lists": "t.asarray([[1, 2.5], [True, 4]]).tolist()",
    "scalars": "x + 1.5; 2 * x; 1 - x; x > 0; x**2; x % 3; x == 1",
    "values": "float(x.sum()), int(x.sum()), bool(x[0, 0]), x.sum().item(), x.tolist()",
    "indexing": "x[0], x[:, 1], x[x > 0], x[[0, 1]]; x[0] = 2.0; x[x > 1] = 0.5; x += 1",
    "dtypes": "t.finfo(t.float32), t.iinfo(t.int8), t.result_type(x, 1), x.astype(t.int32).tolist()",
    "reductions": "x.sum(axis=0), t.mean(x), t.argmax(x, axis=1), t.cumulative_sum(x, axis=0)",
    "linalg": "t.linalg.inv(x + 3 * t.eye(2)), t.linalg.svd(x), x @ x",
    "fft": "t.fft.fft(x)",
    "names": "t.ops.aten.softmax(x, 1), t.ops.aten.topk(x, 1)",
    "random": "t.manual_seed(3); t.rand((2,)), t.randn(2)",
    "modules": "t.nn.Linear(2, 2)(x), t.nn.functional.gelu(x)",
    "training": """
        model = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ReLU(), t.nn.Linear(3, 2))
        step = t.optim.AdamW(model.parameters())
        t.nn.functional.cross_entropy(model(x), t.asarray([0, 1])).backward()
        step.step()""",
    "batches": """
        data = t.utils.data.TensorDataset(x, t.asarray([0, 1]))
        list(t.utils.data.DataLoader(data, batch_size=2))""",
    "errors": """
        for wrong in (lambda: x + t.ones(3), lambda: x[5], lambda: x + "1"):
            try:
                wrong()
            except Exception as error:
                assert isinstance(error, (t.TorchError, TypeError)), error
            else:
                raise AssertionError""",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_libtorch_needs_no_numpy(name: str) -> None:
    code = STATEMENTS[name].strip().replace("\n        ", "\n")
    python(
        f"import sys; sys.modules['numpy'] = None\nimport torchffi as t\nx = t.ones((2, 2))\n{code}"
    )


def test_a_file_of_pytorch_is_read_without_numpy(tmp_path: Any) -> None:
    path = tmp_path / "state.pt"
    weights = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(3, dtype=torch.bfloat16)}
    torch.save(weights, path)
    python(
        "import sys; sys.modules['numpy'] = None\nimport torchffi as t\n"
        f"state = t.load({str(path)!r})\n"
        "assert state['a'].tolist() == [[0, 1, 2], [3, 4, 5]] and state['b'].tolist() == [1, 1, 1]\n"
        "state['a'] += 1\nassert state['a'].sum().item() == 21"
    )


def test_numpy_is_imported_for_an_array() -> None:
    python(
        "import sys\nimport torchffi as t\nx = t.ones(3)\nassert 'numpy' not in sys.modules\n"
        "array = x.numpy()\nimport numpy as np\nassert type(array) is np.ndarray\n"
        "assert t.from_numpy(array).tolist() == [1, 1, 1]\n"
        "assert (x * np.float32(2)).tolist() == [2, 2, 2] and x[np.int64(1)].item() == 1\n"
        "assert issubclass(t.errors.LinAlgError, np.linalg.LinAlgError)"
    )


# ---- Lists of Python's numbers

NUMBERS: dict[str, tuple[Any, ...]] = {
    "bool": (True, False),
    "int": (0, 1, -3, 100, 2**31, -(2**40)),
    "float": (1.5, -0.0, 1e300, -1e-300, math.inf, math.nan, 65520.0, 0.1),
    "complex": (1 + 2j, complex(-0.0, math.nan), 1e300j),
}
SHAPES = ((), (1,), (3,), (2, 2), (2, 1, 3))


def _list(shape: tuple[int, ...], numbers: list[Any], draw: random.Random) -> Any:
    if not shape:
        return draw.choice(numbers)
    rows = [_list(shape[1:], numbers, draw) for _ in range(shape[0])]
    return tuple(rows) if draw.random() < 0.3 else rows


@pytest.mark.parametrize("backend", ["ffi", "numpy"])
@pytest.mark.parametrize(
    "kinds", [k for n in (1, 2) for k in itertools.combinations(NUMBERS, n)], ids="-".join
)
def test_lists_become_what_pytorch_makes_of_them(kinds: tuple[str, ...], backend: str) -> None:
    numbers = [number for kind in kinds for number in NUMBERS[kind]]
    draw = random.Random("-".join(kinds))
    wanted = [None, t.float64, t.complex128, *([t.float32] if "complex" not in kinds else [])]
    for shape, dtype in itertools.product(SHAPES, wanted):
        if dtype is t.float64 and "complex" in kinds:
            continue
        values = _list(shape, numbers, draw)
        expected = torch.tensor(values, dtype=dtype and getattr(torch, dtype.name))
        with t.use_backend(backend):
            found = t.asarray(values, dtype=dtype)
        assert found.dtype.name == str(expected.dtype).removeprefix("torch.")
        assert found.shape == tuple(expected.shape) and found.backend == backend
        assert repr(found.tolist()) == repr(expected.tolist())


def test_large_integers_keep_their_value() -> None:
    for values in ([2**63, 1], [2**64 - 1], [-(2**63), 2**62 + 1], [2**53 + 1, -(2**60) - 1]):
        assert t.asarray(values).tolist() == values
    large = [2**60 + 2**36 + 1, 16777217]  # rounded once, not first to float64
    expected = np.asarray(large, np.int64).astype(np.float32).tolist()
    assert t.asarray(large, dtype=t.float32).tolist() == expected


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_list_that_contains_itself_is_refused(times: int) -> None:
    endless: list[Any] = []
    endless += [[endless] * times] * times
    with pytest.raises(ValueError, match="asarray: lists are nested more than 64 deep"):
        t.asarray(endless)


# ---- Tensors as lists


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=repr)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (3,), (2, 3), (3, 1, 2)], ids=str)
def test_lists_of_a_tensor_are_those_of_pytorch(dtype: t.dtypes.DType, shape: Any) -> None:
    torch.manual_seed(len(shape))
    kind = getattr(torch, dtype.name)
    whole = dtype.kind in dtypes.INTEGER | dtypes.BOOL
    values = torch.randint(0, 127, shape) if whole else 100 * torch.randn(shape)
    if dtype.kind == "complex":
        values = torch.complex(values, values.flip(0) if shape else -values)
    peer = values.to(kind)
    ours = t.asarray(values.numpy()).astype(dtype)
    assert repr(ours.tolist()) == repr(peer.tolist())
    if len(shape) == 2:
        assert repr(ours.T.tolist()) == repr(peer.T.tolist())
