"""Memory shared with NumPy, PyTorch and a library made by hand, by way of DLPack."""

from __future__ import annotations

import array
import ctypes
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.dlpack_structures import (
    BFLOAT,
    BOOL,
    COMPLEX,
    CPU,
    CUDA,
    FLOAT,
    INT,
    IS_COPIED,
    MANAGED,
    METAL,
    OPAQUE,
    PINNED,
    READ_ONLY,
    UINT,
    Producer,
    capsule_of,
    name,
    opened,
    pointer,
    structure,
)  # fmt: skip
from tests.support import NAMES, check, dtype_of, handles, python, sample, settled
from torchffi import dtypes
from torchffi._array import dlpack
from torchffi._core import backends
from torchffi._libtorch import capsules
from torchffi._libtorch import primitives as on_ffi
from torchffi._libtorch.loader import ffi, lib, own
from torchffi._libtorch.operators import boxed
from torchffi._numpy import storage

pytestmark = pytest.mark.filterwarnings("error")

KEYS = {"bool": (BOOL, 8), "bfloat16": (BFLOAT, 16)}
for _name in NAMES:
    _kind = _name.rstrip("0123456789")
    _code = {"int": INT, "uint": UINT, "float": FLOAT, "complex": COMPLEX}.get(_kind)
    if _code is not None:
        KEYS[_name] = (_code, int(_name.removeprefix(_kind)))


def address(x: t.Tensor) -> int:
    return int(x.numpy().ctypes.data)


# ---- Every dtype, and memory that is shared


@pytest.mark.parametrize("name", NAMES)
def test_numpy_and_tensors_share_memory_of_every_dtype(name: str, backend: str) -> None:
    values = sample(name, 6).reshape(2, 3)
    x = t.from_dlpack(values)
    check(x, values)
    assert (x.backend, address(x)) == (backend, values.ctypes.data)
    values[0, 1] = 0
    check(x, values)
    exported = np.from_dlpack(x)
    assert exported.dtype == values.dtype
    assert exported.flags.writeable
    exported[1, 2] = 1
    x[1, 0] = True
    assert values[1, 2] == values[1, 0] == 1
    assert np.shares_memory(exported, values)


@pytest.mark.parametrize("name", [*NAMES, "bfloat16"])
def test_pytorch_and_tensors_share_memory_of_every_dtype(
    name: str, torch: Any, ffi_backend: None
) -> None:
    theirs = torch.ones((2, 3), dtype=getattr(torch, name))
    x = t.from_dlpack(theirs)
    assert (x.dtype, x.shape) == (dtype_of(name), (2, 3))
    back = torch.from_dlpack(x)
    assert (back.dtype, back.data_ptr()) == (theirs.dtype, theirs.data_ptr())
    theirs[0, 1] = 0
    assert x[0, 1].item() == 0
    x[1, 2] = False
    assert theirs[1, 2].item() == 0
    back[1, 0] = 0
    assert x.astype(t.float64 if "complex" not in name else t.complex128).tolist() == [
        [1, 0, 1],
        [0, 1, 0],
    ]


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_and_tensors_on_numpy_share_memory(
    name: str, torch: Any, numpy_backend: None
) -> None:
    theirs = torch.ones(3, dtype=getattr(torch, name))
    x = t.from_dlpack(theirs)
    check(x, np.ones(3, name))
    x[1] = False
    assert torch.from_dlpack(x).data_ptr() == theirs.data_ptr()
    assert theirs.tolist() == [1, 0, 1]


@pytest.mark.parametrize("name", [*NAMES, "bfloat16"])
@pytest.mark.parametrize("version", [None, (1, 0)])
def test_structure_tells_dlpacks_dtype(
    name: str, version: tuple[int, int] | None, ffi_backend: None
) -> None:
    tensor = opened(t.ones(3, dtype=dtype_of(name)).__dlpack__(max_version=version)).dl_tensor
    assert (tensor.code, tensor.bits, tensor.lanes) == (*KEYS[name], 1)
    assert (tensor.device_type, tensor.device_id, tensor.byte_offset) == (CPU, 0, 0)


def _views() -> dict[str, Any]:
    base = np.arange(60.0).reshape(3, 4, 5)
    return {
        "contiguous": base,
        "fortran": np.asfortranarray(base),
        "transposed": base.transpose(2, 0, 1),
        "offset": base[1:, 2:, 3],
        "strided": base[::2, 1:, ::3],
        "scalar": np.array(3.0),
        "scalar-view": base[1, 2, 3, ...],
        "empty": np.zeros((0, 3)),
        "empty-inside": base[:, 4:, 1:],
        "broadcast": np.lib.stride_tricks.as_strided(base, (3, 5), (0, 8)),
        "many-axes": np.zeros((1,) * 63 + (2,)),
    }


