// Questions about the values of a tensor: loops over dense memory of the CPU, without tensors in between.
#pragma once

#include <ATen/core/Tensor.h>

namespace rt::scans {

// Whether there is neither NaN nor infinity.
bool all_finite(const at::Tensor &x);

// Whether any element of floating point is infinite.
bool any_infinite(const at::Tensor &x);

// Whether all elements of int64 are indices of an axis, not negative.
bool all_indices(const at::Tensor &x, int64_t length);

// Whether there is no NaN in a tensor that is_dense_real().
bool all_numbers(const at::Tensor &x);

// Whether an element of a tensor that is_dense_real() is NaN, by its place in memory.
bool is_nan(const at::Tensor &x, int64_t place);

// Whether it is dense memory of the CPU, of float32 or float64: one loop visits all elements, in any order.
bool is_dense_real(const at::Tensor &x);

}  // namespace rt::scans
