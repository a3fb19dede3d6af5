// Kernels that have a faster version in fastpath/: that version, or with RT_FASTPATH 0 LibTorch's own.
#pragma once

#ifndef RT_FASTPATH
#define RT_FASTPATH 1
#endif

#if RT_FASTPATH
#include "fastpath/allocate.h"
#include "fastpath/cpu_kernels.h"
#else
#include <ATen/EmptyTensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/div.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/le.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#endif

namespace rt::kernels {

#if RT_FASTPATH

using cpu_kernels::add;
using cpu_kernels::div;
using cpu_kernels::eq;
using cpu_kernels::ge;
using cpu_kernels::gt;
using cpu_kernels::le;
using cpu_kernels::lt;
using cpu_kernels::matmul;
using cpu_kernels::mul;
using cpu_kernels::ne;
using cpu_kernels::relu;
using cpu_kernels::reshape;
using cpu_kernels::select;
using cpu_kernels::sub;
using cpu_kernels::sum;
using cpu_kernels::zeros;

using rt::empty_cpu;
using rt::from_memory;

#else

using at::add;
using at::div;
using at::eq;
using at::ge;
using at::gt;
using at::le;
using at::lt;
using at::matmul;
using at::mul;
using at::ne;
using at::relu;
using at::sub;
using at::sum;
using at::zeros;

inline at::Tensor select(const at::Tensor &x, int64_t axis, int64_t index) {
  return x.select(axis, index);
}

inline at::Tensor reshape(const at::Tensor &x, at::IntArrayRef shape) {
  return x.reshape(shape);
}

// An uninitialized CPU tensor in C order.
inline at::Tensor empty_cpu(at::IntArrayRef shape, at::ScalarType dtype) {
  return at::detail::empty_cpu(shape, dtype);
}

// A tensor of shape (0,) whose storage is borrowed CPU memory; the caller sets shape and strides.
inline at::Tensor from_memory(c10::DataPtr memory, int64_t bytes, at::ScalarType dtype) {
  c10::Storage storage(c10::Storage::use_byte_size_t(), bytes, std::move(memory), /*allocator=*/nullptr,
                       /*resizable=*/false);
  return at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CPU), c10::scalarTypeToTypeMeta(dtype));
}

#endif

}  // namespace rt::kernels