@pytest.mark.parametrize("layout", _views())
def test_every_layout_travels_both_ways_without_a_copy(layout: str, backend: str) -> None:
    values = _views()[layout]
    x = t.from_dlpack(values)
    check(x, values)
    back = np.from_dlpack(x)
    np.testing.assert_array_equal(back, values)
    if values.size:
        assert x.strides == tuple(step // 8 for step in values.strides)
        assert (back.ctypes.data, back.strides) == (values.ctypes.data, values.strides)


@pytest.mark.parametrize("layout", [layout for layout in _views() if layout != "many-axes"])
def test_pytorch_takes_every_layout_of_a_tensor(layout: str, torch: Any, backend: str) -> None:
    values = _views()[layout]
    x = t.from_numpy(values)
    theirs = torch.from_dlpack(x)
    np.testing.assert_array_equal(theirs.numpy(), values)
    back = t.from_dlpack(theirs)
    check(back, values)
    if values.size:
        assert theirs.data_ptr() == address(back) == values.ctypes.data
        assert back.strides == x.strides


def test_views_of_a_tensor_are_exported_where_they_begin(torch: Any, backend: str) -> None:
    x = t.arange(12).reshape((3, 4))
    for view, expected in (
        (x.T, [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]),
        (x[1:, ::2], [[4, 6], [8, 10]]),
        (x[2, 3], 11),
        (x[3:], []),
    ):
        assert np.from_dlpack(view).tolist() == torch.from_dlpack(view).tolist() == expected
    torch.from_dlpack(x[1:, ::2])[0, 1] = -1
    assert x[1, 2].item() == -1


def test_tensors_travel_between_the_backends(torch: Any) -> None:
    for here, there in (("ffi", "numpy"), ("numpy", "ffi"), ("ffi", "ffi"), ("numpy", "numpy")):
        with t.use_backend(here):
            x = t.zeros(3)
        with t.use_backend(there):
            y = t.from_dlpack(x)
        assert y.backend == there
        y += 1
        assert x.tolist() == [1, 1, 1]


# ---- What a consumer asks for


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "dltensor"), ((0, 8), "dltensor"), ((1, 0), "dltensor_versioned"),
        ((1, 1), "dltensor_versioned"), ((2, 0), "dltensor_versioned"),
    ],
)  # fmt: skip
def test_capsule_is_of_the_version_asked_for(
    version: tuple[int, int] | None, expected: str, backend: str
) -> None:
    capsule = t.ones(2).__dlpack__(max_version=version)
    assert name(capsule) == expected
    if version and version[0] >= 1:
        assert opened(capsule).major == 1
        assert opened(capsule).flags == 0


@pytest.mark.parametrize("value", [1, "new", (1,), (1, 0, 0), ("a", "b")])
def test_version_or_device_that_is_no_pair_is_a_type_error(value: Any, backend: str) -> None:
    x = t.ones(2)
    with pytest.raises(TypeError, match=r"__dlpack__: max_version is .*, expected two integers"):
        x.__dlpack__(max_version=value)
    with pytest.raises(TypeError, match=r"__dlpack__: dl_device is .*, expected two integers"):
        x.__dlpack__(dl_device=value)


@pytest.mark.parametrize("version", [None, (1, 0)])
@pytest.mark.parametrize("device", [None, (1, 0), (dlpack.DeviceType.CPU, 0)])
@pytest.mark.parametrize("copy", [None, False, True])
def test_copy_is_made_only_where_it_is_asked_for(
    copy: bool | None, device: Any, version: Any, backend: str
) -> None:
    x = t.asarray([1.0, 2.0])
    capsule: Any = x.__dlpack__(max_version=version, dl_device=device, copy=copy)
    assert (opened(capsule).dl_tensor.data != address(x)) == bool(copy)
    if version:
        assert opened(capsule).flags == (IS_COPIED if copy else 0)
    taken = np.from_dlpack(storage._Given(capsule))
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
def test_stream_that_the_standard_does_not_know_is_a_value_error(stream: Any) -> None:
    with pytest.raises(ValueError, match="expected None, -1, 1, 2 or the address of a stream"):
        dlpack._check_stream(stream, True)
    for known in (None, -1, 1, 2, 0x7F00_0000_0000):
        dlpack._check_stream(known, True)


