"""Backend choice by use_backend(), the environment and default; results of both backends agree."""

from __future__ import annotations

import contextvars
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check, python, sample

pytestmark = pytest.mark.filterwarnings("error")


# ---- Choice


def test_use_backend_governs_creation_inside_its_block(ffi_backend: None) -> None:
    assert (t.get_backend(), t.zeros(1).backend) == ("ffi", "ffi")
    with t.use_backend("numpy"):
        assert (t.get_backend(), t.zeros(1).backend, t.asarray([1]).backend) == ("numpy",) * 3
        with t.use_backend("ffi"):
            assert t.zeros(1).backend == "ffi"
        assert t.zeros(1).backend == "numpy"
    assert t.zeros(1).backend == "ffi"


def test_use_backend_ends_with_an_exception(ffi_backend: None) -> None:
    with pytest.raises(KeyError), t.use_backend("numpy"):
        raise KeyError
    assert t.get_backend() == "ffi"


def test_existing_tensors_stay_on_their_backend(ffi_backend: None) -> None:
    x = t.ones(2)
    with t.use_backend("numpy"):
        y = t.ones(2)
        assert (x + 1).backend == "ffi"
        assert t.zeros_like(x).backend == "ffi"
        assert x.astype(t.float64).backend == "ffi"
    assert (y + 1).backend == "numpy"
    assert t.ones_like(y).backend == "numpy"
    assert y.clone().backend == "numpy"


def test_use_backend_belongs_to_its_context(ffi_backend: None) -> None:
    context = contextvars.copy_context()
    with t.use_backend("numpy"):
        assert context.run(t.get_backend) == "ffi"


@pytest.mark.parametrize("name", ["cuda", "cupy", "", "FFI"])
def test_unknown_backend_is_refused_before_the_block_is_entered(name: str) -> None:
    with pytest.raises(
        ValueError, match=f"use_backend: unknown backend '{name}'; expected 'ffi' or 'numpy'"
    ):
        t.use_backend(name)


def test_use_backend_has_no_effect_until_it_is_entered(ffi_backend: None) -> None:
    block = t.use_backend("numpy")
    assert t.get_backend() == "ffi"
    with block:
        assert t.get_backend() == "numpy"


def test_use_backend_decorates_a_function(ffi_backend: None) -> None:
    chosen = t.use_backend("numpy")(t.get_backend)
    assert [chosen(), chosen(), t.get_backend()] == ["numpy", "numpy", "ffi"]


INFO = """
    import torchffi as t
    try:
        print(t.get_backend(), t.zeros(1).backend)
    except Exception as error:
        print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TORCHFFI_BACKEND": "numpy"}, "numpy numpy"),
        ({"TORCHFFI_BACKEND": "numpy", "LIBTORCH": "/nowhere"}, "numpy numpy"),
        ({"LIBTORCH": "/nowhere"}, "numpy numpy"),
        (
            {"TORCHFFI_BACKEND": "ffi", "LIBTORCH": "/nowhere"},
            "UnavailableError LibTorch is needed and not available: .*/nowhere",
        ),
        (
            {"TORCHFFI_BACKEND": "torch"},
            "InvalidArgumentError TORCHFFI_BACKEND is 'torch', expected auto or ffi or numpy",
        ),
    ],
)
def test_environment_variable_chooses_the_backend(
    environment: dict[str, str], expected: str
) -> None:
    assert re.match(expected, python(INFO, **environment))


@pytest.mark.parametrize("value", ["", "auto", "ffi"])
def test_libtorch_is_the_default_if_it_is_available(value: str, ffi_backend: None) -> None:
    assert python(INFO, TORCHFFI_BACKEND=value) == "ffi ffi\n"


def test_missing_libtorch_is_reported_by_diagnose_and_by_use_backend() -> None:
    printed = python(
        """
        import json
        import torchffi as t

        found = t.diagnose()
        print(json.dumps(found)[:1], found["backend"], found["reason"], found["cuda_available"])
        try:
            with t.use_backend("ffi"):
                pass
        except t.UnavailableError as error:
            print(error)
        """,
        LIBTORCH="/nowhere",
    )
    first, second = printed.splitlines()
    assert re.match(r"\{ numpy .*/nowhere.* False", first)
    assert re.match("LibTorch is needed and not available: .*/nowhere", second)


def test_diagnose_has_no_backend_if_the_chosen_one_is_unavailable() -> None:
    printed = python(
        "import torchffi; print(torchffi.diagnose()['backend'], torchffi.diagnose()['reason'])",
        TORCHFFI_BACKEND="ffi",
        LIBTORCH="/nowhere",
    )
    assert re.match("None .*/nowhere", printed)


@pytest.mark.parametrize("made", ["zeros(1)", "full(1, 2)", "asarray([1])", "arange(3)"])
def test_unusable_libtorch_gives_one_warning_at_the_caller_s_line(
    made: str, tmp_path: Path, ffi_backend: None
) -> None:
    shim = tmp_path / "librt_torch.so"
    shim.write_bytes(b"no library")
    printed = python(
        f"""
        import warnings
        import torchffi as t

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            print(t.{made}.backend, t.{made}.backend)
        print(len(caught), caught[0].category.__name__, caught[0].filename, caught[0].message)
        """,
        TORCHFFI_SHIM=str(shim),
    )
    first, second = printed.splitlines()
    assert first == "numpy numpy"
    assert second.startswith("1 RuntimeWarning <string> torchffi computes with NumPy: ")
    assert str(shim) in second


# ---- Results of both backends


def test_results_of_both_backends_agree_in_a_chain(ffi_backend: None) -> None:
    values = np.random.default_rng(0).standard_normal((16, 16)).astype("float32")

    def compute() -> Any:
        x = t.asarray(values)
        y = t.nn.softmax(x @ x.T / 4)
        z = t.nn.layer_norm(y[::2] + t.nn.gelu(x[1::2]), 16)
        return t.concat([z, t.where(z > 0, z, t.exp(z))], axis=1).sum(axis=0).numpy()

    ours = compute()
    with t.use_backend("numpy"):
        np.testing.assert_allclose(compute(), ours, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["float32", "int64", "complex128", "uint16", "bool", "float16"])
@pytest.mark.parametrize("symbol", ["+", "-", "*", "@"])
def test_operators_on_the_fast_path_give_the_same_as_functions(
    symbol: str, name: str, backend: str
) -> None:
    operator, function = {
        "+": (lambda a, b: a + b, t.add),
        "-": (lambda a, b: a - b, t.subtract),
        "*": (lambda a, b: a * b, t.multiply),
        "@": (lambda a, b: a @ b, t.matmul),
    }[symbol]
    x, y = t.asarray(sample(name, 4).reshape(2, 2)), t.asarray(sample(name, 4, 1).reshape(2, 2))
    if name == "bool":
        with pytest.raises(TypeError, match="bool is not supported"):
            operator(x, y)
        return
    result = operator(x, y)
    check(result, function(x, y).numpy())
    assert result.backend == backend
    assert operator(x[0, :0], y[0, :0]).shape == (() if symbol == "@" else (0,))
    with pytest.raises(ValueError, match=rf"{function.__name__}: shapes"):
        operator(x, t.asarray(sample(name, 6).reshape(3, 2)))
