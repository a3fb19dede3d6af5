// CPU tensors made without the dispatcher: those of few bytes in one block of memory, borrowed memory, and views.
#pragma once

#include <ATen/core/Tensor.h>

namespace rt {

constexpr int64_t kSmallBytes = 256;     // a tensor with at most this many bytes of elements is small
constexpr int64_t kPooledBytes = 32768;  // one with at most this many takes a single block of the block pool

// An uninitialized tensor in C order.
at::Tensor empty_cpu(at::IntArrayRef shape, at::ScalarType dtype);

// A tensor of shape (0,) whose storage is borrowed CPU memory; the caller sets shape and strides.
at::Tensor from_memory(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype);

// A view of a dense CPU tensor without autograd metadata. Nothing is checked.
at::Tensor view_of(const at::Tensor &base, at::IntArrayRef shape, at::IntArrayRef strides, int64_t offset);
at::Tensor view_of(const at::Tensor &base, at::IntArrayRef shape);  // both in C order

}  // namespace rt
