// What is checked before LibTorch sees it: lengths, dtypes, devices, axes, shapes, scalars.
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

// A shape to create: bounded, not negative, its bytes countable.
at::IntArrayRef shape_of(const int64_t *dims, int64_t ndim, at::ScalarType dtype);
// A list of ndim integers, bounded in length only.
at::IntArrayRef list_of(const char *what, const int64_t *values, int64_t count);

// The strides of host memory, in elements: those given, or C order where there are none.
c10::DimVector strides_of(const int64_t *strides, at::IntArrayRef shape);
// Bytes from the first element to the end of the last, for strides that are not negative; -1 if they are
// too many to count.
int64_t reach_of(at::IntArrayRef shape, at::IntArrayRef strides, int64_t size);
void check_aligned(uintptr_t address, at::ScalarType dtype);

int64_t axis_of(int64_t axis, int64_t ndim);
// Axes of a reduction, each once; none stands for all.
at::OptionalIntArrayRef axes_of(const int64_t *axes, int64_t naxes, int64_t ndim);
bool flag_of(const char *name, int32_t value);

at::Scalar scalar_of(const char *name, const void *value, int32_t dtype);

// Host bytes that must be exactly the tensor's.
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
// Whether value broadcasts to shape without shape changing.
void check_broadcast_to(at::IntArrayRef value, at::IntArrayRef shape);

// What b holds before a is written: a copy of it where the two lie partly over each other.
at::Tensor apart(const at::Tensor &a, const at::Tensor &b);

void check_ndim(const char *name, const at::Tensor &tensor, int64_t ndim);
void check_same_dtype(const at::Tensor &a, const at::Tensor &b);
void check_floating(const at::Tensor &tensor);
void check_inexact(const at::Tensor &tensor);  // floating point or complex
void check_matmul(const at::Tensor &a, const at::Tensor &b);

}  // namespace rt
