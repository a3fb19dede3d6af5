"""shim/build/header.py: rt_torch.h as data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cffi
import pytest

from shim.build import header
from shim.build.compiler import CompilerError

DECLARED = header.read()
BY_NAME = {function.name: function for function in DECLARED.functions}

# These declarations are fixed.
PROMISED = """
int32_t rt_torch_available(void)
const char *rt_torch_version(void)
int32_t rt_torch_cuda_available(void)
int64_t rt_torch_cuda_device_count(void)
int64_t rt_torch_tensor_zeros(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device)
int64_t rt_torch_tensor_ones(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device)
int64_t rt_torch_tensor_randn(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device)
int64_t rt_torch_tensor_from_data(const void *data, int64_t nbytes, const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device)
int32_t rt_torch_tensor_free(int64_t tensor)
int64_t rt_torch_tensor_add(int64_t a, int64_t b)
int64_t rt_torch_tensor_mul(int64_t a, int64_t b)
int64_t rt_torch_tensor_matmul(int64_t a, int64_t b)
int64_t rt_torch_tensor_ndim(int64_t tensor)
int64_t rt_torch_tensor_numel(int64_t tensor)
int64_t rt_torch_tensor_shape(int64_t tensor, int64_t *dims, int64_t capacity)
int64_t rt_torch_tensor_to_device(int64_t tensor, int64_t device)
int64_t rt_torch_tensor_cpu(int64_t tensor)
int64_t rt_torch_tensor_cuda(int64_t tensor, int64_t device)
int32_t rt_torch_tensor_is_cuda(int64_t tensor)
int64_t rt_torch_relu(int64_t tensor)
int64_t rt_torch_sigmoid(int64_t tensor)
int64_t rt_torch_tanh(int64_t tensor)
""".strip().splitlines()  # noqa: E501


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rt_torch.h"
    path.write_text(text)
    return path


@pytest.mark.parametrize("prototype", PROMISED)
def test_the_promised_prototypes_are_declared(prototype: str) -> None:
    assert prototype in {function.prototype for function in DECLARED.functions}


def test_cffi_accepts_the_text_unchanged() -> None:
    ffi = cffi.FFI()
    ffi.cdef(DECLARED.text)
    assert "rt_torch_tensor_add" in DECLARED.text


def test_every_export_macro_in_the_file_gives_a_function() -> None:
    lines = header.PATH.read_text().splitlines()
    assert len(DECLARED.functions) == sum(line.startswith("RT_TORCH_API ") for line in lines)


def test_digest_is_that_of_the_bytes() -> None:
    assert DECLARED.digest == hashlib.sha256(header.PATH.read_bytes()).hexdigest()


def test_constants_have_the_values_of_the_header() -> None:
    assert DECLARED.constants["RT_TORCH_CPU"] == -1
    assert DECLARED.constants["RT_TORCH_BFLOAT16"] == 15
    assert DECLARED.constants["RT_TORCH_INTERNAL"] == 10


def test_failure_is_read_from_the_documentation() -> None:
    assert BY_NAME["rt_torch_tensor_add"].failure == "0"
    assert BY_NAME["rt_torch_tensor_to_dtype"].failure == "0"  # its @return has two lines
    assert BY_NAME["rt_torch_tensor_ndim"].failure == "-1"
    assert BY_NAME["rt_torch_tensor_to_dlpack"].failure == "NULL"
    assert BY_NAME["rt_torch_tensor_item_double"].failure == "NAN"
    assert BY_NAME["rt_torch_version"].failure is None


def test_only_freeing_works_in_a_forked_child() -> None:
    fork_safe = [function.name for function in DECLARED.functions if function.fork_safe]
    names = ("tensor_free", "tensor_free_unless_slow", "module_free", "package_free")
    names += ("safetensors_free", "dlpack_free")
    assert fork_safe == [f"rt_torch_{name}" for name in names]


def test_only_queries_and_a_view_leave_the_handler_of_warnings_as_it_is() -> None:
    silent = [function.name for function in DECLARED.functions if not function.warns]
    of_tensor = ("ndim", "numel", "shape", "strides", "dtype", "device", "is_cuda", "is_contiguous")
    of_tensor += ("item_double", "basic_index", "requires_grad", "is_leaf", "version", "has_grad")
    of_tensor += ("grad_state", "is_grad")
    names = ("num_threads", *(f"tensor_{name}" for name in of_tensor))
    assert silent == [f"rt_torch_{name}" for name in (*names, "grad_enabled", "set_grad_enabled")]


def test_parameters_keep_their_names_and_types() -> None:
    parameters = BY_NAME["rt_torch_tensor_from_blob"].parameters
    assert [(p.name, p.type) for p in parameters][3:] == [
        ("strides", "const int64_t *"),
        ("ndim", "int64_t"),
        ("dtype", "int32_t"),
        ("deleter", "void (*)(void *context)"),
        ("context", "void *"),
    ]


def test_operation_is_the_name_in_messages() -> None:
    assert BY_NAME["rt_torch_tensor_add"].operation == "add"
    assert BY_NAME["rt_torch_relu"].operation == "relu"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RT_TORCH_API int rt_torch_x(void);", "rt_torch_x has no documentation"),
        ("/** @return something */ RT_TORCH_API int rt_torch_x(void);", "rt_torch_x: its @return"),
        ("/** Text. */ RT_TORCH_API int rt_torch_x(void);", "rt_torch_x: its @return"),
        ("/** @return 10 on failure */ RT_TORCH_API int rt_torch_x(void);", "rt_torch_x: its"),
        ("/** @return 0 on failure */ RT_TORCH_API int rt_torch_x(int64_t);", "has no name"),
        (
            "/** @return 0 on failure */ int y; RT_TORCH_API int rt_torch_x(void);",
            "rt_torch_x has no documentation",
        ),
    ],
)
def test_a_function_that_does_not_say_how_it_fails_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        header.read(written(tmp_path, text))


def test_errors_of_the_preprocessor_are_reported_with_its_message(tmp_path: Path) -> None:
    with pytest.raises(CompilerError, match="#error planted"):
        header.read(written(tmp_path, "#error planted"))
