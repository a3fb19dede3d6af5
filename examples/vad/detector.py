"""Speech in a wave file, by the model of silero-vad: a TorchScript file, run without PyTorch."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

import torchffi

Samples = npt.NDArray[np.float32]

CHUNKS = {16000: 512, 8000: 256}  # samples a call, by rate: 32 ms
BEGIN, END = 0.5, 0.35  # probabilities at which speech begins and ends
LONGEST_GAP = 0.4  # seconds: a shorter silence does not divide speech
SHORTEST = 0.2  # seconds of speech
MARGIN = 0.03  # seconds added on both sides


class InputError(ValueError):
    """A file that cannot be used. The text is meant for the user."""


@dataclass(frozen=True)
class Segment:
    """Speech from a start to an end, in seconds."""

    start: float
    end: float


def packaged_model() -> Path:
    """The TorchScript file in the PyPI package silero-vad. InputError if it is not installed."""
    found = find_spec("silero_vad")  # does not import it: it would import torch
    if found is None or found.origin is None:
        raise InputError("the model is not installed: pip install --no-deps silero-vad==6.2.3")
    return Path(found.origin).parent / "data" / "silero_vad.jit"


def read_wave(path: Path) -> tuple[Samples, int]:
    """The samples of a wave file, from -1 to 1, its channels averaged, and its rate.

    Raises:
        InputError: It is not PCM of 16 bits at 8 or 16 kHz, or a multiple of 16 kHz.
    """
    try:
        with wave.open(str(path)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise InputError(f"{path}: {error}") from None
    if width != 2 or (rate != 8000 and (rate % 16000 or not rate)):
        raise InputError(
            f"{path}: {8 * width} bits at {rate} Hz, expected 16 bits at 8000 Hz or a multiple of 16000"
        )
    samples = np.frombuffer(data, "<i2").reshape(-1, channels).mean(axis=1) / 32768
    step = max(rate // 16000, 1)
    return samples[::step].astype(np.float32), rate // step


def write_wave(path: Path, samples: Samples, rate: int) -> None:
    """Writes a wave file of 16 bits and one channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())


def probabilities(model: torchffi.jit.ScriptModule, samples: Samples, rate: int) -> list[float]:
    """The probability of speech in each chunk of a recording; the model keeps its state in between."""
    size = CHUNKS[rate]
    padded = np.pad(samples, (0, -len(samples) % size))
    chunks = torchffi.from_numpy(padded.reshape(-1, 1, size))
    model.reset_states()
    return [float(model(chunks[i], rate)) for i in range(chunks.shape[0])]


def segments(probability: list[float], seconds: float) -> list[Segment]:
    """The segments of speech, from the probability of each chunk and the length of a chunk."""
    found: list[Segment] = []
    start: float | None = None
    for i, value in enumerate([*probability, 0.0]):
        if start is None and value >= BEGIN:
            start = i * seconds
        elif start is not None and value < END:
            if found and start - found[-1].end < LONGEST_GAP:
                start = found.pop().start
            found.append(Segment(start, i * seconds))
            start = None
    last = len(probability) * seconds
    return [
        Segment(max(one.start - MARGIN, 0.0), min(one.end + MARGIN, last))
        for one in found
        if one.end - one.start >= SHORTEST
    ]
