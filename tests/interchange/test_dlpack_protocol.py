"""The DLPack protocol: tensors as producers and as consumers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.interchange.dlpack_structures import (
    CPU,
    CUDA,
    IS_COPIED,
    PINNED,
    Producer,
    name,
    opened,
)  # fmt: skip
from tests.interchange.sharing import Old, address
from tests.support import check
from torchffi._array import dlpack
from torchffi._libtorch import primitives as on_ffi
from torchffi._numpy import storage

pytestmark = pytest.mark.filterwarnings("error")

# ---- Tensors as producers


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "dltensor"), ((0, 8), "dltensor"), ((1, 0), "dltensor_versioned"),
        ((1, 1), "dltensor_versioned"), ((2, 0), "dltensor_versioned"),
    ],
)  # fmt: skip
def test_capsule_has_the_requested_version(
    version: tuple[int, int] | None, expected: str, backend: str
) -> None:
    capsule = t.ones(2).__dlpack__(max_version=version)
    assert name(capsule) == expected
    if version and version[0] >= 1:
        assert opened(capsule).major == 1
        assert opened(capsule).flags == 0


@pytest.mark.parametrize("value", [1, "new", (1,), (1, 0, 0), ("a", "b")])
def test_version_or_device_that_is_not_a_pair_is_a_type_error(value: Any, backend: str) -> None:
    x = t.ones(2)
    with pytest.raises(TypeError, match=r"__dlpack__: max_version is .*, expected two integers"):
        x.__dlpack__(max_version=value)
    with pytest.raises(TypeError, match=r"__dlpack__: dl_device is .*, expected two integers"):
        x.__dlpack__(dl_device=value)


@pytest.mark.parametrize("version", [None, (1, 0)])
@pytest.mark.parametrize("device", [None, (1, 0), (dlpack.DeviceType.CPU, 0)])
@pytest.mark.parametrize("copy", [None, False, True])
def test_copy_is_made_only_on_request(
    copy: bool | None, device: Any, version: Any, backend: str
) -> None:
    x = t.asarray([1.0, 2.0])
    capsule: Any = x.__dlpack__(max_version=version, dl_device=device, copy=copy)
    assert (opened(capsule).dl_tensor.data != address(x)) == bool(copy)
    if version:
        assert opened(capsule).flags == (IS_COPIED if copy else 0)
    taken = np.from_dlpack(storage._Producer(capsule))
    x[0] = 5
    assert taken.tolist() == ([1, 2] if copy else [5, 2])


@pytest.mark.parametrize("device", [(1, 1), (2, 0), (8, 0), (-1, 0)])
@pytest.mark.parametrize("copy", [None, False, True])
def test_other_devices_are_a_buffer_error(
    device: tuple[int, int], copy: bool | None, backend: str
) -> None:
    with pytest.raises(BufferError, match=r"dl_device is \(.*\), expected \(1, 0\), where"):
        t.ones(2).__dlpack__(dl_device=device, copy=copy)


def test_device_is_the_cpu(backend: str) -> None:
    kind, number = t.ones(2).__dlpack_device__()
    assert (kind, number) == (1, 0)
    assert kind is dlpack.DeviceType.CPU


@pytest.mark.parametrize("stream", [-1, 0, 1, 2, "main"])
def test_stream_is_a_value_error_on_the_cpu(stream: Any, backend: str) -> None:
    with pytest.raises(ValueError, match=r"stream is .*, expected None on the CPU"):
        t.ones(2).__dlpack__(stream=stream)


@pytest.mark.parametrize("stream", [0, -2, True, "main", 1.5])
def test_stream_outside_the_standard_is_a_value_error(stream: Any) -> None:
    with pytest.raises(ValueError, match="expected None, -1, 1, 2 or the address of a stream"):
        dlpack._check_stream(stream, True)
    for known in (None, -1, 1, 2, 0x7F00_0000_0000):
        dlpack._check_stream(known, True)


def test_memory_on_cuda_is_synchronised_unless_the_stream_is_minus_1(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(on_ffi, "device", lambda _: 3)  # pretend that there is a GPU
    monkeypatch.setattr(on_ffi, "synchronize", waited.append)
    x = t.ones(2)
    assert x.__dlpack_device__() == (2, 3)
    x.__dlpack__(stream=-1)
    assert waited == []
    for stream in (None, 1, 2, 0x7F00_0000_0000):
        x.__dlpack__(stream=stream, dl_device=(2, 3))
    assert waited == [3] * 4
    capsule: Any = x.__dlpack__(dl_device=(1, 0), max_version=(1, 0))
    assert opened(capsule).flags == IS_COPIED
    with pytest.raises(BufferError, match="moving to the CPU requires a copy, but copy=False"):
        x.__dlpack__(dl_device=(1, 0), copy=False)
    with pytest.raises(BufferError, match=r"dl_device is \(2, 1\), expected \(2, 3\)"):
        x.__dlpack__(dl_device=(2, 1))


def test_freed_tensor_is_not_exported(backend: str) -> None:
    x = t.ones(2)
    t.tensor_free(x)
    for use in (x.__dlpack__, x.__dlpack_device__, lambda: t.from_dlpack(x)):
        with pytest.raises(t.HandleError, match="freed"):
            use()


# ---- Tensors as consumers


@pytest.mark.parametrize("copy", [None, False, True])
@pytest.mark.parametrize("device", [None, "cpu"])
def test_copy_is_passed_to_the_producer(
    device: str | None, copy: bool | None, backend: str
) -> None:
    values = np.arange(3.0)
    x = t.from_dlpack(values, device=device, copy=copy)
    values[0] = 7
    assert x.tolist() == ([0, 1, 2] if copy else [7, 1, 2])
    producer = Producer()
    t.from_dlpack(producer, device=device, copy=copy)
    (asked,) = producer.asked
    assert asked.pop("max_version")[0] == 1
    assert asked == ({} if copy is None else {"copy": copy})


@pytest.mark.parametrize("known", [(), ("max_version",), ("max_version", "copy")])
@pytest.mark.parametrize("copy", [None, True])
def test_producer_with_few_keywords_is_called_with_fewer(
    known: tuple[str, ...], copy: bool | None, backend: str
) -> None:
    values = np.arange(3.0)
    x = t.from_dlpack(Old(values, *known), copy=copy)
    x += 1  # it is writable
    shared = not copy and (backend == "ffi" or bool(known))
    assert values.tolist() == ([1, 2, 3] if shared else [0, 1, 2])


def test_memory_of_an_old_producer_is_not_copied_if_that_was_ruled_out(backend: str) -> None:
    values = np.arange(3.0)
    x = t.from_dlpack(Old(values), copy=False)
    assert address(x) == values.ctypes.data


@pytest.mark.parametrize("error", [TypeError, BufferError, RuntimeError, KeyboardInterrupt])
def test_errors_of_the_producer_are_not_changed(error: type[BaseException], backend: str) -> None:
    class Failing(Producer):
        def __dlpack__(self, **_: Any) -> Any:
            raise error("not today")

    for keywords in ({}, {"copy": True}):
        with pytest.raises(error, match="not today") as raised:
            t.from_dlpack(Failing(), **keywords)
        assert type(raised.value) is error


@pytest.mark.parametrize("thing", [5, [1, 2], "text", None, object()])
def test_other_objects_are_a_type_error_that_names_them(thing: object, backend: str) -> None:
    with pytest.raises(TypeError, match=f"from_dlpack: .*, got {type(thing).__name__};") as e:
        t.from_dlpack(thing)
    assert isinstance(e.value, AttributeError)  # as the standard requires


@pytest.mark.parametrize("given", [None, 5, "text"])
def test_producer_that_returns_no_capsule_is_named(given: object, ffi_backend: None) -> None:
    class Wrong(Producer):
        def __dlpack__(self, **_: Any) -> Any:
            return given

    with pytest.raises(ValueError, match=f"expected a DLPack capsule, got {given!r}"):
        t.from_dlpack(Wrong())


def test_producer_of_an_unreadable_device_is_a_type_error(backend: str) -> None:
    producer = Producer()
    producer.device = "cpu"  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"__dlpack_device__\(\) is 'cpu', expected two integers"):
        t.from_dlpack(producer)


def test_move_to_cuda_is_refused_without_cuda(backend: str) -> None:
    if t.torch_cuda_available():
        pytest.skip("this machine has a GPU")
    for give in (np.ones(2), t.ones(2)):
        with pytest.raises(t.UnavailableError, match="CUDA"):
            t.from_dlpack(give, device="cuda:0")
    producer = Producer()
    producer.device = (CUDA, 0)
    producer.tensor.device_type = CUDA
    with pytest.raises(t.UnavailableError, match="CUDA"):
        t.from_dlpack(producer)
    del producer.asked[:]
    producer.tensor.device_type = CPU  # pretend that it copied the memory
    x = t.from_dlpack(producer, device="cpu")
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert producer.asked[0]["dl_device"] == (1, 0)
    assert "stream" not in producer.asked[0]


def test_stream_is_passed_to_a_producer_on_cuda(ffi_backend: None) -> None:
    producer = Producer()
    producer.device = (CUDA, 0)  # its structure says CPU, which takes precedence
    t.from_dlpack(producer)
    assert producer.asked == [{"max_version": (1, 1), "stream": 1}]


def test_pinned_memory_counts_as_cpu(backend: str) -> None:
    producer = Producer()
    producer.device = (PINNED, 0)
    producer.tensor.device_type = PINNED
    x = t.from_dlpack(producer, device="cpu")
    assert (x.device, x.tolist()) == ("cpu", [[0, 1, 2], [3, 4, 5]])
    assert "dl_device" not in producer.asked[0]


def test_move_is_refused_if_the_producer_does_not_move(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []

    def to_device(self: t.Tensor, device: str) -> t.Tensor:
        moved.append(device)
        return self.clone()

    monkeypatch.setattr(t.Tensor, "to_device", to_device)  # pretend that there is another device
    with pytest.raises(BufferError, match="from_dlpack: moving to cuda:0 requires a copy"):
        t.from_dlpack(np.ones(2), device="cuda:0", copy=False)
    check(t.from_dlpack(np.ones(2), device="cuda:0", copy=True), np.ones(2))
    assert moved == ["cuda:0", "cuda:0"]
