"""A synthetic voice: vowels of a falling pitch through two formants, with pauses and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Frequencies of the first three formants in Hz: a, e, i, o, u.
_VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)
_WIDTH = 80.0  # of a formant, Hz


def synthetic_voice(
    rate: int = 16000, seconds: float = 8.0
) -> tuple[npt.NDArray[np.float32], list[tuple[float, float]]]:
    """A recording, and where it has speech.

    Args:
        rate: Samples a second.
        seconds: Its length.

    Returns:
        The samples, from -1 to 1, and the (start, end) of each utterance in seconds.
    """
    draw = np.random.default_rng(2)
    samples = draw.normal(0, 0.002, round(rate * seconds))
    utterances, at = [], 0.8
    while at + 1.4 < seconds:
        length = draw.uniform(0.9, 1.3)
        first = round(at * rate)
        voice = _utterance(draw, rate, length)
        samples[first : first + len(voice)] += voice
        utterances.append((at, at + length))
        at += length + draw.uniform(0.8, 1.2)
    return np.clip(samples, -1, 1).astype(np.float32), utterances


def _utterance(draw: Any, rate: int, seconds: float) -> npt.NDArray[np.float64]:
    syllables = max(round(seconds / 0.22), 1)
    lengths = np.full(syllables, round(seconds * rate) // syllables)
    time = np.arange(lengths.sum()) / rate
    pitch = 140 * (1 - 0.25 * time / seconds) * (1 + 0.03 * np.sin(2 * np.pi * 5 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    out = np.zeros(len(time))
    start = 0
    for length in lengths:
        part = slice(start, start + length)
        formants = _VOWELS[draw.integers(len(_VOWELS))]
        envelope = np.hanning(length) ** 0.5 * (0.4 + 0.6 * draw.random())
        sound = np.zeros(length)
        for harmonic in range(1, 28):
            frequency = harmonic * pitch[part]
            gain = sum(
                (0.6**number) / (1 + ((frequency - formant) / _WIDTH) ** 2)
                for number, formant in enumerate(formants)
            )
            sound += gain / harmonic**0.4 * np.sin(harmonic * phase[part])
        out[part] = envelope * (sound + draw.normal(0, 0.02, length))
        start += length
    return 0.5 * out / np.abs(out).max()