def test_memory_on_cuda_is_waited_for_unless_told_otherwise(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(on_ffi, "device", lambda _: 3)  # as if there were one
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
    with pytest.raises(BufferError, match="a move to the CPU is a copy, and copy is False"):
        x.__dlpack__(dl_device=(1, 0), copy=False)
    with pytest.raises(BufferError, match=r"dl_device is \(2, 1\), expected \(2, 3\)"):
        x.__dlpack__(dl_device=(2, 1))


def test_freed_tensor_is_not_exported(backend: str) -> None:
    x = t.ones(2)
    t.tensor_free(x)
    for use in (x.__dlpack__, x.__dlpack_device__, lambda: t.from_dlpack(x)):
        with pytest.raises(t.HandleError, match="freed"):
            use()


# ---- What a tensor asks a producer for


@pytest.mark.parametrize("copy", [None, False, True])
@pytest.mark.parametrize("device", [None, "cpu"])
def test_copy_is_passed_on(device: str | None, copy: bool | None, backend: str) -> None:
    values = np.arange(3.0)
    x = t.from_dlpack(values, device=device, copy=copy)
    values[0] = 7
    assert x.tolist() == ([0, 1, 2] if copy else [7, 1, 2])
    producer = Producer()
    t.from_dlpack(producer, device=device, copy=copy)
    (asked,) = producer.asked
    assert asked.pop("max_version")[0] == 1
    assert asked == ({} if copy is None else {"copy": copy})


class Old:
    """A producer from before the keywords, or from between."""

    def __init__(self, values: Any, *known: str) -> None:
        self.values = values
        self.known = known

    def __dlpack__(self, **keywords: Any) -> Any:
        if unknown := keywords.keys() - self.known:
            raise TypeError(f"unexpected keyword argument {unknown}")
        return self.values.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self.values.__dlpack_device__()
        return device


@pytest.mark.parametrize("known", [(), ("max_version",), ("max_version", "copy")])
@pytest.mark.parametrize("copy", [None, True])
def test_producer_that_knows_few_keywords_is_asked_with_fewer(
    known: tuple[str, ...], copy: bool | None, backend: str
) -> None:
    values = np.arange(3.0)
    x = t.from_dlpack(Old(values, *known), copy=copy)
    x += 1  # it can be written
    shared = not copy and (backend == "ffi" or bool(known))
    assert values.tolist() == ([1, 2, 3] if shared else [0, 1, 2])


def test_memory_of_an_old_producer_is_not_copied_if_that_was_ruled_out(backend: str) -> None:
    values = np.arange(3.0)
    x = t.from_dlpack(Old(values), copy=False)
    assert address(x) == values.ctypes.data


@pytest.mark.parametrize("error", [TypeError, BufferError, RuntimeError, KeyboardInterrupt])
def test_errors_of_the_producer_are_its_own(error: type[BaseException], backend: str) -> None:
    class Failing(Producer):
        def __dlpack__(self, **_: Any) -> Any:
            raise error("not today")

    for keywords in ({}, {"copy": True}):
        with pytest.raises(error, match="not today") as raised:
            t.from_dlpack(Failing(), **keywords)
        assert type(raised.value) is error


@pytest.mark.parametrize("thing", [5, [1, 2], "text", None, object()])
def test_something_else_is_a_type_error_that_names_it(thing: object, backend: str) -> None:
    with pytest.raises(TypeError, match=f"from_dlpack: got {type(thing).__name__}, expected") as e:
        t.from_dlpack(thing)
    assert isinstance(e.value, AttributeError)  # which is what the standard says


@pytest.mark.parametrize("given", [None, 5, "text"])
def test_producer_that_gives_no_capsule_is_named(given: object, ffi_backend: None) -> None:
    class Wrong(Producer):
        def __dlpack__(self, **_: Any) -> Any:
            return given

    with pytest.raises(ValueError, match=f"expected a capsule of DLPack, got {given!r}"):
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
    producer.tensor.device_type = CPU  # as if it had copied the memory
    x = t.from_dlpack(producer, device="cpu")
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert producer.asked[0]["dl_device"] == (1, 0)
    assert "stream" not in producer.asked[0]


def test_stream_is_told_to_a_producer_on_cuda(ffi_backend: None) -> None:
    producer = Producer()
    producer.device = (CUDA, 0)  # its structure says the CPU, and that counts
    t.from_dlpack(producer)
    assert producer.asked == [{"max_version": (1, 1), "stream": 1}]


def test_pinned_memory_is_the_cpus(backend: str) -> None:
    producer = Producer()
    producer.device = (PINNED, 0)
    producer.tensor.device_type = PINNED
    x = t.from_dlpack(producer, device="cpu")
    assert (x.device, x.tolist()) == ("cpu", [[0, 1, 2], [3, 4, 5]])
    assert "dl_device" not in producer.asked[0]


def test_move_of_a_producer_that_stays_where_it_is_is_refused(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []

    def to_device(self: t.Tensor, device: str) -> t.Tensor:
        moved.append(device)
        return self.clone()

    monkeypatch.setattr(t.Tensor, "to_device", to_device)  # as if there were a device to move to
    with pytest.raises(BufferError, match="from_dlpack: a move to cuda:0 is a copy"):
        t.from_dlpack(np.ones(2), device="cuda:0", copy=False)
    check(t.from_dlpack(np.ones(2), device="cuda:0", copy=True), np.ones(2))
    assert moved == ["cuda:0", "cuda:0"]


# ---- Memory that LibTorch cannot share


def _read_only() -> Any:
    values = np.arange(3.0)
    values.setflags(write=False)
    return values


@pytest.mark.parametrize("copy", [None, True])
def test_read_only_memory_is_copied(copy: bool | None, backend: str) -> None:
    values = _read_only()
    x = t.from_dlpack(values, copy=copy)
    x += 1
    assert (x.tolist(), values.tolist()) == ([1, 2, 3], [0, 1, 2])


def test_read_only_memory_without_a_copy_is_a_buffer_error(ffi_backend: None) -> None:
    with pytest.raises(BufferError, match="from_dlpack: the memory is read-only") as raised:
        t.from_dlpack(_read_only(), copy=False)
    assert isinstance(raised.value, (t.TorchError, ValueError))
    with pytest.raises(ValueError, match="read-only"):
        t.asarray(Old(_read_only(), "max_version", "copy"), copy=False)


def test_numpy_shares_read_only_memory_if_a_copy_is_ruled_out(numpy_backend: None) -> None:
    values = _read_only()
    x = t.from_dlpack(values, copy=False)
    assert np.shares_memory(x.numpy(), values)
    with pytest.raises(ValueError, match="read-only"):
        x += 1


@pytest.mark.parametrize(("version", "copy"), [((1, 0), None), ((1, 0), False), (None, None)])
def test_read_only_tensor_is_exported_as_such_or_copied(
    version: Any, copy: bool | None, numpy_backend: None
) -> None:
    values = _read_only()
    capsule: Any = t.from_numpy(values).__dlpack__(max_version=version, copy=copy)
    shared = opened(capsule).dl_tensor.data == values.ctypes.data
    assert shared == (version is not None)
    if version:
        assert opened(capsule).flags == READ_ONLY


def test_read_only_tensor_without_a_copy_is_no_old_capsule(numpy_backend: None) -> None:
    with pytest.raises(BufferError, match=r"__dlpack__: .*readonly"):
        t.from_numpy(_read_only()).__dlpack__(copy=False)


@pytest.mark.parametrize("name", NAMES)
def test_memory_that_runs_backwards_is_copied(name: str, backend: str) -> None:
    values = sample(name, 24).reshape(2, 3, 4)
    for view in (values[::-1], values[:, ::-2, 1:], values[::-1, :, ::-1].T, values[1:, ::-1, :0]):
        check(t.from_dlpack(view), view)
    if backend == "ffi":
        with pytest.raises(BufferError, match="from_dlpack: a stride is negative"):
            t.from_dlpack(values[::-1], copy=False)


def test_negative_stride_of_an_axis_that_has_no_neighbours_needs_no_copy(backend: str) -> None:
    values = np.arange(3.0)[1:2][::-1]
    assert values.strides == (-8,)
    assert address(t.from_dlpack(values, copy=False)) == values.ctypes.data


# ---- Lifetimes


def test_producer_goes_before_the_consumer(torch: Any, backend: str) -> None:
    values = np.arange(1000)
    alive = weakref.ref(values)
    x = t.from_dlpack(values)
    del values
    y = torch.from_dlpack(x)
    part = t.from_dlpack(y)[10:20]
    del x, y
    gc.collect()
    t.zeros(1000)  # would take the memory if it were free
    assert part.tolist() == list(range(10, 20))
    assert alive() is not None
    del part
    gc.collect()
    assert alive() is None


def test_consumer_goes_before_the_producer(torch: Any, backend: str) -> None:
    before = settled()
    x = t.arange(1000)
    del_first = [np.from_dlpack(x), torch.from_dlpack(x), t.from_dlpack(x)]
    del del_first[:]
    gc.collect()
    assert x.sum().item() == 499500
    del x
    assert handles() == before


def test_export_outlives_tensor_free(torch: Any, backend: str) -> None:
    x = t.arange(3)
    y, n = torch.from_dlpack(x), np.from_dlpack(x)
    t.tensor_free(x)
    assert y.tolist() == n.tolist() == [0, 1, 2]


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_capsule_that_nobody_takes_lets_go_of_the_memory(version: Any, ffi_backend: None) -> None:
    values = np.ones(8)
    alive, before = weakref.ref(values), settled()
    capsule: Any = t.from_numpy(values).__dlpack__(max_version=version)
    del values
    gc.collect()
    assert alive() is not None
    del capsule
    t.memory_stats(), t.zeros(1)  # Python is told at the next occasion
    gc.collect()
    t.from_numpy(np.ones(1))
    assert alive() is None
    assert handles() == before


def test_many_exports_and_imports_leave_nothing_behind(torch: Any, ffi_backend: None) -> None:
    before = settled()
    for _ in range(1000):
        x = t.ones((2, 3))
        x.__dlpack__()
        x.__dlpack__(max_version=(1, 0), copy=True)
        t.from_dlpack(torch.from_dlpack(x))
        t.from_dlpack(np.ones(3))
    del x
    assert handles() == before


def _free(x: t.Tensor) -> None:
    t.tensor_free(x)


def _free_elsewhere(x: t.Tensor) -> None:
    thread = threading.Thread(target=t.tensor_free, args=(x,))
    thread.start()
    thread.join()


def _free_in_c_elsewhere(x: t.Tensor) -> None:
    handle = lib.rt_torch_tensor_alias(x._data)
    t.tensor_free(x)
    _free_elsewhere(on_ffi_tensor(handle))


def on_ffi_tensor(handle: int) -> t.Tensor:
    from torchffi._core.backends import FFI

    return FFI.wrap(handle, t.float32)


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("free", [_free, _free_elsewhere, _free_in_c_elsewhere])
def test_deleter_is_called_once_after_the_last_tensor(
    free: Callable[[t.Tensor], None], versioned: bool, ffi_backend: None
) -> None:
    producer, before = Producer(versioned), settled()
    x = t.from_dlpack(producer)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    view = x.T[1:]
    free(x)
    assert producer.deleted == 0
    producer.values[1] = 10
    assert view.tolist() == [[10, 4], [2, 5]]
    free(view)
    assert producer.deleted == 1
    gc.collect()
    assert producer.deleted == 1
    assert handles() == before


@pytest.mark.parametrize("versioned", [True, False])
def test_deleter_is_called_once_by_numpys_backend(versioned: bool, numpy_backend: None) -> None:
    producer = Producer(versioned)
    x = t.from_dlpack(producer, copy=False)
    assert producer.deleted == 0
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    del x
    gc.collect()
    assert producer.deleted == 1


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("dims", [[0], [2, 0, 3]])
def test_deleter_of_memory_without_elements_is_called_once(
    dims: list[int], versioned: bool, ffi_backend: None
) -> None:
    producer = Producer(versioned)
    producer.set_shape(dims, [-5] * len(dims))
    producer.tensor.data = None
    x = t.from_dlpack(producer)
    assert (x.shape, producer.deleted) == (tuple(dims), 0)
    del x
    assert producer.deleted == 1


@pytest.mark.parametrize("cause", ["read-only", "backwards"])
def test_deleter_is_called_at_once_where_the_memory_was_copied(
    cause: str, ffi_backend: None
) -> None:
    producer, before = Producer(), settled()
    if cause == "read-only":
        producer.made.flags = READ_ONLY | IS_COPIED
    else:
        producer.set_shape([2, 3], [3, -1])
        producer.tensor.byte_offset = 8
    x = t.from_dlpack(producer)
    assert producer.deleted == 1
    assert x.tolist() == (
        [[0, 1, 2], [3, 4, 5]] if cause == "read-only" else [[2, 1, 0], [5, 4, 3]]
    )
    del x
    assert (producer.deleted, handles()) == (1, before)


@pytest.mark.parametrize("versioned", [True, False])
def test_deleter_is_left_to_the_capsule_where_the_import_is_refused(
    versioned: bool, backend: str
) -> None:
    producer = Producer(versioned)
    producer.tensor.bits = 24
    kept = []
    plain = producer.__dlpack__

    def asked(**keywords: Any) -> Any:
        kept.append(plain(**keywords))
        return kept[-1]

    producer.__dlpack__ = asked  # type: ignore[method-assign]
    before = settled()
    with pytest.raises(TypeError, match=r"from_dlpack: .*dtype"):
        t.from_dlpack(producer)
    assert producer.deleted == 0
    assert name(kept[0]) == ("dltensor_versioned" if versioned else "dltensor")
    del kept[:]
    assert (producer.deleted, handles()) == (1, before)


@pytest.mark.parametrize("versioned", [True, False])
def test_capsule_serves_once(versioned: bool, ffi_backend: None) -> None:
    producer = Producer(versioned)
    capsule = capsule_of(producer.made)
    x = t.from_dlpack(storage._Given(capsule))
    assert name(capsule) == ("used_dltensor_versioned" if versioned else "used_dltensor")
    with pytest.raises(ValueError, match="the capsule was used before"):
        t.from_dlpack(storage._Given(capsule))
    del capsule
    assert (x.tolist(), producer.deleted) == ([[0, 1, 2], [3, 4, 5]], 0)
    del x
    assert producer.deleted == 1


def test_capsule_serves_once_on_numpy(numpy_backend: None) -> None:
    producer = Producer()
    capsule = capsule_of(producer.made)
    x = t.from_dlpack(storage._Given(capsule), copy=False)
    with pytest.raises(ValueError, match="NumPy cannot take the memory"):
        t.from_dlpack(storage._Given(capsule))
    del x, capsule
    assert producer.deleted == 1


def test_structure_without_a_deleter_is_taken(ffi_backend: None) -> None:
    producer = Producer()
    producer.made.deleter = None
    x = t.from_dlpack(producer)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    del x
    capsule_of(producer.made)  # nor does its capsule call one


def test_capsule_that_cannot_be_made_leaves_nothing_behind(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    values = np.ones(3)
    alive, before = weakref.ref(values), settled()
    x = t.from_numpy(values)
    monkeypatch.setattr(capsules, "_new", fail)
    with pytest.raises(MemoryError):
        x.__dlpack__()
    del x, values
    assert alive() is None
    assert handles() == before


def test_handle_that_cannot_be_wrapped_gives_the_memory_back(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = Producer()
    monkeypatch.setattr(backends.FFI, "classes", {t.float32: int})
    monkeypatch.setattr(backends.FFI, "make", own)
    with pytest.raises(TypeError, match="expected a subclass"):
        t.from_dlpack(producer)
    assert producer.deleted == 1


def test_shape_of_an_export_stays_what_it_was(ffi_backend: None) -> None:
    x = t.arange(6)
    capsule: Any = x.__dlpack__()
    t.ops.aten.resize_(x, [2, 2])
    with pytest.raises(ValueError, match="not resizable"):
        t.ops.aten.resize_(x, [2, 100])  # would move the memory
    tensor = opened(capsule).dl_tensor
    assert tensor.ndim == 1
    assert ctypes.c_int64.from_address(tensor.shape).value == 6


# ---- The C ABI


def last_error() -> tuple[int, str]:
    text = ffi.new("char[]", 4096)
    return lib.rt_torch_last_error(text, 4096), ffi.string(text).decode()


Change = Callable[[Producer], Any]
MALFORMED: dict[str, tuple[int, str, Change]] = {
    "ndim 65": (1, "number of dims is 65", lambda p: p.set_shape([1] * 65, [1] * 65)),
    "ndim -1": (1, "number of dims is -1", lambda p: setattr(p.tensor, "ndim", -1)),
    "no shape": (1, "dims is NULL", lambda p: setattr(p.tensor, "shape", None)),
    "negative": (1, "negative dimension", lambda p: p.set_shape([2, -3], [3, 1])),
    "too many": (1, "too large", lambda p: p.set_shape([2**32, 2**32], [1, 1])),
    "too many beside 0": (1, "too large", lambda p: p.set_shape([0, 2**62, 4], None)),
    "no data": (1, "data is NULL", lambda p: setattr(p.tensor, "data", None)),
    "stride": (1, "overflow the address space", lambda p: p.set_shape([2, 3], [2**62, 1])),
    "stride -": (1, "overflow the address space", lambda p: p.set_shape([2, 3], [1, -(2**62)])),
    "stride min": (1, "overflow the address space", lambda p: p.set_shape([2, 3], [1, -(2**63)])),
    "strides": (1, "overflow the address space", lambda p: p.set_shape([2, 2, 2], [2**60] * 3)),
    "below 0": (1, "overflow the address space", lambda p: p.set_shape([2**31, 2], [-(2**28), 1])),
    "offset": (
        1,
        "overflow the address space",
        lambda p: setattr(p.tensor, "byte_offset", 2**64 - 8),
    ),
    "offset 2**63": (
        1,
        "overflow the address space",
        lambda p: setattr(p.tensor, "byte_offset", 2**63),
    ),
    "unaligned": (1, "not aligned for float32", lambda p: setattr(p.tensor, "byte_offset", 2)),
    "lanes 4": (3, "32 bits and 4 lanes", lambda p: setattr(p.tensor, "lanes", 4)),
    "lanes 0": (3, "32 bits and 0 lanes", lambda p: setattr(p.tensor, "lanes", 0)),
    "float24": (3, "code 2 with 24 bits", lambda p: setattr(p.tensor, "bits", 24)),
    "float8": (3, "code 10 with 32 bits", lambda p: setattr(p.tensor, "code", 10)),
    "opaque": (3, "code 3 with 32 bits", lambda p: setattr(p.tensor, "code", OPAQUE)),
    "Metal": (9, "device type 8, expected", lambda p: setattr(p.tensor, "device_type", METAL)),
    "managed": (9, "device type 13", lambda p: setattr(p.tensor, "device_type", MANAGED)),
    "no device": (9, "device type 0", lambda p: setattr(p.tensor, "device_type", 0)),
    "device -2": (9, "device type -2", lambda p: setattr(p.tensor, "device_type", -2)),
}


@pytest.mark.parametrize("versioned", [1, 0])
@pytest.mark.parametrize("change", MALFORMED)
def test_malformed_structure_is_refused_and_stays_the_callers(
    change: str, versioned: int, ffi_backend: None
) -> None:
    code, words, spoil = MALFORMED[change]
    producer, before = Producer(bool(versioned)), settled()
    spoil(producer)
    for copy in (0, 1):
        assert lib.rt_torch_tensor_from_dlpack(pointer(producer.made), versioned, copy) == 0
        assert last_error()[0] == code
        assert last_error()[1].startswith("from_dlpack: ")
        assert words in last_error()[1]
    assert (producer.deleted, handles()) == (0, before)
    assert lib.rt_torch_dlpack_free(pointer(producer.made), versioned) == 0
    assert producer.deleted == 1


@pytest.mark.parametrize("device", [(CUDA, -1), (CUDA, -(2**31)), (CUDA, 2**31 - 1)])
def test_cuda_device_that_cannot_be_is_refused(device: tuple[int, int], ffi_backend: None) -> None:
    producer = Producer()
    producer.tensor.device_type, producer.tensor.device_id = device
    assert lib.rt_torch_tensor_from_dlpack(pointer(producer.made), 1, 1) == 0
    assert last_error()[0] in (1, 9)
    assert "CUDA" in last_error()[1]
    assert producer.deleted == 0


@pytest.mark.parametrize("major", [0, 2, 2**32 - 1])
def test_version_of_another_major_number_is_refused(major: int, ffi_backend: None) -> None:
    producer = Producer()
    producer.made.major = major
    producer.tensor.ndim = -1  # of another version nothing else is read
    assert lib.rt_torch_tensor_from_dlpack(pointer(producer.made), 1, 1) == 0
    assert last_error() == (1, f"from_dlpack: the structure is of DLPack {major}.0, expected 1.x")
    assert lib.rt_torch_dlpack_free(pointer(producer.made), 1) == 0
    assert producer.deleted == 1


def test_newer_minor_version_and_unknown_flags_are_taken(ffi_backend: None) -> None:
    producer = Producer()
    producer.made.minor, producer.made.flags = 99, 1 << 40
    assert t.from_dlpack(producer, copy=False).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("versioned", [True, False])
def test_structure_without_strides_is_in_c_order(versioned: bool, backend: str) -> None:
    producer = Producer(versioned)
    producer.set_shape([3, 2], None)
    assert t.from_dlpack(producer).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_byte_offset_counts(backend: str) -> None:
    producer = Producer()
    producer.set_shape([2], [2])
    producer.tensor.byte_offset = 4
    x = t.from_dlpack(producer)
    assert x.tolist() == [1, 3]
    x[1] = 30
    assert producer.values[3] == 30


def test_structure_of_no_axes_needs_neither_shape_nor_strides(backend: str) -> None:
    producer = Producer()
    producer.tensor.ndim = 0
    producer.tensor.shape = producer.tensor.strides = None
    producer.tensor.byte_offset = 12
    x = t.from_dlpack(producer)
    assert (x.shape, x.item()) == ((), 3)


def test_arguments_of_the_functions_are_checked(ffi_backend: None) -> None:
    x, made = t.ones(2), structure(True)
    null = ffi.NULL
    calls: dict[str, Callable[[], Any]] = {
        "from_dlpack: managed is NULL": lambda: lib.rt_torch_tensor_from_dlpack(null, 1, 0),
        "from_dlpack: versioned is 2, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_from_dlpack(pointer(made), 2, 0)
        ),
        "from_dlpack: copy is -1, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_from_dlpack(pointer(made), 1, -1)
        ),
        "to_dlpack: versioned is -1, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_to_dlpack(x._data, -1, 0)
        ),
        "to_dlpack: copied is 7, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_to_dlpack(x._data, 1, 7)
        ),
        "synchronize: device is -2, expected -1 (CPU) or the number of a CUDA device": (
            lambda: lib.rt_torch_synchronize(-2)
        ),
    }
    for message, call in calls.items():
        assert call() in (0, -1, null)
        assert last_error() == (1, message)
    assert lib.rt_torch_tensor_to_dlpack(0, 1, 0) == null
    assert last_error() == (8, "to_dlpack: expected a tensor, got handle 0")
    before = last_error()
    assert lib.rt_torch_dlpack_free(pointer(made), 2) == -1
    assert lib.rt_torch_dlpack_free(null, 0) == lib.rt_torch_dlpack_free(null, 1) == 0
    assert last_error() == before
    assert lib.rt_torch_synchronize(-1) == 0


