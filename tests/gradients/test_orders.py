"""Every order of views, writes and uses gives PyTorch's gradients, or fails where PyTorch fails."""

from __future__ import annotations

import warnings

import pytest

from tests.gradients import orders

pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_do_what_pytorch_does(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = orders.report(125, f"test {seed}")
    assert report["wrong"] == []
    assert report["raised"] > report["steps"] / 20
    assert report["gradients"] > 60


VIEW, USE = "view x[0]", "use x * x"


@pytest.mark.parametrize(
    "program",
    [
        # A view made before anything requires gradients; its memory is written to after it was used.
        [(VIEW, 0, 0), ("other requires_grad_()", 2, 0), ("use x * y", 2, 0),
         ("write x += 2.0", 3, 0), ("other backward", 4, 0)],
        # A write through such a view that makes the base require gradients, and another view of it.
        [(VIEW, 0, 0), ("view x[-1]", 0, 0), ("other requires_grad_()", 2, 0),
         ("write x += y.sum()", 3, 2), ("use x.sum()", 4, 0), ("other backward", 5, 0)],
        # A write to the base, seen by a view of a view.
        [("view x.mT", 0, 0), (VIEW, 3, 0), ("other requires_grad_()", 2, 0),
         ("write x *= y.sum()", 0, 2), (USE, 4, 0), ("other backward", 5, 0)],
        # A view made by name of a view that is not.
        [(VIEW, 0, 0), ("view aten.view", 3, 0), ("other requires_grad_()", 2, 0),
         ("write x *= y.sum()", 0, 2), (USE, 4, 0), ("other backward", 5, 0)],
        # A view made in no_grad, whose base is then written to.
        [("other requires_grad_()", 2, 0), ("no_grad view x[0]", 0, 0),
         ("write x += y.sum()", 0, 2), (USE, 3, 0)],
    ],
)  # fmt: skip
def test_a_program_does_what_pytorch_does(program: list[orders.Step]) -> None:
    counts = {"steps": 0, "raised": 0, "gradients": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert orders.run(program, counts) == ""
