// LibTorch's own structures, in blocks of memory that are used again.
#include "fresh.h"

#include <ATen/EmptyTensor.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <new>

#include "blocks.h"

namespace rt {
namespace {

enum Kind : int { kOne, kOneWide, kFew, kMany, kView };
static_assert(kView < kBlockKinds);

// A little tensor is one block: its TensorImpl, its StorageImpl, and room for its values. Each of the three may
// outlive the others, as the storage does in a view, so the block counts who is left.
template <Kind Which, size_t Bytes>
struct Little {
  // As their bases in all but where they lie: the destructors are virtual, and leave the block here. The check
  // does not see that they are never made but in a block.
  // NOLINTBEGIN(cert-dcl54-cpp)
  struct Tensor final : c10::TensorImpl {
    using TensorImpl::TensorImpl;
    static void *operator new(size_t) = delete;
    static void operator delete(void *self) noexcept { leave(self, offsetof(Little, tensor)); }
  };
  struct Storage final : c10::StorageImpl {
    using StorageImpl::StorageImpl;
    static void *operator new(size_t) = delete;
    static void operator delete(void *self) noexcept { leave(self, offsetof(Little, storage)); }
  };
  // NOLINTEND(cert-dcl54-cpp)

  alignas(Tensor) std::byte tensor[sizeof(Tensor)];
  alignas(Storage) std::byte storage[sizeof(Storage)];
  std::atomic<uint32_t> parts;
  alignas(std::min<size_t>(Bytes, 64)) std::byte values[Bytes];

  // With values in the block. The allocator is for somebody who resizes the storage.
  static at::Tensor make(int64_t bytes, at::ScalarType dtype) {
    Little *block = take(3);
    c10::DataPtr data(
        block->values, block->values, [](void *self) { leave(self, offsetof(Little, values)); }, at::kCPU);
    return block->tensor_of(std::move(data), bytes, c10::GetCPUAllocator(), dtype);
  }

  // Over memory that lies elsewhere.
  static at::Tensor over(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype) {
    return take(2)->tensor_of(std::move(memory), bytes, nullptr, dtype);
  }

 private:
  static Little *take(uint32_t parts) {
    auto *block = static_cast<Little *>(take_block(Which, sizeof(Little)));
    new (&block->parts) std::atomic<uint32_t>(parts);
    return block;
  }

  at::Tensor tensor_of(c10::DataPtr data, int64_t bytes, c10::Allocator *allocator, at::ScalarType dtype) {
    auto *impl = ::new (storage)
        Storage(c10::StorageImpl::use_byte_size_t(), bytes, std::move(data), allocator, allocator != nullptr);
    c10::Storage made(c10::intrusive_ptr<c10::StorageImpl>::unsafe_steal_from_new(impl));
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::unsafe_steal_from_new(
        ::new (tensor) Tensor(std::move(made), c10::DispatchKeySet(c10::DispatchKey::CPU),
                              c10::scalarTypeToTypeMeta(dtype))));
  }

  static void leave(void *part, size_t offset) noexcept {
    void *block = static_cast<std::byte *>(part) - offset;
    std::atomic<uint32_t> &parts = static_cast<Little *>(block)->parts;
    // Whoever finds that it is the last one need not lock the bus.
    if (parts.load(std::memory_order_acquire) == 1 || parts.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      give_block(Which, block);
    }
  }
};

// A tensor over the storage of another one.
struct View final : c10::TensorImpl {
  using TensorImpl::TensorImpl;
  static void *operator new(size_t) { return take_block(kView, sizeof(View)); }
  static void operator delete(void *block) noexcept { give_block(kView, block); }
};

int64_t bytes_of(at::IntArrayRef shape, at::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (const int64_t n : shape) {
    if (__builtin_mul_overflow(bytes, n, &bytes)) return std::numeric_limits<int64_t>::max();
  }
  return bytes;
}

at::Tensor little(int64_t bytes, at::ScalarType dtype) {
  if (bytes <= 4) return Little<kOne, 4>::make(bytes, dtype);
  if (bytes <= 8) return Little<kOneWide, 8>::make(bytes, dtype);
  if (bytes <= 64) return Little<kFew, 64>::make(bytes, dtype);
  return Little<kMany, kLittle>::make(bytes, dtype);
}

}  // namespace

at::Tensor fresh(at::IntArrayRef shape, at::ScalarType dtype) {
  const int64_t bytes = bytes_of(shape, dtype);
  if (bytes > kLittle) return at::detail::empty_cpu(shape, dtype);
  at::Tensor tensor = little(bytes, dtype);
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

at::Tensor borrowed(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype) {
  return Little<kOne, 4>::over(std::move(memory), bytes, dtype);
}

namespace {

at::Tensor over(const at::Tensor &base) {
  return at::detail::make_tensor<View>(c10::TensorImpl::VIEW, c10::Storage(base.storage()), base.key_set(),
                                       base.dtype());
}

}  // namespace

at::Tensor view(const at::Tensor &base, at::IntArrayRef shape, at::IntArrayRef strides, int64_t offset) {
  at::Tensor tensor = over(base);
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(shape, strides, offset);
  return tensor;
}

at::Tensor view(const at::Tensor &base, at::IntArrayRef shape) {
  at::Tensor tensor = over(base);
  tensor.unsafeGetTensorImpl()->set_storage_offset(base.storage_offset());
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

}  // namespace rt