def test_sparse_tensor_has_no_memory_to_share(ffi_backend: None) -> None:
    sparse = t.ops.aten.to_sparse(t.ones((2, 2)))
    with pytest.raises(BufferError, match="__dlpack__: a tensor that is not strided"):
        sparse.__dlpack__()


def test_quantized_tensor_has_no_dtype_of_dlpack(ffi_backend: None) -> None:
    quint8 = dtypes.DType("quint8", 13, 1, "unsigned integer", in_numpy=False)
    x = t.ones(2)
    quantized = boxed.call("aten::quantize_per_tensor", x._data, 1.0, 0, quint8)
    assert lib.rt_torch_tensor_to_dlpack(quantized, 1, 0) == ffi.NULL
    assert last_error() == (1, "to_dlpack: QUInt/QInt types are not supported by dlpack")
    lib.rt_torch_tensor_free(quantized)


def test_structures_work_in_plain_c_without_capsules(ffi_backend: None) -> None:
    x = t.asarray([1.0, 2.0])
    before = settled()
    for versioned in (0, 1):
        managed = lib.rt_torch_tensor_to_dlpack(x._data, versioned, 0)
        handle = lib.rt_torch_tensor_from_dlpack(managed, versioned, 0)
        y = on_ffi_tensor(handle)
        y += 1
        del y
        assert (
            lib.rt_torch_dlpack_free(
                lib.rt_torch_tensor_to_dlpack(x._data, versioned, 0), versioned
            )
            == 0
        )
    assert x.tolist() == [3, 4]
    assert handles() == before


