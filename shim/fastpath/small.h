// Scalar loops for small tensors, where LibTorch's loop setup costs ten times the loop itself.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace rt::small {

// The same results as LibTorch's kernels, for dense CPU tensors in C order, of the same dtype and shape, and
// of at most kSmallBytes bytes (see allocate.h). nullopt for other operands and dtypes.
std::optional<at::Tensor> add(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> sub(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> mul(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> div(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> eq(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> ne(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> lt(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> le(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> gt(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> ge(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> conj_physical(const at::Tensor &x);
std::optional<at::Tensor> count_nonzero(const at::Tensor &x);
std::optional<at::Tensor> logical_and(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> logical_not(const at::Tensor &x);
std::optional<at::Tensor> logical_or(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> logical_xor(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> relu(const at::Tensor &x);
std::optional<at::Tensor> to_dtype(const at::Tensor &x, at::ScalarType dtype);

// Writes a number to all elements of a new tensor of the CPU, unless that is too large, or of another dtype.
bool fill(const at::Tensor &x, const at::Scalar &value);

}  // namespace rt::small
