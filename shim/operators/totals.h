// Operations that LibTorch computes with a copy of the operand in a wider dtype: computed in blocks, so that no wide
// copy is made, and on scaled operands where the result overflows on the way.
#pragma once

#include <ATen/core/Tensor.h>

namespace rt::totals {

at::Tensor sum(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, at::ScalarType dtype);
at::Tensor prod(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, at::ScalarType dtype);
at::Tensor mean(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim);
at::Tensor std(const at::Tensor &x, at::OptionalIntArrayRef axes, double correction, bool keepdim);
at::Tensor count_nonzero(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim);
at::Tensor vector_norm(const at::Tensor &x, at::OptionalIntArrayRef axes, double order, bool keepdim);

// x[mask], for a mask of the same shape. at::index() lists the index of each element along each axis first.
at::Tensor masked_select(const at::Tensor &x, const at::Tensor &mask);

}  // namespace rt::totals