# ---- NumPy of long ago


class Ancient(np.ndarray[Any, Any]):
    """An array as NumPy had it before 2.1."""

    def __dlpack__(self, *, stream: None = None) -> Any:  # type: ignore[override]
        return super().__dlpack__()


def test_numpy_without_the_keywords_is_spoken_to_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_KEYWORDS", False)
    values = np.arange(3.0).view(Ancient)
    for copy in (None, True, False):
        capsule: Any = storage.to_dlpack(values, (1, 0), copy, False)
        assert name(capsule) == "dltensor"
        assert (opened(capsule).dl_tensor.data == values.ctypes.data) == (not copy)
    with t.use_backend("numpy"):
        producer = Producer(False)
        assert t.from_dlpack(producer).tolist() == [[0, 1, 2], [3, 4, 5]]
        assert producer.asked == [{}]


# ---- asarray


def test_asarray_shares_what_speaks_dlpack(torch: Any, backend: str) -> None:
    theirs = torch.ones(3)
    x = t.asarray(theirs)
    assert (x.backend, x.dtype, address(x)) == (backend, t.float32, theirs.data_ptr())
    assert address(t.asarray(theirs, copy=False)) == theirs.data_ptr()
    assert address(t.asarray(theirs, device="cpu")) == theirs.data_ptr()
    assert address(t.asarray(theirs, copy=True)) != theirs.data_ptr()
    assert t.asarray(theirs, dtype=t.float64).dtype is t.float64
    with pytest.raises(ValueError, match="asarray: another dtype or device needs a copy"):
        t.asarray(theirs, dtype=t.float64, copy=False)
    t.asarray(theirs, copy=True)[0] = 9
    assert theirs.tolist() == [1, 1, 1]
    with pytest.raises(BufferError, match="require"):
        t.asarray(torch.ones(3, requires_grad=True))


