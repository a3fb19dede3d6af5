// LibTorch's own structures, in blocks of memory that are used again.
#include "fresh.h"

#include <ATen/EmptyTensor.h>
#include <c10/core/CPUAllocator.h>

#include <limits>

#include "blocks.h"

namespace rt {
namespace {

// As its base in all but where it lies: the destructor of the base is virtual, and frees it here.
template <class Base>
struct InBlock final : Base {
  using Base::Base;
  static void *operator new(size_t) {
    static_assert(block_kind(sizeof(InBlock)) < kBlockKinds);
    return take_block(block_kind(sizeof(InBlock)));
  }
  static void operator delete(void *block) noexcept { give_block(block_kind(sizeof(InBlock)), block); }
};

using Tensor = InBlock<c10::TensorImpl>;
using Storage = InBlock<c10::StorageImpl>;

// Of values. A function of its own for each kind, for a deleter is given the block alone.
template <int Kind>
c10::DataPtr values() {
  void *block = take_block(Kind);
  return {block, block, [](void *values) { give_block(Kind, values); }, at::kCPU};
}

int64_t bytes_of(at::IntArrayRef shape, at::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (const int64_t n : shape) {
    if (__builtin_mul_overflow(bytes, n, &bytes)) return std::numeric_limits<int64_t>::max();
  }
  return bytes;
}

}  // namespace

at::Tensor fresh(at::IntArrayRef shape, at::ScalarType dtype) {
  const int64_t bytes = bytes_of(shape, dtype);
  if (bytes > kLittle) return at::detail::empty_cpu(shape, dtype);
  c10::DataPtr data = bytes > 64 ? values<block_kind(kLittle)>() : values<block_kind(64)>();
  // The allocator is for somebody who resizes the storage.
  auto storage = c10::make_intrusive<Storage>(c10::StorageImpl::use_byte_size_t(), bytes, std::move(data),
                                              c10::GetCPUAllocator(), true);
  at::Tensor tensor = at::detail::make_tensor<Tensor>(c10::Storage(std::move(storage)),
                                                      c10::DispatchKeySet(c10::DispatchKey::CPU),
                                                      c10::scalarTypeToTypeMeta(dtype));
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

namespace {

at::Tensor over(const at::Tensor &base) {
  return at::detail::make_tensor<Tensor>(c10::TensorImpl::VIEW, c10::Storage(base.storage()), base.key_set(),
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
