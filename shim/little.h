// Arithmetic of little tensors: where LibTorch takes ten times as long to prepare its loop as to run it.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace rt::little {

// What LibTorch's kernels give for dense tensors of the CPU of one dtype and shape that lie in C order and
// are little: see fresh.h. None where they are not.
std::optional<at::Tensor> add(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> sub(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> mul(const at::Tensor &x, const at::Tensor &y);
std::optional<at::Tensor> relu(const at::Tensor &x);

}  // namespace rt::little