BUFFERS: dict[str, tuple[Callable[[], Any], str]] = {
    "bytearray": (lambda: bytearray(b"\1\2\3"), "uint8"),
    "memoryview": (lambda: memoryview(bytearray(b"\1\2\3")), "uint8"),
    "array": (lambda: array.array("d", [1, 2, 3]), "float64"),
    "ctypes": (lambda: (ctypes.c_int16 * 3)(1, 2, 3), "int16"),
    "bytes": (lambda: b"\1\2\3", "uint8"),
}


@pytest.mark.parametrize("kind", BUFFERS)
def test_asarray_takes_buffers(kind: str, backend: str) -> None:
    make, dtype = BUFFERS[kind]
    memory = make()
    x = t.asarray(memory)
    check(x, np.array([1, 2, 3], dtype))
    x[0] = 9
    shared = kind != "bytes"
    assert memory[0] == (9 if shared else 1)
    t.asarray(memory, copy=True)[1] = 9
    assert memory[1] == 2
    check(t.asarray(memory, dtype=t.float32)[1], np.float32(2))
    if shared:
        t.asarray(memory, copy=False)[2] = 9
        assert memory[2] == 9


def test_asarray_shares_no_bytes_with_libtorch(ffi_backend: None) -> None:
    with pytest.raises(ValueError, match="read-only"):
        t.asarray(b"abc", copy=False)


