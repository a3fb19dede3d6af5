"""A speech detector from PyPI: its probabilities over a whole stream are PyTorch's, bit for bit."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

import torchffi as t
from examples.vad.voice import synthetic_voice
from tests.models.scripts import bits, reference
from tests.support import python

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.fixture(scope="module")
def model() -> Path:
    found = find_spec("silero_vad")  # does not import it: it would import torch
    if found is None or found.origin is None:
        pytest.skip("silero-vad is not installed: make .venv/models")
    return Path(found.origin).parent / "data" / "silero_vad.jit"


@pytest.mark.parametrize(("rate", "size"), [(16000, 512), (8000, 256)])
def test_probabilities_of_a_stream(model: Path, rate: int, size: int) -> None:
    samples, _ = synthetic_voice(rate, 6.0)
    ours, theirs = t.jit.load(model), reference(model)
    probabilities = []
    with torch.no_grad():
        for start in range(0, len(samples) - size + 1, size):
            chunk = samples[start : start + size]
            mine = ours(t.asarray(chunk), rate)
            assert bits(mine) == bits(theirs(torch.from_numpy(chunk), rate))
            probabilities.append(float(mine))
    assert min(probabilities) < 0.1
    assert max(probabilities) > 0.9


def test_states_of_a_stream(model: Path) -> None:
    samples, _ = synthetic_voice(16000, 1.0)
    module = t.jit.load(model)
    first = [bits(module(t.asarray(samples[i : i + 512]), 16000)) for i in range(0, 8192, 512)]
    module.reset_states()
    again = [bits(module(t.asarray(samples[i : i + 512]), 16000)) for i in range(0, 8192, 512)]
    assert first == again
    assert first[0] != first[-1]


def test_a_whole_recording_at_once(model: Path) -> None:
    samples, _ = synthetic_voice(16000, 2.0)
    audio = samples[None, : len(samples) // 512 * 512]
    with torch.no_grad():
        expected = reference(model).audio_forward(torch.from_numpy(audio.copy()), 16000)
    assert bits(t.jit.load(model).audio_forward(t.asarray(audio), sr=16000)) == bits(expected)


def test_errors_name_the_line(model: Path) -> None:
    with pytest.raises(ValueError, match="Input audio chunk is too short") as caught:
        t.jit.load(model)(t.zeros((1, 100)), 16000)
    assert "vad_annotator.py" in str(caught.value)


def test_torch_is_not_in_the_process(model: Path) -> None:
    out = python(
        f"""
        import sys
        import torchffi as t
        module = t.jit.load({str(model)!r})
        print(round(float(module(t.zeros((1, 512)), 16000)), 2))
        print("torch" in sys.modules, "libtorch_python" in open("/proc/self/maps").read())
        """
    )
    expected = float(reference(model)(torch.zeros(1, 512), 16000))
    assert out.split() == [str(round(expected, 2)), "False", "False"]


def test_the_state_is_the_files(model: Path) -> None:
    ours, theirs = t.jit.load(model), reference(model)
    assert bits(ours.state_dict()) == bits(dict(theirs.state_dict()))
