"""Which backend an operation runs on, how one chooses, and what happens where one cannot."""

from __future__ import annotations

import contextvars
import inspect
import re
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.elementwise_table import BINARY, UNARY
from tests.support import ROOT, check, dtype_of, inf, python, sample
from torchffi import dtypes
from torchffi._core import dispatch, operations
from torchffi._core.backends import FFI
from torchffi._core.primitive_names import PRIMITIVES
from torchffi._libtorch import aten
from torchffi._libtorch import primitives as on_ffi
from torchffi._libtorch.loader import lib
from torchffi._numpy import primitives as on_numpy
from torchffi._numpy import quiet
from torchffi._numpy.chapters import CHAPTERS
from torchffi.errors import NotSupportedError

pytestmark = pytest.mark.filterwarnings("error")


# ---- Choosing


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


def test_what_exists_stays_where_it_is(ffi_backend: None) -> None:
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


def test_unknown_backend_is_a_value_error() -> None:
    with (
        pytest.raises(
            ValueError, match="use_backend: 'cuda' is no backend, expected 'ffi' or 'numpy'"
        ),
        t.use_backend("cuda"),
    ):
        pass


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
def test_environment_states_the_policy(environment: dict[str, str], expected: str) -> None:
    assert re.match(expected, python(INFO, **environment))


@pytest.mark.parametrize("value", ["", "auto", "ffi"])
def test_libtorch_is_the_default_where_it_is(value: str, ffi_backend: None) -> None:
    assert python(INFO, TORCHFFI_BACKEND=value) == "ffi ffi\n"


def test_libtorch_that_is_not_there_is_told_by_diagnose_and_by_use_backend() -> None:
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


def test_diagnose_of_a_policy_that_cannot_be_met_names_no_backend() -> None:
    printed = python(
        "import torchffi; print(torchffi.diagnose()['backend'], torchffi.diagnose()['reason'])",
        TORCHFFI_BACKEND="ffi",
        LIBTORCH="/nowhere",
    )
    assert re.match("None .*/nowhere", printed)


