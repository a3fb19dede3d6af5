"""rt_torch.h -> the C and C++ around it: exported functions, the stub, the version script.

Every function here is pure: header in, text out.
"""

from __future__ import annotations

from .header import Function, Header

_NOTE = "Generated from rt_torch.h. Do not edit."
_STUB_REASON = "this librt_torch.so is the stub; build the real one with: python -m torchffi build"
_STUB_CUDA_REASON = "This librt_torch.so is the stub: there is no LibTorch, so there is no CUDA."

# The bodies of functions that, without LibTorch, return something else than zero or an error.
_ANSWERS = {
    "rt_torch_abi_version": "return RT_TORCH_ABI_VERSION;",
    "rt_torch_header_digest": "return RT_TORCH_HEADER_DIGEST;",
    "rt_torch_cuda_reason": "return RT_CUDA_REASON;",
    "rt_torch_last_error": "return rt_copy_error(text, capacity);",
    # Freeing never writes the error record.
    "rt_torch_tensor_free": "return tensor == 0 ? 0 : -1;",
    "rt_torch_tensor_free_unless_slow": "return tensor == 0 ? 0 : -1;",
    "rt_torch_module_free": "return module == 0 ? 0 : -1;",
    "rt_torch_package_free": "return package == 0 ? 0 : -1;",
    "rt_torch_safetensors_free": "return file == 0 ? 0 : -1;",
    "rt_torch_dlpack_free": "return managed == NULL ? 0 : -1;",
}

# The error record is the operation's name; the rest of the message is always the same. __thread, because
# _Thread_local needs C11.
_RECORD = """\
static __thread const char *rt_failed_operation;

static int32_t rt_copy_error(char *text, int64_t capacity) {
  if (text != NULL && capacity > 0) {
    const size_t bytes = capacity < RT_TORCH_ERROR_BYTES ? (size_t)capacity : RT_TORCH_ERROR_BYTES;
    if (rt_failed_operation == NULL) {
      text[0] = '\\0';
    } else {
      snprintf(text, bytes, "%s: %s", rt_failed_operation, RT_UNAVAILABLE_REASON);
    }
  }
  return rt_failed_operation == NULL ? RT_TORCH_OK : RT_TORCH_UNAVAILABLE;
}
"""


def exports_h(header: Header) -> str:
    """The C++ functions that the shim's sources define, one for each exported one."""
    declarations = "\n".join(
        f"{_renamed(function, function.bare_name)};" for function in header.functions
    )
    return f"""\
// {_NOTE}
#ifndef RT_EXPORTS_H
#define RT_EXPORTS_H

#include <cstdint>

#include "rt_torch.h"

{digest_macro(header)}
namespace rt {{

{declarations}

}}  // namespace rt

#endif  // RT_EXPORTS_H
"""


def exports_cpp(header: Header) -> str:
    """The exported functions: each calls the function of the same name in ``rt``, through the guard."""
    definitions = "\n\n".join(_export(function) for function in header.functions)
    return f"""\
// {_NOTE}
#include <cmath>

#include "exports.h"
#include "rt_torch.h"
#include "runtime/guard.h"

{definitions}
"""


def stub_c(header: Header) -> str:
    """The whole stub: the same symbols, in C99, without LibTorch."""
    return f"""\
/* {_NOTE} */
#include <math.h>
#include <stdio.h>

#include "rt_torch.h"

{digest_macro(header)}\
#define RT_UNAVAILABLE_REASON {_quoted(_STUB_REASON)}
#define RT_CUDA_REASON {_quoted(_STUB_CUDA_REASON)}

{unavailable(header)}"""


def unavailable(header: Header, prefix: str = "") -> str:
    """The functions as they behave without LibTorch, for the stub and for the binding.

    The macros ``RT_TORCH_HEADER_DIGEST``, ``RT_UNAVAILABLE_REASON`` and ``RT_CUDA_REASON`` must be
    defined before the text.

    Args:
        header: The header.
        prefix: Put before each name; such functions are static. Without it they are exported.
    """
    linkage = "static " if prefix else ""
    definitions = "\n\n".join(
        f"{linkage}{_renamed(function, prefix + function.name)} {{\n{_unavailable_body(function)}}}"
        for function in header.functions
    )
    return f"{_RECORD}\n{definitions}\n"


def version_script(header: Header) -> str:
    """The linker's list of what the library exports: the header's functions and nothing else."""
    names = "".join(f"    {function.name};\n" for function in header.functions)
    return f"/* {_NOTE} */\n{{\n  global:\n{names}  local:\n    *;\n}};\n"


def digest_macro(header: Header) -> str:
    """The line that defines ``RT_TORCH_HEADER_DIGEST``."""
    return f"#define RT_TORCH_HEADER_DIGEST {_quoted(header.digest)}\n"


def _renamed(function: Function, name: str) -> str:
    return function.prototype.replace(f"{function.name}(", f"{name}(", 1)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _export(function: Function) -> str:
    arguments = ", ".join(parameter.name for parameter in function.parameters)
    call = f"return rt::{function.bare_name}({arguments});"
    if function.failure is not None:
        guard = "guard" if function.warns else "guard_without_warnings"
        guard = "guard_in_child" if function.fork_safe else guard
        call = (
            f"return rt::{guard}<{function.returns}>"
            f'("{function.operation}", {function.failure}, '
            f"[&]() -> {function.returns} {{ {call} }});"
        )
    return f'extern "C" {function.prototype} {{\n  {call}\n}}'


def _unavailable_body(function: Function) -> str:
    answer = _ANSWERS.get(function.name)
    if answer is None and function.failure is None:
        answer = 'return "";' if "*" in function.returns else "return 0;"
    lines = [
        f"(void){parameter.name};"
        for parameter in function.parameters
        if answer is None or parameter.name not in answer
    ]
    if answer is None:
        lines.append(f'rt_failed_operation = "{function.operation}";')
        answer = f"return {function.failure};"
    return "".join(f"  {line}\n" for line in (*lines, answer))
