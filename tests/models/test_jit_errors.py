"""Errors of TorchScript modules: the reason first, no C++ backtrace, and no handle left."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

import torchffi as t
from tests.support import handles, python, settled
from torchffi.errors import (
    ArgumentError,
    AxisError,
    DTypeError,
    InvalidArgumentError,
    NotSupportedError,
    OutOfMemoryError,
    UnavailableError,
)

pytestmark = pytest.mark.usefixtures("ffi_backend")

Files = dict[str, Path]


@pytest.mark.parametrize(
    ("kind", "expected", "reason"),
    [
        ("value", InvalidArgumentError, "ValueError: the value is wrong"),
        ("index", AxisError, "IndexError: the index is wrong"),
        ("type", DTypeError, "TypeError: the type is wrong"),
        ("missing", NotSupportedError, "NotImplementedError: this is missing"),
        ("assert", InvalidArgumentError, "AssertionError: too few"),
        ("shape", InvalidArgumentError, "mat1 and mat2 shapes cannot be multiplied"),
        ("memory", OutOfMemoryError, "DefaultCPUAllocator"),
        ("", InvalidArgumentError, "index 99 is out of bounds"),
    ],
)
def test_exceptions_of_the_code(
    files: Files, kind: str, expected: type[Exception], reason: str
) -> None:
    module, x = t.jit.load(files["failing"]), t.ones((4, 4))
    before = settled()
    with pytest.raises(expected) as caught:
        module(kind, x)
    text = str(caught.value)
    first = text.splitlines()[0]
    assert first.startswith("forward: ")
    assert reason in first
    assert "Traceback of TorchScript" in text
    assert "frame #" not in text
    del caught
    assert handles() == before


@pytest.mark.parametrize(
    ("arguments", "named", "text"),
    [
        ((), {}, "forward: missing argument 'kind'"),
        (("a", 1, 2), {}, "takes at most 2 positional arguments, got 3"),
        (("a",), {"y": 1}, "unknown argument 'y'"),
        (("a",), {"kind": "b", "x": 1}, "got multiple values for argument 'kind'"),
        ((3, t.ones(1)), {}, "argument 'kind' (position 0) is INT, expected str"),
        (("a", "b"), {}, "argument 'x' (position 1) is STRING, expected Tensor"),
        (("a", object()), {}, "argument 'x' is a object, expected Tensor"),
    ],
)
def test_arguments_that_do_not_match(
    files: Files, arguments: tuple[Any, ...], named: dict[str, Any], text: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        t.jit.load(files["failing"])(*arguments, **named)
    assert text in str(caught.value)
    assert "the schema is forward(str kind, Tensor x) -> Tensor" in str(caught.value)


def test_nested_arguments_that_do_not_match(files: Files) -> None:
    module = t.jit.load(files["values"])
    cases: list[tuple[Any, str]] = [
        (lambda: module.nested({"a": [(t.ones(1), 2.5)]}), "is DOUBLE, expected int"),
        (lambda: module.nested({"a": [(t.ones(1),)]}), "has 1 elements, expected (Tensor, int)"),
        (lambda: module.nested({1: []}), "is INT, expected str"),
        (lambda: module.nested([1]), "is LIST, expected Dict"),
        (lambda: module.either(2.5), "is a float, expected Union"),
        (lambda: module.anything({(1, 2): 3}), "has keys of type"),
        (lambda: module.anything(range(3)), "is a range, expected Any"),
        (lambda: module.anything(2**70), "argument 'x'"),
        (lambda: module.lists([1] * 70_000, [], [], [], []), "has length 70000"),
    ]
    for call, text in cases:
        with pytest.raises(InvalidArgumentError) as caught:
            call()
        assert text in str(caught.value)


def test_values_that_are_nested_too_deep(files: Files) -> None:
    module = t.jit.load(files["values"])
    value: Any = 1
    for _ in range(60):
        value = [value]
    assert module.anything(value) == value
    for _ in range(100):
        value = [value]
    with pytest.raises(ArgumentError, match="nested more than 64 levels deep"):
        module.anything(value)
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ArgumentError, match="nested more than 64 levels deep"):
        module.anything(loop)


def test_methods_that_are_not_there(files: Files) -> None:
    module = t.jit.load(files["values"])
    with pytest.raises(AttributeError, match=r"no method, parameter or buffer .other.*steps"):
        module.other  # noqa: B018
    assert not hasattr(module, "__len__")
    with pytest.raises(TypeError, match=r"use torchffi\.jit\.load"):
        t.jit.ScriptModule()


def test_modules_are_not_copied(files: Files) -> None:
    module = t.jit.load(files["values"])
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"use save\(\)"):
            copied(module)


def test_freezing_what_cannot_be_frozen(files: Files) -> None:
    module = t.jit.load(files["mlp"])
    with pytest.raises(InvalidArgumentError, match="there is no method or attribute 'steps'"):
        t.jit.freeze(module, ["steps"])
    with pytest.raises(
        InvalidArgumentError, match=r"jit\.freeze: .* in training mode; call its eval\(\)"
    ):
        t.jit.freeze(module.train())
    with pytest.raises(
        InvalidArgumentError, match=r"jit\.optimize_for_inference: .* call its eval\(\)"
    ):
        t.jit.optimize_for_inference(module)
    with pytest.raises(TypeError, match=r"jit\.freeze: got a str, expected a ScriptModule"):
        t.jit.freeze("model.pt")  # type: ignore[arg-type]


def test_saving_where_nothing_can_be_saved(files: Files, tmp_path: Path) -> None:
    module = t.jit.load(files["mlp"])
    for path in (tmp_path / "missing" / "x.pt", tmp_path, Path("/dev/full")):
        with pytest.raises(InvalidArgumentError, match=str(path)):
            module.save(path)
    assert [*tmp_path.iterdir()] == []
    assert Path("/dev/full").is_char_device()


def test_saving_a_module_that_was_optimized_for_inference(files: Files, tmp_path: Path) -> None:
    module = t.jit.optimize_for_inference(t.jit.load(files["cnn"]))
    with pytest.raises(NotSupportedError, match="optimized for inference cannot be saved"):
        module.save(tmp_path / "x.pt")
    assert [*tmp_path.iterdir()] == []


def test_no_cuda(files: Files) -> None:
    if t.torch_cuda_available():
        pytest.skip("there is CUDA")
    with pytest.raises(UnavailableError):
        t.jit.load(files["mlp"], "cuda:0")
    with pytest.raises(UnavailableError):
        t.jit.load(files["mlp"]).to("cuda")
    with pytest.raises(InvalidArgumentError, match="expected 'cpu'"):
        t.jit.load(files["mlp"], "gpu")


def test_nothing_is_written_to_stderr_and_torch_is_not_imported(files: Files) -> None:
    lines = python(
        f"""
        import sys
        import torchffi as t
        module = t.jit.load({str(files["failing"])!r})
        for kind in ("warn", "value", "shape", "memory"):
            try:
                module(kind, t.ones((4, 4)))
            except Exception:
                pass
        cnn = t.jit.load({str(files["cnn"])!r})
        t.jit.optimize_for_inference(cnn)(t.ones((1, 3, 8, 8)))
        assert "torch" not in sys.modules
        print("libtorch_python" in open("/proc/self/maps").read())
        """
    )
    assert lines.split() == ["False"]


def test_without_libtorch(files: Files) -> None:
    with t.use_backend("numpy"):
        lines = python(
            f"""
            import torchffi as t
            try:
                t.jit.load({str(files["mlp"])!r})
            except t.UnavailableError as error:
                print(error)
            """,
            TORCHFFI_BACKEND="numpy",
        )
    assert lines.strip() == (
        "jit.load needs LibTorch, and the backend is NumPy: TORCHFFI_BACKEND=numpy"
    )
