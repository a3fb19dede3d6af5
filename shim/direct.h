// What LibTorch's dispatcher would come to for dense tensors of the CPU, without the way through it.
//
// Each function does what its namesake in at:: does, and calls that wherever the dispatcher would not choose
// the kernel of the CPU. Only for calls within the guard, which excludes autograd: see guard.h.
#pragma once

#include <ATen/core/Tensor.h>

namespace rt::direct {

// Whether the dispatcher would choose the kernel of the CPU for tensors of these keys.
bool chosen(c10::DispatchKeySet keys);

at::Tensor add(const at::Tensor &x, const at::Tensor &y);
at::Tensor sub(const at::Tensor &x, const at::Tensor &y);
at::Tensor mul(const at::Tensor &x, const at::Tensor &y);
at::Tensor div(const at::Tensor &x, const at::Tensor &y);
at::Tensor relu(const at::Tensor &x);
at::Tensor matmul(const at::Tensor &x, const at::Tensor &y);
at::Tensor sum(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, at::ScalarType dtype);

// axis, index and shape are those of a check that was passed, and count from 0.
at::Tensor select(const at::Tensor &x, int64_t axis, int64_t index);
at::Tensor reshape(const at::Tensor &x, at::IntArrayRef shape);

at::Tensor zeros(at::IntArrayRef shape, const at::TensorOptions &options);

}  // namespace rt::direct
