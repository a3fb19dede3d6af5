"""TorchScript files."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch, the reference, is not installed")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each module of scripts.py."""
    from tests.models import scripts

    folder = tmp_path_factory.mktemp("scripts")
    torch.manual_seed(7)
    modules = {
        "mlp": scripts.Mlp(),
        "cnn": scripts.Cnn(),
        "values": scripts.Values(),
        "counter": scripts.Counter(),
        "failing": scripts.Failing(),
        **{
            name: scripts.Double(getattr(torch, name))
            for name in ("float64", "float16", "bfloat16", "int64", "int32", "uint8")
        },
    }
    return {name: scripts.save(one, folder / f"{name}.pt") for name, one in modules.items()}
