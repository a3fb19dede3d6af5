"""A copy of shim/ with two functions, which builds in one second."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from shim.build import libtorch
from tests.installations import ROOT, imitate_libtorch

HEADER = """
#ifndef RT_TORCH_H
#define RT_TORCH_H
#include <stdint.h>
#ifndef RT_TORCH_API
#define RT_TORCH_API __attribute__((visibility("default")))
#endif
#ifdef __cplusplus
extern "C" {
#endif
enum { RT_TORCH_OK = 0, RT_TORCH_UNAVAILABLE = 9, RT_TORCH_ERROR_BYTES = 4096 };
/** @return 1 or more; -1 on failure */
RT_TORCH_API int64_t rt_torch_one(void);
/** @return a code. Never fails */
RT_TORCH_API int32_t rt_torch_last_error(char *text, int64_t capacity);
#ifdef __cplusplus
}
#endif
#endif
"""


GUARD = """
#pragma once
#include <cstdint>
namespace rt {
template <class Return, class Body>
Return guard(const char *, Return, Body &&body) noexcept { return body(); }
}
"""


TWO = '#include "exports.h"\nint32_t rt::last_error(char *, int64_t) { return 0; }\n'


class Project:
    """A copy of shim/ with two functions, one in each source file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tinyshim"
        for room in ("build", "runtime", "operators", "fastpath"):
            (self.folder / room).mkdir(parents=True)
        for path in (ROOT / "shim").glob("**/*.py"):
            (self.folder / path.relative_to(ROOT / "shim")).symlink_to(path)
        self.write("rt_torch.h", HEADER)
        self.write("runtime/guard.h", GUARD)
        self.write("operators/one.cpp", '#include "exports.h"\nint64_t rt::one() { return 1; }\n')
        self.write("operators/two.cpp", TWO)
        root = imitate_libtorch(folder / "lib torch", "2.99.1")
        found, _ = libtorch._inspect(str(root), "a test")
        assert found is not None
        self.libtorch = found
        self.build: Any = self.load("build")
        self.paths: Any = self.load("paths")
        self.error: type[Exception] = self.load("compiler").CompilerError

    def load(self, name: str) -> ModuleType:
        return importlib.import_module(f"tinyshim.build.{name}")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
