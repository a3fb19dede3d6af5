"""Shims in an installation: valid and altered ones, and the places where they are searched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from shim.build import generate, header, libtorch, paths, sidecar
from tests.installations import Installation, compile_c

DECLARED = header.read()
BUILD = "python -m torchffi build"
USES_NUMPY = "import torchffi as t; print(t.get_backend(), (t.ones((2,)) + 1).numpy().tolist())"


def real_libtorch() -> libtorch.LibTorch:
    found = libtorch.find().libtorch
    assert found is not None, "the tests need a LibTorch"
    return found


def cached(installation: Installation) -> Path:
    """The path of the shim in the installation's cache."""
    version = real_libtorch().version
    key = Path(paths.cached_shim(version)).relative_to(paths.cache())
    return installation.cache / "torchffi" / key


def packaged(installation: Installation) -> Path:
    return installation.package / paths.NAME


def put(library: Path, place: Path, with_sidecar: bool = True) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(library, place)
    if with_sidecar:
        shutil.copy2(sidecar.path_of(library), sidecar.path_of(place))
    return place


def altered_shim(place: Path, *changes: tuple[str, str]) -> Path:
    """A library like the real one except for some changes; without a sidecar."""
    text = f"#include <stdint.h>\n#include <stddef.h>\n{generate.stub_c(DECLARED)}"
    for old, new in [
        ('#include "rt_torch.h"', DECLARED.text),
        (
            'const char *rt_torch_version(void) {\n  return "";',
            f'const char *rt_torch_version(void) {{\n  return "{real_libtorch().version}";',
        ),
        (
            "int32_t rt_torch_available(void) {\n  return 0;",
            "int32_t rt_torch_available(void) {\n  return 1;",
        ),
        *changes,
    ]:
        assert old in text
        text = text.replace(old, new)
    return compile_c(text, place)


def assert_numpy(installation: Installation, *reason: str, **environment: Any) -> dict[str, Any]:
    """NumPy is used, ``info`` gives the reason, and TORCHFFI_BACKEND=ffi fails with it."""
    info = installation.info(**environment)
    assert info["backend"] == "numpy"
    for part in reason:
        assert part in info["reason"]
    done = installation.run("-W", "ignore", "-c", USES_NUMPY, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "numpy [2.0, 2.0]\n", "")
    demanding = installation.run("-c", USES_NUMPY, **environment, TORCHFFI_BACKEND="ffi")
    assert demanding.returncode == 1
    assert "UnavailableError" in demanding.stderr
    assert info["reason"] in demanding.stderr
    return info


def outcomes(info: dict[str, Any]) -> dict[str, str]:
    return {probe["path"]: probe["outcome"] for probe in info["probes"]}