def test_asarray_of_a_buffer_that_is_no_numbers_is_refused(backend: str) -> None:
    with pytest.raises(TypeError, match="has no counterpart"):
        t.asarray(memoryview(b"abc").cast("c"))

    released = memoryview(b"abc")
    released.release()
    with pytest.raises(ValueError, match="asarray: operation forbidden on released memoryview"):
        t.asarray(released)


# ---- Processes


@pytest.mark.parametrize("first", ["torch", "torchffi"])
def test_pytorch_and_torchffi_are_one_libtorch_in_one_process(
    first: str, torch: Any, ffi_backend: None
) -> None:
    order = ("import torch", "import torchffi as t; t.zeros(1)")
    imports = "; ".join(order if first == "torch" else order[::-1])
    program = """
    import gc
    x = t.arange(6, dtype=t.float32).reshape((2, 3))
    y = torch.from_dlpack(x)
    y[0, 0] = 10
    x += 1
    assert y.tolist() == x.tolist() == [[11, 2, 3], [4, 5, 6]]
    p = torch.arange(4)
    q = t.from_dlpack(p)
    q[0] = 10
    p += 1
    assert p.tolist() == q.tolist() == [11, 2, 3, 4]
    del x, p                 # the producers first
    gc.collect()
    assert y.sum().item() == 31 and q.sum().item() == 20
    x, p = t.from_dlpack(y.T), torch.from_dlpack(q[1:])
    del x, p, y, q           # the consumers first
    gc.collect()
    assert t.memory_stats()["live_handles"] == 0
    maps = open("/proc/self/maps").read().split()
    print(len({path for path in maps if path.endswith("libtorch_cpu.so")}))
    """
    assert python(f"{imports}\n" + program.replace("\n    ", "\n")) == "1\n"


