// Scalar loops for small tensors, where LibTorch takes ten times as long to set its loop up as to run it.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace rt::small {

// The results of LibTorch's kernels, for dense CPU tensors in C order, of the same dtype and shape, and of at most
// kSmallBytes bytes (see allocate.h). Nothing where the operands are different, or the dtype has no loop here.
std::optional<at::Tensor> add(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> sub(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> mul(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> relu(const at::Tensor &x);

}  // namespace rt::small
