// Argument checks that run before LibTorch is called: lengths, dtypes, devices, axes, shapes, scalars.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>
#include <c10/util/DimVector.h>

#include <cstdint>
#include <string>

#include "runtime/errors.h"

namespace rt {

std::string text(at::IntArrayRef shape);  // "(2, 3)"
std::string text(at::ScalarType dtype);   // "float32"

at::ScalarType dtype_of(int32_t dtype);
at::Device device_of(int64_t device);

// The shape of a new tensor: at most RT_TORCH_MAX_NDIM axes, none negative, a size in bytes that fits int64.
at::IntArrayRef shape_of(const int64_t *dims, int64_t ndim, at::ScalarType dtype);
// A list of at most RT_TORCH_MAX_NDIM integers, whose values are not checked.
at::IntArrayRef list_of(const char *what, const int64_t *values, int64_t count);

// The strides of host memory in elements: those given, or those of C order if strides is NULL.
c10::DimVector strides_of(const int64_t *strides, at::IntArrayRef shape);
// Bytes from the first element to the end of the last, for non-negative strides; -1 on overflow.
int64_t reach_of(at::IntArrayRef shape, at::IntArrayRef strides, int64_t size);
void check_aligned(uintptr_t address, at::ScalarType dtype);

int64_t axis_of(int64_t axis, int64_t ndim);
// The index of an element as a number from 0 on.
int64_t index_of(int64_t index, int64_t axis, int64_t length);
// The axes of a reduction, none repeated; nullopt (all axes) for an empty list.
at::OptionalIntArrayRef axes_of(const int64_t *axes, int64_t naxes, int64_t ndim);
bool flag_of(const char *name, int32_t value);

at::Scalar scalar_of(const char *name, const void *value, int32_t dtype);

// Copies out a text, cut to fit, and returns its whole length.
int64_t copy_out(const std::string &from, char *text, int64_t capacity);

// Fails unless nbytes is expected, and data is not NULL where there are bytes.
void check_bytes(const void *data, int64_t nbytes, int64_t expected);
int64_t bytes_of(const at::Tensor &tensor);

[[noreturn]] void fail_broadcast(at::IntArrayRef a, at::IntArrayRef b);
inline bool broadcasts(at::IntArrayRef a, at::IntArrayRef b) {
  const size_t ndim = std::min(a.size(), b.size());
  for (size_t i = 1; i <= ndim; ++i) {
    const int64_t m = a[a.size() - i], n = b[b.size() - i];
    if (m != n && m != 1 && n != 1) return false;
  }
  return true;
}
inline void check_broadcast(at::IntArrayRef a, at::IntArrayRef b) {
  if (!broadcasts(a, b)) fail_broadcast(a, b);
}
// Fails unless value broadcasts to exactly this shape.
void check_broadcast_to(at::IntArrayRef value, at::IntArrayRef shape);

// Whether two tensors are over the same elements in the same way.
bool same_elements(const at::Tensor &a, const at::Tensor &b);
// b, for use while a is written: a copy if the two overlap partially.
at::Tensor unaliased(const at::Tensor &a, const at::Tensor &b);
// b, for use while a is written in another order: a copy if the two overlap at all.
at::Tensor detached(const at::Tensor &a, const at::Tensor &b);

void check_ndim(const char *name, const at::Tensor &tensor, int64_t ndim);
void check_same_dtype(const at::Tensor &a, const at::Tensor &b);
void check_floating(const at::Tensor &tensor);
void check_inexact(const at::Tensor &tensor);  // floating point or complex
void check_precise(const at::Tensor &tensor);  // single or double precision, as LAPACK and MKL need
void check_matmul(const at::Tensor &a, const at::Tensor &b);

}  // namespace rt