ENDS = {
    "a capsule": "kept = t.ones(3).__dlpack__()",
    "a capsule in a module": "import sys; sys.leftover = t.ones(3).__dlpack__(max_version=(1, 0))",
    "a capsule in a cycle": "kept = [t.ones(3).__dlpack__()]; kept.append(kept)",
    "an array over a tensor": "kept = np.from_dlpack(t.ones(3))",
    "a tensor over an array": "import sys; sys.leftover = t.from_dlpack(np.ones(3))",
    "a tensor freed at the end": """
import atexit
x = t.from_dlpack(np.ones(3))
atexit.register(lambda: t.tensor_free(x))
""",
    "a capsule in a destructor": """
class Late:
    def __init__(self): self.x = t.ones(3)
    def __del__(self): self.x.__dlpack__()
import sys
sys.leftover = Late()
""",
}


@pytest.mark.parametrize("end", ENDS)
def test_process_ends_well_with(end: str, ffi_backend: None) -> None:
    python(f"import numpy as np, torchffi as t\n{ENDS[end]}", TORCHFFI_BACKEND="ffi")


def test_forked_child_lets_go_but_does_not_exchange(ffi_backend: None) -> None:
    python(
        """
import os, numpy as np, torchffi as t
x, capsule = t.ones(3), t.ones(3).__dlpack__()
if os.fork() == 0:
    del capsule
    for use in (x.__dlpack__, lambda: t.from_dlpack(np.ones(3))):
        try: use()
        except t.UnavailableError as error: assert "forked" in str(error), error
        else: os._exit(1)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
""",
        TORCHFFI_BACKEND="ffi",
    )