@pytest.mark.parametrize("made", ["zeros(1)", "full(1, 2)", "asarray([1])", "arange(3)"])
def test_libtorch_that_cannot_be_used_is_worth_one_warning_of_the_caller_s_line(
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


# ---- Falling back


FALLBACKS: dict[str, Any] = {
    "add": lambda x: x + x,
    "floor_divide": lambda x: x // x,
    "matmul": lambda x: x @ x,
    "max": lambda x: t.max(x),
    "argmin": lambda x: t.argmin(x),
    "maximum": lambda x: t.maximum(x, x),
    "bitwise_left_shift": lambda x: x << x,
    "eye": lambda x: t.eye(2, dtype=x.dtype),
}


@pytest.mark.parametrize("case", FALLBACKS)
@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64"])
def test_operation_without_a_kernel_runs_on_numpy_comes_back_and_is_counted(
    name: str, case: str, ffi_backend: None
) -> None:
    x = t.asarray(sample(name, 4))
    before = t.fallback_counts().get(case, 0)
    result = FALLBACKS[case](x)
    assert result.backend == "ffi"
    with t.use_backend("numpy"):
        expected = FALLBACKS[case](t.asarray(sample(name, 4))).numpy()
    check(result, expected)
    assert t.fallback_counts()[case] == before + 1


def test_operation_with_a_kernel_does_not_fall_back(ffi_backend: None) -> None:
    before = t.fallback_counts()
    x = t.ones((2, 2))
    ((x @ x + 1) / 2).sum().item()
    assert t.fallback_counts() == before


def test_fallback_can_be_made_an_error(ffi_backend: None, monkeypatch: pytest.MonkeyPatch) -> None:
    x = t.ones(2, dtype=t.uint32)
    before = t.fallback_counts()
    monkeypatch.setenv("TORCHFFI_FALLBACK", "error")
    with pytest.raises(NotImplementedError, match=r"add: .*not implemented for .UInt32"):
        x + x
    with pytest.raises(NotImplementedError, match="eye: "):
        t.eye(2, dtype=t.uint32)
    assert t.fallback_counts() == before
    monkeypatch.setenv("TORCHFFI_FALLBACK", "perhaps")
    with pytest.raises(ValueError, match="TORCHFFI_FALLBACK is 'perhaps', expected numpy or error"):
        x + x


def test_mistake_of_the_caller_is_raised_and_not_papered_over(ffi_backend: None) -> None:
    x = t.ones(2, dtype=t.uint32)
    before = t.fallback_counts()
    with pytest.raises(ValueError, match=r"add: shapes \(2,\) and \(3,\) do not broadcast"):
        x + t.ones(3, dtype=t.uint32)
    with pytest.raises(ValueError, match="floor_divide: integer division by zero"):
        x // 0
    assert t.fallback_counts() == before


def test_in_place_without_a_kernel_is_counted_and_can_be_forbidden(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = t.ones(2, dtype=t.uint32)
    before = t.fallback_counts().get("add", 0)
    x += x
    assert x.tolist() == [2, 2]
    assert t.fallback_counts()["add"] == before + 1
    monkeypatch.setenv("TORCHFFI_FALLBACK", "error")
    with pytest.raises(NotImplementedError, match=r"add: .*not implemented for .UInt32"):
        x += x
    assert x.tolist() == [2, 2]


def test_every_operator_that_a_primitive_names_is_there(ffi_backend: None) -> None:
    source = inspect.getsource(aten)
    named = set(re.findall(r'"(aten::[\w.]+)"', source)) | set(aten.OPERATORS.values())
    for name in named:
        operator, _, overload = name.partition(".")
        assert lib.rt_torch_operator_find(operator.encode(), overload.encode()), name


def test_bfloat16_has_no_numpy_to_fall_back_to(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_kernel(make: Any, x: int, y: int) -> Any:
        raise NotSupportedError("maximum: no kernel")

    monkeypatch.setattr(on_ffi, "maximum", without_kernel)
    for dtype in (t.float32, dtypes.bfloat16):  # no first step: the primitive is called
        monkeypatch.delitem(operations.BINARY["maximum"].table, FFI.classes[dtype])
    before = t.fallback_counts().get("maximum", 0)
    x, narrow = t.ones(2), t.ones(2, dtype=dtypes.bfloat16)
    number = 0.515625  # in no other test: a cached scalar reaches LibTorch without the primitive
    assert t.maximum(x, number).tolist() == [1, 1]
    with pytest.raises(NotImplementedError, match="maximum: no kernel"):
        t.maximum(narrow, number)
    assert t.fallback_counts()["maximum"] == before + 1


def test_fallback_counts_are_a_copy(ffi_backend: None) -> None:
    t.fallback_counts()["add"] = -1
    assert t.fallback_counts().get("add", 0) >= 0


# ---- The same primitives, twice


def _public(*modules: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == module.__name__ and value.__name__ == name and name[0] != "_"
    }


def _called() -> set[str]:
    """The primitives that the facade names in a call or has entries for."""
    pattern = re.compile(r"\b(?:run|run_many|run_in_place|create)\(\s*\"(\w+)\"")
    named = set(operations.TABLES)
    for room in ("_array", "_core", "linalg", "fft", "nn"):
        for path in (ROOT / "torchffi" / room).rglob("*.py"):
            named.update(pattern.findall(path.read_text(encoding="utf-8")))
    return named


def test_every_primitive_that_is_called_is_listed() -> None:
    assert len(_called()) > 100
    assert _called() - PRIMITIVES == set()


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_both_backends_have_every_primitive(name: str) -> None:
    assert callable(getattr(on_ffi, name))
    assert callable(getattr(on_numpy, name))


def test_every_primitive_that_a_backend_has_is_listed() -> None:
    own = {"done", "failure", "to_dlpack", "from_dlpack", "plain", "sizes", "synchronize", "ufunc"}
    found = set(_public(*CHAPTERS)) | set(_public(on_ffi, aten)) | set(aten.OPERATORS)
    assert found - PRIMITIVES - own == set()


def test_primitives_have_the_same_parameters_on_both_backends() -> None:
    own = {"done", "failure", "to_dlpack", "from_dlpack"}  # what a backend needs for itself
    theirs, ours = _public(*CHAPTERS), _public(on_ffi, aten)
    for name in sorted((set(ours) | set(theirs)) - own):
        a, b = getattr(on_ffi, name), getattr(on_numpy, name)
        if name in ours and name in theirs:
            parameters = [list(inspect.signature(function).parameters) for function in (a, b)]
            assert [p for p in parameters[0] if p != "make"] == parameters[1], name


def test_unknown_primitive_is_an_attribute_error() -> None:
    for module in (on_ffi, on_numpy):
        with pytest.raises(AttributeError, match="has no primitive 'nonsense'"):
            module.nonsense  # noqa: B018


def test_a_tensor_that_claims_another_dtype_is_noticed(ffi_backend: None) -> None:
    # Guards the check that conftest.py makes of every tensor of every test.
    x = t.ones(2)
    with pytest.raises(AssertionError, match="claims float64, its handle is of dtype 6"):
        dispatch.run("add", t.float64, x, x)


@pytest.mark.parametrize("name", [d.name for d in dtypes.ALL])
def test_every_function_claims_the_dtype_that_its_handle_has(name: str, ffi_backend: None) -> None:
    # The claim itself is checked in conftest.py. Here: that each dtype passes through each function.
    x = t.ones((2, 2), dtype=dtype_of(name))
    calls: list[Any] = [lambda f=f: getattr(t, f.name)(x) for f in UNARY]
    calls += [lambda f=f: getattr(t, f.name)(x, x) for f in BINARY]
    calls += [lambda f=f: f(x) for f in (t.sum, t.prod, t.max, t.min, t.all, t.any)]
    calls += [lambda f=f: f(x) for f in (t.mean, t.var, t.std)]
    calls += [lambda f=f: f(x) for f in (t.argmax, t.nonzero, t.flip, t.matrix_transpose)]
    calls += [lambda: x @ x, lambda: t.addmm(x, x, x), lambda: t.concat([x, x]), lambda: x[x == x]]
    calls += [
        lambda f=f: f(x) for f in (t.nn.relu, t.nn.silu, t.nn.gelu, t.nn.softmax, t.nn.sigmoid)
    ]
    calls += [
        lambda: t.nn.linear(x, x),
        lambda: t.nn.layer_norm(x, 2),
        lambda: t.where(x == x, x, x),
    ]
    done = 0
    for call in calls:
        try:
            call()
            done += 1
        except (TypeError, NotImplementedError):
            pass
    assert done > (30 if name == "bool" else 40)


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


def test_numpys_arithmetic_is_quiet_whatever_the_caller_asked_numpy_for(
    numpy_backend: None,
) -> None:
    huge = t.asarray([3e38])
    with np.errstate(all="raise"):
        state = np.geterr()
        assert (huge + huge).tolist() == (huge * huge).tolist() == [inf]
        assert t.log(huge - huge).tolist() == [-inf]
        assert np.geterr() == state
        with pytest.raises(FloatingPointError):
            huge.numpy() * huge.numpy()


@pytest.mark.parametrize("make", [quiet._in_context, quiet._in_errstate])
def test_quiet_calls_nest_and_end_with_an_exception(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "quiet", make)
    monkeypatch.setattr(quiet, "spare", [])
    run = quiet.quietly

    def fail() -> None:
        assert run(np.log, np.zeros(1)).tolist() == [-inf]
        raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            run(fail)
        assert run(run, np.log, np.zeros(1)).tolist() == [-inf]


@pytest.mark.parametrize("name", ["float32", "int64", "complex128", "uint16", "bool", "float16"])
@pytest.mark.parametrize("symbol", ["+", "-", "*", "@"])
def test_operators_without_a_detour_give_what_functions_give(
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
        with pytest.raises(TypeError, match="dtype bool is not admitted"):
            operator(x, y)
        return
    result = operator(x, y)
    check(result, function(x, y).numpy())
    assert result.backend == backend
    assert operator(x[0, :0], y[0, :0]).shape == (() if symbol == "@" else (0,))
    with pytest.raises(ValueError, match=rf"{function.__name__}: shapes"):
        operator(x, t.asarray(sample(name, 6).reshape(3, 2)))


def test_threads_share_the_operators_of_numpy(numpy_backend: None) -> None:
    ones = t.ones(200_000)  # NumPy lets other threads go on meanwhile
    sums: list[Any] = []

    def add() -> None:
        sums.extend((ones + ones)[-1].item() for _ in range(50))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [2] * 200
