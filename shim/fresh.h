// New tensors on the CPU without a detour: little results, borrowed memory, and views.
#pragma once

#include <ATen/core/Tensor.h>

namespace rt {

constexpr int64_t kLittle = 256;  // bytes of values

// A tensor in C order whose values are not set. A little one is made of blocks: see blocks.h.
at::Tensor fresh(at::IntArrayRef shape, at::ScalarType dtype);

// A tensor of one axis and no element, with a storage over somebody's memory on the CPU.
at::Tensor borrowed(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype);

// A tensor over the memory of another one, of the CPU and dense. Nothing is checked.
at::Tensor view(const at::Tensor &base, at::IntArrayRef shape, at::IntArrayRef strides, int64_t offset);
at::Tensor view(const at::Tensor &base, at::IntArrayRef shape);  // in C order, as the base is

}  // namespace rt
