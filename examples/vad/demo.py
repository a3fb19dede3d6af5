"""Speech in a wave file, or in a synthetic voice: ``python -m examples.vad.demo [file.wav]``."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import torchffi
from examples.vad import detector
from examples.vad.detector import CHUNKS, InputError, Samples, Segment
from examples.vad.voice import synthetic_voice

FOLDER = Path("build") / "vad"


def main(arguments: list[str]) -> int:
    """Runs the demo; returns its exit code."""
    try:
        path = Path(arguments[0]) if arguments else synthetic_file()
        samples, rate = detector.read_wave(path)
        started = perf_counter()
        model = torchffi.jit.load(detector.packaged_model())
        loaded = perf_counter()
        probability = detector.probabilities(model, samples, rate)
        done = perf_counter()
    except (InputError, torchffi.TorchError) as error:
        print(f"vad: {error}", file=sys.stderr)
        return 1
    found = detector.segments(probability, CHUNKS[rate] / rate)
    print(table(path, found))
    seconds = len(samples) / rate
    print(f"\n{seconds:.1f} s of sound in {done - loaded:.2f} s")
    print(f"The model was loaded in {loaded - started:.2f} s.")
    if "torch" not in sys.modules:
        print("The Python package torch was not imported.")
    picture = plot(samples, rate, probability, found)
    print(f"Plot: {picture}" if picture else "Plot: none, because matplotlib is not installed")
    return 0


def synthetic_file() -> Path:
    """Writes a recording of a synthetic voice."""
    samples, _ = synthetic_voice()
    FOLDER.mkdir(parents=True, exist_ok=True)
    detector.write_wave(FOLDER / "voice.wav", samples, 16000)
    return FOLDER / "voice.wav"


def table(path: Path, found: list[Segment]) -> str:
    """The segments as text."""
    lines = [f"Speech in {path}", "", "   start      end   length", "  ------   ------   ------"]
    lines += [
        f"  {one.start:6.2f}   {one.end:6.2f}   {one.end - one.start:6.2f}   s" for one in found
    ]
    return "\n".join(lines if found else [*lines[:1], "", "  none"])


def plot(
    samples: Samples, rate: int, probability: list[float], found: list[Segment]
) -> Path | None:
    """Draws the sound, the probability and the segments; returns the file, None without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (sound, speech) = pyplot.subplots(
        2, 1, sharex=True, figsize=(10, 4.5), layout="constrained", height_ratios=(3, 2)
    )
    seconds = CHUNKS[rate] / rate
    sound.plot([i / rate for i in range(len(samples))], samples, color="#666666", linewidth=0.4)
    sound.set(ylabel="amplitude", ylim=(-1, 1), title="Speech found by silero-vad on torchffi")
    starts = [i * seconds for i in range(len(probability))]
    speech.step(starts, probability, where="post", color="#1f5fa8", linewidth=1.2)
    speech.axhline(detector.BEGIN, color="#999999", linewidth=0.8, linestyle=":")
    speech.set(ylabel="probability", ylim=(0, 1.02), xlabel="time in seconds")
    for axis in (sound, speech):
        for one in found:
            axis.axvspan(one.start, one.end, color="#f2a93b", alpha=0.3, linewidth=0)
        axis.spines[["top", "right"]].set_visible(False)
    speech.set_xlim(0, len(samples) / rate)
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / "speech.png", dpi=130)
    pyplot.close(figure)
    return FOLDER / "speech.png"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
