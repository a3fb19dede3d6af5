// Elementwise kernels for which LibTorch needs several passes, or has other special values than the standard.
#pragma once

#include <ATen/core/Tensor.h>

namespace rt::numbers {

// -1, 0 or 1; NaN of NaN, for which LibTorch has 0.
at::Tensor sign(const at::Tensor &x);

// x != x, without the dispatcher.
at::Tensor isnan(const at::Tensor &x);

// at::isfinite() makes two copies of floating-point operands.
at::Tensor isfinite(const at::Tensor &x);

// The quotient of an infinite and another number is rounded: -1 // inf is -0, inf // 2 is inf.
at::Tensor floor_divide(const at::Tensor &x, const at::Tensor &y);

// A remainder of 0 also has the sign of the divisor.
at::Tensor remainder(const at::Tensor &x, const at::Tensor &y);

// The elements limited to the range between bounds of the same dtype; max wins over min. Never x itself.
at::Tensor clamp(const at::Tensor &x, const std::optional<at::Tensor> &min,
                 const std::optional<at::Tensor> &max);

}  // namespace rt::numbers
