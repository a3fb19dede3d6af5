"""The sentence encoder with weights from files of all kinds, which PyTorch and transformers write."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.minilm import main
from examples.minilm.encoder import Encoder, packaged_model
from examples.minilm.weights import ModelError, read

SENTENCES = ["The ferry leaves the harbour at seven in the morning.", "Rain.", ""]
KINDS = ("safetensors", "index", "state.pt", "legacy.pt", "wrapped.pt", "program.pt2", "script.pt")


@pytest.fixture(scope="module")
def reference(torch: Any) -> tuple[Any, np.ndarray[Any, Any]]:
    """transformers' BertModel, and the vectors that it gives."""
    from transformers import BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    tokenizer = BertTokenizerFast.from_pretrained(packaged_model(), local_files_only=True)
    model = BertModel.from_pretrained(
        packaged_model(), local_files_only=True, add_pooling_layer=False
    )
    model.train(False)
    vectors = []
    with torch.no_grad():
        for sentence in SENTENCES:
            tokens = tokenizer(sentence, return_tensors="pt")
            mean = model(**tokens).last_hidden_state[0].mean(0)
            vectors.append((mean / mean.norm()).numpy())
    return model, np.array(vectors)


@pytest.fixture(scope="module")
def files(reference: Any, torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of the model in files of each kind."""
    model, folder = reference[0], tmp_path_factory.mktemp("weights")
    model.save_pretrained(folder / "whole")
    (folder / "whole/model.safetensors").rename(folder / "safetensors")
    model.save_pretrained(folder, max_shard_size="50MB")
    (folder / "model.safetensors.index.json").rename(folder / "index")
    torch.save(model.state_dict(), folder / "state.pt")
    torch.save(model.state_dict(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({f"bert.{k}": v for k, v in model.state_dict().items()}, folder / "wrapped.pt")

    class Encoded(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.bert = model

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.bert(input_ids=ids, attention_mask=mask).last_hidden_state

    ids = torch.tensor([[101, 7592, 2088, 102]])
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.export.export(Encoded(), (ids, torch.ones_like(ids)))
        torch.export.save(program, folder / "program.pt2")
        traced = torch.jit.trace(Encoded(), (ids, torch.ones_like(ids)), check_trace=False)
        torch.jit.save(traced, str(folder / "script.pt"))
    return folder


@pytest.mark.usefixtures("ffi_backend")
@pytest.mark.parametrize("name", KINDS)
def test_vectors_are_those_of_pytorch(name: str, files: Path, reference: Any) -> None:
    vectors = Encoder(packaged_model(), files / name).embed(SENTENCES)
    assert np.abs(vectors - reference[1]).max() <= 1e-5


@pytest.mark.usefixtures("numpy_backend")
@pytest.mark.parametrize(
    "name", [name for name in KINDS if name not in ("script.pt", "program.pt2")]
)
def test_vectors_on_numpy_are_those_of_pytorch(name: str, files: Path, reference: Any) -> None:
    vectors = Encoder(packaged_model(), files / name).embed(SENTENCES)
    assert np.abs(vectors - reference[1]).max() <= 1e-5


@pytest.mark.usefixtures("ffi_backend")
def test_the_command_takes_a_file(
    files: Path, reference: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--weights", str(files / "script.pt"), "--json", *SENTENCES[:2]]) == 0
    found = np.array(json.loads(capsys.readouterr().out)["embeddings"])
    assert np.abs(found - reference[1][:2]).max() <= 1e-5
    assert main(["--weights", str(files / "absent"), "a"]) == 1
    assert capsys.readouterr().err == f"minilm: {files / 'absent'}: No such file or directory\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "holds a list, expected weights by name"),
        (
            {"embeddings.word_embeddings.weight": 3},
            r"embeddings\.word_embeddings\.weight is of the type int",
        ),
        ({"encoder": 3}, r"no weight embeddings\.word_embeddings\.weight"),
    ],
)
def test_other_contents_are_refused(
    value: object, message: str, backend: str, tmp_path: Path, torch: Any
) -> None:
    path = tmp_path / "x.pt"
    torch.save(value, path)
    with pytest.raises(ModelError, match=message) as error:
        Encoder(packaged_model(), path)
    assert str(error.value).startswith(f"{path}: ")


def test_other_files_are_refused(tmp_path: Path, torch: Any) -> None:
    with torch.package.PackageExporter(tmp_path / "package.pt") as package:
        package.save_text("a", "b.txt", "c")
    with pytest.raises(ModelError, match=r"torch\.package, expected one of safetensors"):
        read(tmp_path / "package.pt")
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(20))
    with pytest.raises(ModelError, match="a GGUF file; copy or download it again"):
        read(tmp_path / "x.gguf")
