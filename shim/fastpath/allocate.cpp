// LibTorch's own tensor structures, placed in blocks of the block pool.
#include "fastpath/allocate.h"

#include <ATen/EmptyTensor.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <new>
#include <typeinfo>
#include <utility>

#include "fastpath/block_pool.h"
#include "runtime/gradients.h"

namespace rt {
namespace {

enum Kind : int {
  kBytes4,
  kBytes8,
  kBytes64,
  kBytes256,
  kBytes512,
  kBytes1024,
  kBytes2048,
  kBytes4096,
  kView,
  kBytes8192,
  kBytes16384,
  kBytes32768
};
static_assert(kBytes32768 < block_pool::kKinds);

// A tensor of few bytes in one block: its TensorImpl, its StorageImpl, and room for its elements. Each of the three
// may outlive the others (a view keeps only the storage), so the block counts how many are alive.
template <Kind Which, size_t Bytes>
struct SmallTensor {
  // Same as their bases, but placed inside a block: operator delete, which the virtual destructors call,
  // decrements the block's count instead of freeing. NOLINT: only ever constructed by placement new.
  // NOLINTBEGIN(cert-dcl54-cpp)
  struct Tensor final : c10::TensorImpl {
    using TensorImpl::TensorImpl;
    static void *operator new(size_t) = delete;
    static void operator delete(void *self) noexcept { drop(self, offsetof(SmallTensor, tensor)); }
  };
  struct Storage final : c10::StorageImpl {
    using StorageImpl::StorageImpl;
    static void *operator new(size_t) = delete;
    static void operator delete(void *self) noexcept { drop(self, offsetof(SmallTensor, storage)); }
  };
  // NOLINTEND(cert-dcl54-cpp)

  alignas(Tensor) std::byte tensor[sizeof(Tensor)];
  alignas(Storage) std::byte storage[sizeof(Storage)];
  std::atomic<uint32_t> alive;
  alignas(std::min<size_t>(Bytes, 64)) std::byte elements[Bytes];

  // With the elements in the block. The allocator is for a later resize of the storage.
  static at::Tensor make(int64_t bytes, at::ScalarType dtype) {
    SmallTensor *block = allocate(3);
    c10::DataPtr data(
        block->elements, block->elements, [](void *self) { drop(self, offsetof(SmallTensor, elements)); },
        at::kCPU);
    return block->tensor_over(std::move(data), bytes, c10::GetCPUAllocator(), dtype);
  }

  // With the elements elsewhere.
  static at::Tensor over(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype) {
    return allocate(2)->tensor_over(std::move(memory), bytes, nullptr, dtype);
  }

 private:
  static SmallTensor *allocate(uint32_t alive) {
    auto *block = static_cast<SmallTensor *>(block_pool::allocate(Which, sizeof(SmallTensor)));
    new (&block->alive) std::atomic<uint32_t>(alive);
    return block;
  }

  at::Tensor tensor_over(c10::DataPtr data, int64_t bytes, c10::Allocator *allocator, at::ScalarType dtype) {
    auto *impl = ::new (storage)
        Storage(c10::StorageImpl::use_byte_size_t(), bytes, std::move(data), allocator, allocator != nullptr);
    c10::Storage made(c10::intrusive_ptr<c10::StorageImpl>::unsafe_steal_from_new(impl));
    try {
      return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::unsafe_steal_from_new(
          ::new (tensor) Tensor(std::move(made), c10::DispatchKeySet(c10::DispatchKey::CPU),
                                c10::scalarTypeToTypeMeta(dtype))));
    } catch (...) {  // its version counter is allocated
      drop(tensor, offsetof(SmallTensor, tensor));
      throw;
    }
  }

