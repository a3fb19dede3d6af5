// Memory exported to other libraries and borrowed from them through DLPack.
#include <ATen/DLConvertor.h>
#include <ATen/ops/flip.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/devices.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

struct DType {
  uint8_t code, bits;
  at::ScalarType type;
};
constexpr DType kDTypes[] = {
    {kDLUInt, 8, at::kByte},
    {kDLUInt, 16, at::kUInt16},
    {kDLUInt, 32, at::kUInt32},
    {kDLUInt, 64, at::kUInt64},
    {kDLInt, 8, at::kChar},
    {kDLInt, 16, at::kShort},
    {kDLInt, 32, at::kInt},
    {kDLInt, 64, at::kLong},
    {kDLFloat, 16, at::kHalf},
    {kDLFloat, 32, at::kFloat},
    {kDLFloat, 64, at::kDouble},
    {kDLBfloat, 16, at::kBFloat16},
    {kDLComplex, 64, at::kComplexFloat},
    {kDLComplex, 128, at::kComplexDouble},
    {kDLBool, 8, at::kBool},
};

at::ScalarType type_of(const DLDataType &dtype) {
  for (const DType &known : kDTypes) {
    if (known.code == dtype.code && known.bits == dtype.bits && dtype.lanes == 1) return known.type;
  }
  fail(RT_TORCH_TYPE, "DLPack dtype with code " + std::to_string(dtype.code) + ", " +
                          std::to_string(dtype.bits) + " bits and " + std::to_string(dtype.lanes) +
                          " lanes is not supported");
}

// The device for LibTorch: pinned CUDA memory counts as CPU memory.
DLDevice device_for_libtorch(const DLDevice &device) {
  if (device.device_type == kDLCPU || device.device_type == kDLCUDAHost) return {kDLCPU, 0};
  if (device.device_type != kDLCUDA) {
    fail(RT_TORCH_UNAVAILABLE, "the memory is on DLPack's device type " + std::to_string(device.device_type) +
                                   ", expected 1 (CPU), 2 (CUDA) or 3 (CUDA pinned)");
  }
  if (device.device_id < 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, "the memory is on CUDA device " + std::to_string(device.device_id));
  }
  device_of(device.device_id);
  return device;
}

template <class Managed>
void call_deleter(Managed *managed) {
  if (managed->deleter != nullptr) managed->deleter(managed);
}

void call_deleter_of(void *managed, bool versioned) {
  if (versioned) {
    call_deleter(static_cast<DLManagedTensorVersioned *>(managed));
  } else {
    call_deleter(static_cast<DLManagedTensor *>(managed));
  }
}

// The DLTensor of another library, checked and normalized for LibTorch: data at the lowest address, explicit
// and non-negative strides.
struct Memory {
  at::ScalarType type;
  DLManagedTensor plain;
  c10::DimVector strides;
  std::vector<int64_t> reversed;  // axes whose strides were negative
  int64_t bytes = 0;              // from the lowest address to the end of the highest element

  explicit Memory(const DLTensor &given) : type(type_of(given.dtype)), plain{given, nullptr, nullptr} {
    const at::IntArrayRef shape = shape_of(given.shape, given.ndim, type);
    const bool empty = std::ranges::find(shape, 0) != shape.end();
    const auto size = static_cast<int64_t>(c10::elementSize(type));
    strides = strides_of(empty ? nullptr : given.strides, shape);
    if (given.data == nullptr && !empty) fail(RT_TORCH_INVALID_ARGUMENT, "data is NULL");
    int64_t address = 0, back = 0, end = 0;
    bool fits = !__builtin_add_overflow(reinterpret_cast<uintptr_t>(given.data), given.byte_offset, &address);
    for (size_t i = 0; i < shape.size(); ++i) {
      if (strides[i] >= 0) continue;
      fits = fits && !__builtin_sub_overflow(0, strides[i], &strides[i]);
      if (shape[i] < 2) continue;
      reversed.push_back(static_cast<int64_t>(i));
      int64_t extent = 0;
      fits = fits && !__builtin_mul_overflow(shape[i] - 1, strides[i], &extent) &&
             !__builtin_mul_overflow(extent, size, &extent) && !__builtin_add_overflow(back, extent, &back);
    }
    const int64_t reach = fits ? reach_of(shape, strides, size) : -1;
    fits = reach >= 0 && back <= address && !__builtin_add_overflow(address - back, reach, &end);
    if (!fits) {
      fail(RT_TORCH_INVALID_ARGUMENT, "shape " + text(shape) + ", the strides and byte_offset " +
                                          std::to_string(given.byte_offset) + " overflow the address space");
    }
    bytes = empty ? 0 : reach;
    check_aligned(empty ? 0 : static_cast<uintptr_t>(address - back), type);
    plain.dl_tensor.data = empty ? nullptr : static_cast<char *>(given.data) + given.byte_offset - back;
    plain.dl_tensor.device = device_for_libtorch(given.device);
    plain.dl_tensor.strides = strides.data();
    plain.dl_tensor.byte_offset = 0;
  }
};

