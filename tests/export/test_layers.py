"""Programs of common architectures, in all forms of torch.export: results are those of PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import torchffi
from tests.export import layers
from tests.export.layers import MODELS
from tests.export.test_programs import check, ours

Programs = Callable[[str, str], Path]
FORMS = [
    *((name, "training") for name in MODELS),
    *((name, "inference") for name in MODELS),
    # A strict export names sizes in guards in its own way, and turns code into operators of its own.
    *((name, "strict") for name in ("unet", "indices")),
]
# These are made of what NumPy has.
ON_NUMPY = [
    *(("translator", form) for form in ("training", "inference")),
    *(("attention", form) for form in ("training", "inference")),
    *(("recurrent", form) for form in ("training", "inference")),
    *((name, "training") for name in ("residual", "vision", "bags", "unet")),
]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """A function that gives the file of a model in a form."""
    folder = tmp_path_factory.mktemp("layers")

    def path_of(name: str, form: str) -> Path:
        path = folder / f"{name}_{form}.pt2"
        if not path.exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                layers.export(name, path, decompose=form == "inference", strict=form == "strict")
        return path

    return path_of


def _compare(path: Path, name: str, tolerance: float) -> None:
    # LibTorch multiplies by weights that require gradients in another order of the axes.
    reference = torch.export.load(path).module().requires_grad_(False)
    program = torchffi.export.load(path)
    for n in (5, 7, 5):
        given = MODELS[name].inputs(n)
        check(program(*ours(given)), reference(*given), tolerance)
    state, wanted = program.state_dict(), reference.state_dict()
    assert state.keys() == wanted.keys()
    check({key: state[key] for key in wanted}, dict(wanted), tolerance)


@pytest.mark.usefixtures("ffi_backend")
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_results_and_buffers_are_those_of_pytorch(name: str, form: str, programs: Programs) -> None:
    torch.manual_seed(1)
    _compare(programs(name, form), name, 0)


@pytest.mark.usefixtures("numpy_backend")
@pytest.mark.parametrize(("name", "form"), ON_NUMPY)
def test_results_on_numpy_are_those_of_pytorch(name: str, form: str, programs: Programs) -> None:
    torch.manual_seed(1)
    _compare(programs(name, form), name, 1e-5)


@pytest.mark.usefixtures("numpy_backend")
@pytest.mark.parametrize("name", [name for name, case in MODELS.items() if case.lacks])
def test_what_numpy_lacks_is_listed(name: str, programs: Programs) -> None:
    path = programs(name, "training")
    with pytest.raises(torchffi.UnavailableError, match=f"aten::{MODELS[name].lacks}") as error:
        torchffi.export.load(path)
    assert str(error.value).startswith(f"{path}: the backend is NumPy")
