// Kernels that have a faster version in fastpath/: that version, or with RT_FASTPATH 0 LibTorch's own.
#pragma once

#ifndef RT_FASTPATH
#define RT_FASTPATH 1
#endif

#if RT_FASTPATH
#include "fastpath/allocate.h"
#include "fastpath/cpu_kernels.h"
#include "fastpath/views.h"
#else
#include <ATen/EmptyTensor.h>
#include <ATen/ops/_to_copy.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/alias.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conj_physical.h>
#include <ATen/ops/count_nonzero.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/index.h>
#include <ATen/ops/le.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/logical_xor.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max.h>
#include <ATen/ops/min.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include "runtime/view_steps.h"
#endif

namespace rt {

// Those of runtime/structured.h; with RT_FASTPATH 0 include their headers of ATen as well.
#if RT_FASTPATH
namespace structured = cpu_kernels;
#else
namespace structured = at;
#endif

namespace kernels {

#if RT_FASTPATH

using cpu_kernels::add;
using cpu_kernels::addmm;
using cpu_kernels::arange;
using cpu_kernels::cat;
using cpu_kernels::clone;
using cpu_kernels::conj_physical;
using cpu_kernels::count_nonzero;
using cpu_kernels::div;
using cpu_kernels::empty;
using cpu_kernels::eq;
using cpu_kernels::full;
using cpu_kernels::ge;
using cpu_kernels::gt;
using cpu_kernels::index;
using cpu_kernels::le;
using cpu_kernels::logical_and;
using cpu_kernels::logical_not;
using cpu_kernels::logical_or;
using cpu_kernels::logical_xor;
using cpu_kernels::lt;
using cpu_kernels::matmul;
using cpu_kernels::max;
using cpu_kernels::min;
using cpu_kernels::mul;
using cpu_kernels::ne;
using cpu_kernels::relu;
using cpu_kernels::searchsorted;
using cpu_kernels::stack;
using cpu_kernels::sub;
using cpu_kernels::sum;
using cpu_kernels::to_dtype;
using cpu_kernels::zeros;

using views::alias;
using views::basic_index;
using views::detach;
using views::diagonal;
using views::expand;
using views::permute;
using views::reshape;
using views::select;
using views::slice;
using views::squeeze;
using views::transpose;
using views::unsqueeze;

using rt::empty_cpu;
using rt::from_memory;

#else

using at::add;
using at::addmm;
using at::cat;
using at::conj_physical;
using at::count_nonzero;
using at::div;
using at::empty;
using at::eq;
using at::full;
using at::ge;
using at::gt;
using at::index;
using at::le;
using at::logical_and;
using at::logical_not;
using at::logical_or;
using at::logical_xor;
using at::lt;
using at::matmul;
using at::max;
using at::min;
using at::mul;
using at::ne;
using at::relu;
using at::searchsorted;
using at::stack;
using at::sub;
using at::sum;
using at::zeros;

// count numbers from start on, whole or not.
inline at::Tensor arange(const at::Scalar &start, const at::Scalar &stop, const at::Scalar &step,
                         int64_t /*count*/, const at::TensorOptions &options) {
  return at::arange(start, stop, step, options);
}
inline at::Tensor alias(const at::Tensor &x) {
  return at::alias(x);
}
inline at::Tensor basic_index(const at::Tensor &x, const ViewSteps &steps) {
  return one_by_one(x, steps);
}
inline at::Tensor clone(const at::Tensor &x) {
  return x.clone();
}
inline at::Tensor to_dtype(const at::Tensor &x, at::ScalarType dtype) {
  return at::_to_copy(x, at::TensorOptions().dtype(dtype));
}
inline at::Tensor detach(const at::Tensor &x) {
  return x.detach();
}
inline at::Tensor diagonal(const at::Tensor &x, int64_t offset, int64_t axis0, int64_t axis1) {
  return at::diagonal(x, offset, axis0, axis1);
}
inline at::Tensor expand(const at::Tensor &x, at::IntArrayRef shape) {
  return x.expand(shape);
}
inline at::Tensor permute(const at::Tensor &x, at::IntArrayRef axes) {
  return x.permute(axes);
}
inline at::Tensor reshape(const at::Tensor &x, at::IntArrayRef shape) {
  return x.reshape(shape);
}
inline at::Tensor select(const at::Tensor &x, int64_t axis, int64_t index) {
  return x.select(axis, index);
}
inline at::Tensor slice(const at::Tensor &x, int64_t axis, int64_t start, int64_t stop, int64_t step) {
  return x.slice(axis, start, stop, step);
}
inline at::Tensor squeeze(const at::Tensor &x, int64_t axis) {
  return x.squeeze(axis);
}
inline at::Tensor transpose(const at::Tensor &x, int64_t axis0, int64_t axis1) {
  return x.transpose(axis0, axis1);
}
inline at::Tensor unsqueeze(const at::Tensor &x, int64_t axis) {
  return x.unsqueeze(axis);
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

}  // namespace kernels
}  // namespace rt