// A structure whose deleter is called with the last tensor over its memory.
struct Borrowed {
  void *managed;
  bool versioned;
  bool taken = false;

  Borrowed(void *structure, bool with_version) : managed(structure), versioned(with_version) {}
  static void release(void *self) {
    const std::unique_ptr<Borrowed> owner(static_cast<Borrowed *>(self));
    if (owner->taken) call_deleter_of(owner->managed, owner->versioned);
  }
};

at::Tensor tensor_over(Memory &memory, Borrowed *owner) {
  const DLTensor &given = memory.plain.dl_tensor;
  if (given.device.device_type == kDLCUDA) {
    return at::fromDLPack(&memory.plain, [owner](void *) { Borrowed::release(owner); });
  }
  // Not at::fromDLPack(), which ends the process if it cannot allocate the deleter.
  at::Tensor tensor =
      kernels::from_memory({given.data, owner, Borrowed::release, at::kCPU}, memory.bytes, memory.type);
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides({given.shape, static_cast<size_t>(given.ndim)},
                                                      memory.strides);
  return tensor;
}

// Copy with negative strides made positive. at::flip lacks uint16/32/64 kernels, so flip a signed view.
at::Tensor copy_of(const at::Tensor &tensor, at::IntArrayRef reversed) {
  const at::ScalarType type = tensor.scalar_type();
  const at::ScalarType bits = type == at::kUInt16   ? at::kShort
                              : type == at::kUInt32 ? at::kInt
                              : type == at::kUInt64 ? at::kLong
                                                    : type;
  at::Tensor result = reversed.empty() ? tensor.clone() : at::flip(tensor.view(bits), reversed).view(type);
  if (result.is_cuda()) synchronize(result.device().index());  // the caller's deleter runs right after this
  return result;
}

}  // namespace

void *tensor_to_dlpack(int64_t tensor, int32_t versioned, int32_t copied) {
  const bool with_version = flag_of("versioned", versioned), alone = flag_of("copied", copied);
  const at::Tensor t = get(tensor);
  if (!t.is_cpu() && !t.is_cuda()) {
    fail(RT_TORCH_UNAVAILABLE, "the memory is on " + t.device().str() + ", expected the CPU or CUDA");
  }
  if (t.requires_grad()) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "the tensor requires gradients, which its memory in another library escapes; "
         "use detach() first");
  }
  at::getDLDataType(t);                      // toDLPack leaks if this fails inside it
  const at::Tensor own = kernels::alias(t);  // the exported shape must not change with t's
  pin_storage(own);
  if (!with_version) return at::toDLPack(own);
  DLManagedTensorVersioned *managed = at::toDLPackVersioned(own);
  if (alone) managed->flags |= DLPACK_FLAG_BITMASK_IS_COPIED;
  return managed;
}

int64_t tensor_from_dlpack(void *managed, int32_t versioned, int32_t copy) {
  const bool with_version = flag_of("versioned", versioned), may_copy = flag_of("copy", copy);
  if (managed == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "managed is NULL");
  const auto *newer = static_cast<const DLManagedTensorVersioned *>(managed);
  if (with_version && newer->version.major != DLPACK_MAJOR_VERSION) {
    fail(RT_TORCH_INVALID_ARGUMENT, "the structure is of DLPack " + std::to_string(newer->version.major) +
                                        "." + std::to_string(newer->version.minor) + ", expected 1.x");
  }
  Memory memory(with_version ? newer->dl_tensor : static_cast<const DLManagedTensor *>(managed)->dl_tensor);
  const bool read_only = with_version && (newer->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
  const bool must_copy = read_only || !memory.reversed.empty();
  if (must_copy && !may_copy) {
    fail(RT_TORCH_INVALID_ARGUMENT, read_only ? "the memory is read-only, and LibTorch's tensors are not"
                                              : "a stride is negative, which LibTorch does not support");
  }
  Borrowed *owner = std::make_unique<Borrowed>(managed, with_version).release();
  const at::Tensor borrowed = tensor_over(memory, owner);
  const int64_t handle = put(must_copy ? copy_of(borrowed, memory.reversed) : borrowed);
  owner->taken = true;  // last: on failure the caller keeps the structure
  return handle;
}

int32_t dlpack_free(void *managed, int32_t versioned) {
  if (versioned != 0 && versioned != 1) return -1;
  if (managed != nullptr) call_deleter_of(managed, versioned == 1);
  return 0;
}

}  // namespace rt
