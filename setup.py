"""Builds torchffi: the binding, and the shim if a LibTorch is found."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.editable_wheel import editable_wheel

# A PEP 517 build does not add the project's folder to sys.path.
sys.path.insert(0, str(Path(__file__).parent))

from shim.build import build, libtorch, paths, sidecar
from shim.build.compiler import CompilerError

NO_SHIM = "TORCHFFI_BUILD_SHIM=0"


class BuildExt(build_ext):  # type: ignore[misc, unused-ignore]
    """Builds the binding, then the shim in the same folder."""

    def run(self) -> None:
        """Runs the command."""
        # An editable installation uses the cache, whose key depends on the sources.
        editable = self.inplace or self.editable_mode
        if editable:  # where an optional extension cannot be compiled, an earlier one must not stay
            for earlier in Path("torchffi").glob("_speedups.*.so"):
                earlier.unlink()
        super().run()
        target = None if editable else Path(self.build_lib, "torchffi", paths.NAME)
        if target is not None:  # remove the result of an earlier build
            target.unlink(missing_ok=True)
            Path(sidecar.path_of(target)).unlink(missing_ok=True)
        if os.environ.get("TORCHFFI_BUILD_SHIM", "1") == "0":
            say("the shim is not built, because TORCHFFI_BUILD_SHIM=0 is set")
            return
        search = libtorch.find()
        found = search.libtorch
        if found is None and os.environ.get("LIBTORCH"):
            raise SystemExit(f"torchffi: {search.reason}")
        if found is None or not found.include_dirs:
            say("no LibTorch with headers was found: torchffi will run on NumPy")
            say("install one later and run: python -m torchffi build")
            return
        say(f"building the shim for LibTorch {found.version} at {found.root}")
        try:
            say(f"built {build.shim(found, target)}")
        except CompilerError as error:
            raise SystemExit(
                f"{error}\n\ntorchffi: LibTorch {found.version} was found at {found.root}, but the "
                f"shim could not be built for it (see above). "
                f"To install without it: {NO_SHIM} pip install ..."
            ) from error


class EditableWheel(editable_wheel):  # type: ignore[misc, unused-ignore]
    """Puts the project's folder on ``sys.path``: torchffi/_shim.py finds ``shim`` there.

    For a mapped package, setuptools would install an import hook instead, which imports ``pathlib`` and
    ten other modules at each start of Python.
    """

    def finalize_options(self) -> None:
        """Leaves out the packages that are mapped to another folder."""
        mapped = tuple(self.distribution.package_dir)
        packages = self.distribution.packages
        self.distribution.packages = [name for name in packages if not name.startswith(mapped)]
        self.distribution.package_dir = {"": "."}
        super().finalize_options()


def say(text: str) -> None:
    """Prints a line on stderr, which pip shows with -v."""
    print(f"torchffi: {text}", file=sys.stderr, flush=True)


# Free-threaded Python does not have a stable ABI.
stable = not sysconfig.get_config_var("Py_GIL_DISABLED")

# Lifetimes in C; free-threaded Python uses the Python implementation in torchffi/_core/lifetimes.py.
SPEEDUPS = Extension(
    "torchffi._speedups",
    sorted(map(str, Path("torchffi").glob("_speedups*.c"))),
    depends=["cdef/binding.h", "torchffi/_speedups.h"],
    define_macros=[("Py_LIMITED_API", "0x030A0000")],
    extra_compile_args=["-std=gnu11", "-fvisibility=hidden", "-Wall"],
    py_limited_api=True,
    optional=True,
)

try:
    setup(
        cffi_modules=["cdef/ffibuilder.py:ffibuilder"],
        ext_modules=[SPEEDUPS] if stable else [],
        cmdclass={"build_ext": BuildExt, "editable_wheel": EditableWheel},
        options={"bdist_wheel": {"py_limited_api": "cp310"}} if stable else {},
    )
except CompilerError as error:
    raise SystemExit(f"torchffi: {error}") from error
