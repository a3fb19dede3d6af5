"""Every input is checked before the code of a package runs; what cannot be checked is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.models.scripts import bits
from tests.packages.archives import rewritten
from tests.packages.models import relations_inputs
from tests.packages.test_models import load, reference, to_torchffi
from tests.support import ROOT, handles, python, settled
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError, ShapeError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("ffi_backend")

_SHAPES = [
    (0, (4, 63), r"args\[0\]: shape \(4, 63\), expected float32\[s17, 64\]: axis 1 must be 64"),
    (0, (4, 64, 1), r"args\[0\]: shape \(4, 64, 1\), expected float32\[s17, 64\]$"),
    (0, (64,), r"args\[0\]: shape \(64,\), expected float32\[s17, 64\]$"),
    (0, (7, 64), r"args\[1\]: shape \(4, 16\), expected float32\[s17, 16\]: axis 0 must be 7"),
    (1, (5, 16), r"args\[1\]: shape \(5, 16\), expected float32\[s17, 16\]: axis 0 must be 4"),
    (1, (1, 16), r"args\[1\]: .*axis 0 must be 4"),
    (3, (7, 3), r"args\[3\]: .*axis 0 must be 8"),
    (4, (4, 3), r"args\[4\]: shape \(4, 3\), expected float32\[\?, 2\]: axis 1 must be 2"),
    (5, (11, 3), r"args\[5\]: shape \(11, 3\), expected float32\[2\*s93, 3\]: axis 0 must be 10"),
    (5, (12, 3), r"args\[6\]: shape \(5, 3\), expected float32\[s93, 3\]: axis 0 must be 6"),
    (6, (12, 3), r"args\[6\]: .*axis 0 must be 5"),
]


@pytest.mark.parametrize(("at", "shape", "text"), _SHAPES)
def test_shapes(packages: Path, at: int, shape: tuple[int, ...], text: str) -> None:
    inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
    inputs[at] = t.ones(shape)
    before = bits(inputs[0])
    with pytest.raises(ShapeError, match=f"^{text}"):
        load(packages / "relations.pt2")(*inputs)
    assert bits(inputs[0]) == before  # which the model would have changed


@pytest.mark.parametrize("name", ["float64", "float16", "int64", "bool", "complex64"])
def test_dtypes(packages: Path, name: str) -> None:
    x = t.ones((2, 3, 32, 32), dtype=t.dtypes.by_name(name))
    with pytest.raises(DTypeError, match=rf"^args\[0\]: dtype {name}, expected float32\[s77, 3, 3"):
        load(packages / "cnn.pt2")(x)


def test_kinds_and_numbers_of_arguments(packages: Path) -> None:
    model, x = load(packages / "cnn.pt2"), t.ones((2, 3, 32, 32))
    for arguments, named, expected, text in (
        ((), {}, InvalidArgumentError, r"^got 0 positional arguments and the names \[\]; the model t"),
        ((x, x), {}, InvalidArgumentError, "^got 2 positional arguments"),
        ((x,), {"y": x}, InvalidArgumentError, r"and the names \['y'\]; the model takes 1 positional"),
        ((x.numpy(),), {}, DTypeError, r"^args\[0\]: expected a Tensor, got a ndarray"),
        ((None,), {}, DTypeError, r"^args\[0\]: expected a Tensor, got a NoneType"),
        (([x],), {}, DTypeError, r"^args\[0\]: expected a Tensor, got a list"),
    ):  # fmt: skip
        with pytest.raises(expected, match=text):
            model(*arguments, **named)


def test_other_nesting(packages: Path) -> None:
    model, x, bias = load(packages / "nested.pt2", unchecked=True), t.ones((2, 4)), t.ones(3)
    for named, text in (
        ({"scale": 2.0}, r"and the names \['scale'\]; the model takes 1"),
        ({"scale": 2.0, "options": {}}, r"^kwargs\['options'\]: expected {'bias': \[\*\]}, got a dict"),
        ({"scale": 2.0, "options": {"bias": [bias, bias]}}, r"^kwargs\['options'\]\['bias'\]: expected"),
        ({"scale": x, "options": {"bias": [bias]}}, "^3 inputs, expected 2$"),
    ):  # fmt: skip
        with pytest.raises(InvalidArgumentError, match=text):
            model(x, **named)
    with pytest.raises(ShapeError, match=r"^kwargs\['options'\]\['bias'\]\[0\]: shape \(4,\)"):
        model(x, scale=2.0, options={"bias": [t.ones(4)]})


def test_constants_among_the_arguments_cannot_be_checked(packages: Path) -> None:
    model = load(packages / "nested.pt2")
    with pytest.raises(
        NotSupportedError, match=r"^1 arguments were constants .* load it with unchecked=True"
    ):
        model(t.ones((2, 4)), scale=5.0, options={"bias": [t.ones(3)]})


def test_lengths_that_the_compiler_did_not_consider(packages: Path) -> None:
    """Its 15 is from a choice of LibTorch's for the example's batch; the model was exported for 64."""
    x = torch.randn(64, 3, 32, 32)
    with pytest.raises(
        ShapeError,
        match=r"^args\[0\]: the length of axis 0 is 64, and the compiler assumed at most 15\. "
        "Whether .* load the package with unchecked",
    ):
        load(packages / "cnn.pt2")(t.asarray(x.numpy()))
    result = load(packages / "cnn.pt2", unchecked=True)(t.asarray(x.numpy()))
    expected = reference(packages / "cnn.pt2")(x)
    assert np.abs(result.numpy() - expected.numpy()).max() <= 1e-5


def test_a_table_is_not_read_beyond_its_end(packages: Path) -> None:
    """The model takes as many rows of a table of 300 as it gets."""
    with pytest.raises(ShapeError, match=r"the length of axis 0 is 301, .* assumed at most 300\."):
        load(packages / "relations.pt2")(*map(to_torchffi, relations_inputs(301, 3, 5)))


def test_unchecked_leaves_out_no_other_check(packages: Path) -> None:
    model = load(packages / "cnn.pt2", unchecked=True)
    with pytest.raises(ShapeError, match=r"axis 2 must be 32"):
        model(t.ones((64, 3, 31, 32)))
    with pytest.raises(DTypeError, match="dtype float64"):
        model(t.ones((64, 3, 32, 32), dtype=t.float64))


def test_an_input_whose_sizes_are_not_told(packages: Path, tmp_path: Path) -> None:
    """Without the assertion nothing says that its batch is that of the first input."""
    path = tmp_path / "x.pt2"
    old = b'assert_size_stride(arg5_1, {s17, 16L}, {16L, 1L}, "input");'
    rewritten(packages / "relations.pt2", path, {".wrapper.cpp": lambda text: _without(text, old)})
    inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
    with pytest.raises(
        NotSupportedError, match=r"^args\[1\]: the package does not tell what its sizes depend on"
    ):
        load(path)(*inputs)
    assert len(load(path, unchecked=True)(*inputs)) == 5
    inputs[1] = t.ones((4, 15))
    with pytest.raises(ShapeError, match=r"^args\[1\]: shape \(4, 15\).*axis 1 must be 16"):
        load(path, unchecked=True)(*inputs)


def _without(text: bytes, old: bytes) -> bytes:
    assert text.count(old) == 1
    return text.replace(old, b"")


@pytest.mark.parametrize("missing", [True, False])
def test_a_package_without_a_known_source(packages: Path, tmp_path: Path, missing: bool) -> None:
    path = tmp_path / "x.pt2"
    change: Any = None if missing else lambda text: text.replace(b"check_input_0", b"other")
    rewritten(packages / "cnn.pt2", path, {".wrapper.cpp": change})
    reason = "has no source of the model" if missing else "source of the model has an unknown form"
    with pytest.raises(NotSupportedError, match=rf"x\.pt2: .*{reason}.*set unchecked to run"):
        load(path)
    if missing:
        model, x = load(path, unchecked=True), t.ones((2, 3, 32, 32))
        assert bits(model(x)) == bits(load(packages / "cnn.pt2")(x))
        assert "without a description" in repr(model)
        with pytest.raises(
            NotSupportedError, match="has no source, so the shapes of its constants"
        ):
            model.load_constants({"layers.9.bias": t.ones(10)}, check_full_update=False)


def test_a_failure_in_the_code(packages: Path) -> None:
    model = load(packages / "relations.pt2")
    inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
    good = inputs[2]
    inputs[2] = t.asarray(np.array([0, 1, 2, 1000]))
    before = settled()
    with pytest.raises(
        InvalidArgumentError, match=r"^the model failed: index out of bounds: 0 <= "
    ):
        model(*inputs)
    assert handles() == before
    inputs[2] = good
    assert len(model(*inputs)) == 5


@pytest.mark.parametrize("value", [1000, -1001, 2**62])
def test_an_index_that_would_end_the_process(packages: Path, value: int) -> None:
    """The code checks it in a parallel loop, which no exception can leave: PyTorch's process aborts."""
    out = python(
        f"""
        import numpy as np
        import torch
        import torchffi as t
        model = t.inductor.aoti_load_package({str(packages / "affine.pt2")!r}, trust=True)
        state = torch.load({str(packages / "affine.pt")!r})
        constants = {{name: t.asarray(state[name].numpy()) for name in model.get_constant_fqns()}}
        model.load_constants(constants, check_full_update=True)
        ids = np.zeros((2, 512), np.int64)
        ids[1, 300] = {value}
        try:
            model(t.ones((2, 4)), t.asarray(ids))
        except ValueError as error:
            print(error)
        """
    )
    assert out == f"args[1]: it has the value {value}, expected -1000 to 999\n"


def test_nothing_is_written_to_stderr(packages: Path) -> None:
    """PyTorch's own loader writes each failure of the code there."""
    code = f"""
import numpy as np, torch
import torchffi as t
from tests.packages.models import relations_inputs
from tests.packages.test_models import to_torchffi
model = t.inductor.aoti_load_package({str(packages / "relations.pt2")!r}, trust=True)
inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
inputs[2] = t.asarray(np.array([0, 1, 2, 1000]))
for _ in range(3):
    try:
        model(*inputs)
    except ValueError as error:
        print(str(error)[:20])
del model
try:
    t.inductor.aoti_load_package({str(packages / "lock")!r}, trust=True)
except ValueError:
    pass
import os, sys
if len(sys.argv) > 1:  # the filter is for these calls only
    theirs = torch._inductor.aoti_load_package({str(packages / "relations.pt2")!r})
    given = list(relations_inputs(4, 3, 5))
    given[2] = torch.tensor([0, 1, 2, 1000])
    try:
        theirs(*given)
    except RuntimeError:
        pass
"""
    for more, quiet in ((), True), (("theirs",), False):
        command = [sys.executable, "-c", code, *more]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.stdout == "the model failed: in\n" * 3, done.stderr
        assert (done.stderr == "") == quiet