  static void drop(void *part, size_t offset) noexcept {
    void *block = static_cast<std::byte *>(part) - offset;
    std::atomic<uint32_t> &alive = static_cast<SmallTensor *>(block)->alive;
    // The last owner skips the atomic read-modify-write.
    if (alive.load(std::memory_order_acquire) == 1 || alive.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      block_pool::release(Which, block);
    }
  }
};

// The TensorImpl of a view, in a separate block. It never changes.
struct View final : c10::TensorImpl {
  ViewOrigin origin;

  View(c10::Storage memory, const at::Tensor &viewed, const ViewOrigin *previous)
      : TensorImpl(TensorImpl::VIEW, std::move(memory), viewed.key_set(), viewed.dtype()),
        origin{previous == nullptr ? viewed : previous->base, 0,
               c10::GradMode::is_enabled() && (previous == nullptr || previous->grad_mode)} {
    set_version_counter(viewed.unsafeGetTensorImpl()->version_counter());
    origin.version = version_counter().current_version();
  }
  static void *operator new(size_t) { return block_pool::allocate(kView, sizeof(View)); }
  static void operator delete(void *block) noexcept { block_pool::release(kView, block); }
};

// Saturates instead of overflowing.
int64_t bytes_of(at::IntArrayRef shape, at::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (const int64_t n : shape) {
    if (__builtin_mul_overflow(bytes, n, &bytes)) return std::numeric_limits<int64_t>::max();
  }
  return bytes;
}

at::Tensor make_pooled(int64_t bytes, at::ScalarType dtype) {
  if (bytes <= 4) return SmallTensor<kBytes4, 4>::make(bytes, dtype);
  if (bytes <= 8) return SmallTensor<kBytes8, 8>::make(bytes, dtype);
  if (bytes <= 64) return SmallTensor<kBytes64, 64>::make(bytes, dtype);
  // From here on at most half of a block is unused.
  if (bytes <= 256) return SmallTensor<kBytes256, 256>::make(bytes, dtype);
  if (bytes <= 512) return SmallTensor<kBytes512, 512>::make(bytes, dtype);
  if (bytes <= 1024) return SmallTensor<kBytes1024, 1024>::make(bytes, dtype);
  if (bytes <= 2048) return SmallTensor<kBytes2048, 2048>::make(bytes, dtype);
  if (bytes <= 4096) return SmallTensor<kBytes4096, 4096>::make(bytes, dtype);
  if (bytes <= 8192) return SmallTensor<kBytes8192, 8192>::make(bytes, dtype);
  if (bytes <= 16384) return SmallTensor<kBytes16384, 16384>::make(bytes, dtype);
  return SmallTensor<kBytes32768, kPooledBytes>::make(bytes, dtype);
}

at::Tensor make_view(const at::Tensor &viewed) {
  return at::detail::make_tensor<View>(c10::Storage(viewed.storage()), viewed,
                                       origin_of(*viewed.unsafeGetTensorImpl()));
}

}  // namespace

const ViewOrigin *origin_of(const c10::TensorImpl &tensor) noexcept {
  return typeid(View) == typeid(tensor) ? &static_cast<const View &>(tensor).origin : nullptr;
}

at::Tensor empty_cpu(at::IntArrayRef shape, at::ScalarType dtype) {
  const int64_t bytes = bytes_of(shape, dtype);
  if (bytes > kPooledBytes) return at::detail::empty_cpu(shape, dtype);
  at::Tensor tensor = make_pooled(bytes, dtype);
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

at::Tensor from_memory(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype) {
  return SmallTensor<kBytes4, 4>::over(std::move(memory), bytes, dtype);
}

at::Tensor view_of(const at::Tensor &base, at::IntArrayRef shape, at::IntArrayRef strides, int64_t offset) {
  at::Tensor tensor = make_view(base);
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(shape, strides, offset);
  return tensor;
}

at::Tensor view_of(const at::Tensor &base, at::IntArrayRef shape) {
  at::Tensor tensor = make_view(base);
  tensor.unsafeGetTensorImpl()->set_storage_offset(base.storage_offset());
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

}  // namespace rt
