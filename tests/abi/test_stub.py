"""The stub keeps the header's contract without LibTorch."""

from __future__ import annotations

import threading
from math import isnan
from typing import Any

import cffi
import pytest

from shim.build import build, header

DECLARED = header.read()


class Stub:
    """The stub, opened with the header alone."""

    def __init__(self) -> None:
        self.ffi = cffi.FFI()
        self.ffi.cdef(DECLARED.text)
        self.lib: Any = self.ffi.dlopen(str(build.stub()))

    def call(self, function: header.Function) -> Any:
        zeros = [self.ffi.NULL if "*" in parameter.type else 0 for parameter in function.parameters]
        return getattr(self.lib, function.name)(*zeros)

    def error(self, capacity: int = 4096) -> tuple[int, bytes]:
        text = self.ffi.new("char[]", b"." * 4096)
        return self.lib.rt_torch_last_error(text, capacity), self.ffi.string(text)


@pytest.fixture(scope="module")
def stub() -> Stub:
    return Stub()


@pytest.mark.parametrize("function", DECLARED.functions, ids=lambda function: function.operation)
def test_every_function_returns_what_the_header_documents(
    stub: Stub, function: header.Function
) -> None:
    stub.lib.rt_torch_tensor_ndim(0)
    before = stub.error()
    result = stub.call(function)
    if function.fork_safe:
        assert result == 0
        assert stub.error() == before
    elif function.failure is None:
        assert stub.error() == before
    else:
        failures = {"0": 0, "-1": -1, "NULL": stub.ffi.NULL}
        assert isnan(result) if function.failure == "NAN" else result == failures[function.failure]
        code, text = stub.error()
        assert code == DECLARED.constants["RT_TORCH_UNAVAILABLE"]
        assert text.startswith(f"{function.operation}: ".encode())
        assert b"python -m torchffi build" in text


def test_functions_that_never_fail_report_that_there_is_no_libtorch(stub: Stub) -> None:
    lib, string = stub.lib, stub.ffi.string
    assert lib.rt_torch_available() == 0
    assert string(lib.rt_torch_version()) == b""
    assert lib.rt_torch_cuda_available() == 0
    assert lib.rt_torch_cuda_device_count() == 0
    assert lib.rt_torch_live_handles() == 0
    assert b"stub" in string(lib.rt_torch_cuda_reason())
    assert lib.rt_torch_abi_version() == DECLARED.constants["RT_TORCH_ABI_VERSION"]
    assert string(lib.rt_torch_header_digest()) == DECLARED.digest.encode()


def test_freeing_an_invalid_handle_fails_and_keeps_the_error_record(stub: Stub) -> None:
    stub.lib.rt_torch_relu(1)
    before = stub.error()
    assert stub.lib.rt_torch_tensor_free(7) == -1
    assert stub.lib.rt_torch_dlpack_free(stub.ffi.new("char[80]"), 1) == -1
    assert stub.error() == before


def test_the_error_text_is_cut_to_fit_and_ends_in_nul(stub: Stub) -> None:
    stub.lib.rt_torch_tensor_add(1, 2)
    assert stub.error(6) == (9, b"add: ")
    assert stub.error(1) == (9, b"")
    for capacity in (0, -1, -(2**63)):
        assert stub.error(capacity) == (9, b"." * 4096), "nothing is written"
    assert stub.error(2**62)[1].startswith(b"add: ")
    assert stub.lib.rt_torch_last_error(stub.ffi.NULL, 100) == 9


def test_the_error_record_belongs_to_its_thread(stub: Stub) -> None:
    stub.lib.rt_torch_tensor_add(1, 2)
    seen: list[tuple[int, bytes]] = []
    thread = threading.Thread(target=lambda: seen.extend([stub.error(), stub.error(0)]))
    thread.start()
    thread.join()
    assert seen == [(0, b""), (0, b"." * 4096)]
