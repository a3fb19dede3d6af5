// Tensors from shapes, scalars and host memory.
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

struct Plan {
  at::IntArrayRef shape;
  at::TensorOptions options;
};

at::TensorOptions options_of(int32_t dtype, int64_t device) {
  return at::TensorOptions().dtype(dtype_of(dtype)).device(device_of(device));
}

Plan plan(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device) {
  return {shape_of(dims, ndim, dtype_of(dtype)), options_of(dtype, device)};
}

// Calls a C deleter when the last tensor over borrowed memory is gone.
struct Owner {
  void (*deleter)(void *context);
  void *context;

  static void release(void *self) {
    const std::unique_ptr<Owner> owner(static_cast<Owner *>(self));
    if (owner->deleter != nullptr) owner->deleter(owner->context);
  }
};

using Wide = __int128;  // holds differences of int64 and uint64

// The value of a scalar that is a whole number of at most 64 bits.
std::optional<Wide> whole(const at::Scalar &x) {
  if (x.type() == at::kUInt64) return x.toUInt64();
  if (x.isIntegral(true)) return x.toLong();
  const double value = x.toDouble();
  if (std::abs(value) < 0x1p63 && value == std::trunc(value)) return static_cast<Wide>(value);
  return std::nullopt;  // a fraction, too large, or NaN
}

bool fits(Wide value, at::ScalarType dtype) {
  if (!c10::isIntegralType(dtype, true)) return true;
  if (dtype == at::kBool) return value == 0 || value == 1;
  const bool is_signed = c10::isSignedType(dtype);
  const Wide above = Wide{1} << (8 * c10::elementSize(dtype) - (is_signed ? 1 : 0));
  return value < above && value >= (is_signed ? -above : 0);
}

constexpr double kMostValues = 0x1p60;

[[noreturn]] void fail_range() {
  fail(RT_TORCH_INVALID_ARGUMENT, "the range has too many values");
}

// count whole numbers from start on. LibTorch's own arange counts in double, or overflows in int64.
at::Tensor whole_range(Wide start, int64_t count, Wide step, const at::TensorOptions &options) {
  const at::ScalarType type = options.dtype().toScalarType();
  const Wide last = start + (count - 1) * step, stop = last + step, exact = Wide{1} << 51;
  if (!fits(start, type) || !fits(last, type)) {
    fail(RT_TORCH_INVALID_ARGUMENT, "the values do not fit into " + text(type));
  }
  const bool is_small = std::max({start, stop, step, -start, -stop, -step}) < exact;
  if (is_small && (step > 0 || !c10::isIntegralType(type, false) || c10::isSignedType(type))) {
    return kernels::arange(static_cast<int64_t>(start), static_cast<int64_t>(stop),
                           static_cast<int64_t>(step), count, options);
  }
  const bool as_double =
      !c10::isIntegralType(type, true) && !(fits(start, at::kLong) && fits(last, at::kLong));
  const at::Tensor values = at::arange(count, options.dtype(as_double ? at::kDouble : at::kLong));
  if (as_double) {
    values.mul_(static_cast<double>(step)).add_(static_cast<double>(start));
  } else {  // modulo 2^64, which is exact for uint64 as well
    values.mul_(static_cast<int64_t>(step)).add_(static_cast<int64_t>(start));
  }
  return values.to(type);
}

at::Tensor arange(const at::Scalar &first, const at::Scalar &last, const at::Scalar &by,
                  const at::TensorOptions &options) {
  const std::optional<Wide> start = whole(first), stop = whole(last), step = whole(by);
  if (start.has_value() && stop.has_value() && step.value_or(0) != 0) {
    const Wide span = *stop - *start, forward = *step > 0 ? 1 : -1;
    if (span * forward <= 0) return at::empty({0}, options);
    const Wide count = (span + *step - forward) / *step;
    if (static_cast<double>(count) >= kMostValues) fail_range();
    return whole_range(*start, static_cast<int64_t>(count), *step, options);
  }
  const double span = (last.toDouble() - first.toDouble()) / by.toDouble();
  if (!std::isfinite(span)) {
    fail(RT_TORCH_INVALID_ARGUMENT, "start, stop and step must be finite, and step not 0");
  }
  if (span <= 0) return at::empty({0}, options);
  if (span >= kMostValues) fail_range();
  return at::arange(first, last, by, options);
}

// A number as a scalar of a dtype that can hold it: a whole number for an integer dtype.
at::Scalar number_of(const char *name, double value, at::ScalarType dtype) {
  if (!c10::isIntegralType(dtype, true)) {
    if (c10::overflows<float>(value) && dtype != at::kDouble && dtype != at::kComplexDouble) {
      fail(RT_TORCH_INVALID_ARGUMENT, std::string(name) + " does not fit into " + text(dtype));
    }
    return value;
  }
  const bool exact = std::abs(value) < 0x1p53 && value == std::trunc(value);  // false for NaN
  double lowest = 0, highest = 1;
  if (dtype != at::kBool) {
    const int bits = static_cast<int>(8 * c10::elementSize(dtype));
    const bool is_signed = c10::isSignedType(dtype);
    highest = std::ldexp(1.0, bits - (is_signed ? 1 : 0)) - 1;
    lowest = is_signed ? -highest - 1 : 0;
  }
  if (!exact || value < lowest || value > highest) {
    fail(RT_TORCH_INVALID_ARGUMENT, std::string(name) + " does not fit into " + text(dtype));
  }
  return static_cast<int64_t>(value);
}

void check_random(const Plan &plan) {
  const at::ScalarType dtype = plan.options.dtype().toScalarType();
  if (!c10::isFloatingType(dtype) && !c10::isComplexType(dtype)) {
    fail(RT_TORCH_TYPE, "dtype " + text(dtype) + " is neither floating point nor complex");
  }
}

}  // namespace

int64_t tensor_empty(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  return put(kernels::empty(p.shape, p.options));
}

int64_t tensor_empty_like(int64_t tensor, int32_t dtype) {
  const at::Tensor t = get(tensor);
  return put(kernels::empty(t.sizes(), at::TensorOptions().dtype(dtype_of(dtype)).device(t.device())));
}

int64_t tensor_zeros(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  return put(kernels::zeros(p.shape, p.options));
}

int64_t tensor_ones(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  return put(kernels::full(p.shape, 1, p.options));
}

int64_t tensor_full(const int64_t *dims, int64_t ndim, const void *value, int32_t value_dtype, int32_t dtype,
                    int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  return put(kernels::full(p.shape, scalar_of("value", value, value_dtype), p.options));
}

int64_t tensor_full_real(const int64_t *dims, int64_t ndim, double value, int32_t dtype, int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  return put(kernels::full(p.shape, number_of("value", value, dtype_of(dtype)), p.options));
}

int64_t tensor_full_like(int64_t tensor, double value, int32_t dtype) {
  const at::Tensor t = get(tensor);
  const at::TensorOptions options = at::TensorOptions().dtype(dtype_of(dtype)).device(t.device());
  return put(kernels::full(t.sizes(), number_of("value", value, dtype_of(dtype)), options));
}

// As at::rand() and at::randn() do, which allocate by the dispatcher.
int64_t tensor_rand(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  check_random(p);
  const gradients::Untracked untracked;
  return put(kernels::empty(p.shape, p.options).uniform_());
}

int64_t tensor_randn(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  check_random(p);
  const gradients::Untracked untracked;
  return put(kernels::empty(p.shape, p.options).normal_());
}

int64_t tensor_eye(int64_t rows, int64_t columns, int32_t dtype, int64_t device) {
  const int64_t dims[] = {rows, columns};
  const Plan p = plan(dims, 2, dtype, device);
  return put(at::eye(rows, columns, p.options));
}

int64_t tensor_arange(const void *start, const void *stop, const void *step, int32_t scalar_dtype,
                      int32_t dtype, int64_t device) {
  const at::Scalar first = scalar_of("start", start, scalar_dtype);
  const at::Scalar last = scalar_of("stop", stop, scalar_dtype);
  const at::Scalar by = scalar_of("step", step, scalar_dtype);
  const at::TensorOptions options = options_of(dtype, device);
  if (first.isComplex()) fail(RT_TORCH_TYPE, "scalars of a complex dtype have no order");
  return put(arange(first, last, by, options));
}

int64_t tensor_arange_real(double start, const double *stop, double step, int32_t dtype, int64_t device) {
  const at::ScalarType type = dtype_of(dtype);
  if (std::max({std::abs(start), stop == nullptr ? 0 : std::abs(*stop), std::abs(step)}) >= 0x1p53) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "a double of 2^53 or more may be a rounded integer; use rt_torch_tensor_arange()");
  }
  const at::Scalar first = number_of("start", stop == nullptr ? 0 : start, type);
  const at::Scalar last = number_of("stop", stop == nullptr ? start : *stop, type);
  const at::Scalar by = number_of("step", step, type);
  return put(arange(first, last, by, options_of(dtype, device)));
}

int64_t tensor_linspace(double start, double stop, int64_t count, int32_t endpoint, int32_t dtype,
                        int64_t device) {
  const Plan p = plan(&count, 1, dtype, device);
  const bool closed = flag_of("endpoint", endpoint);
  const at::ScalarType type = p.options.dtype().toScalarType();
  if (!c10::isFloatingType(type) && !c10::isComplexType(type)) {
    fail(RT_TORCH_TYPE, "dtype " + text(type) + " is neither floating point nor complex");
  }
  const int64_t steps = closed ? count - 1 : count;
  // If the span overflows, compute the halves of the values.
  const bool halves = std::isfinite(start) && std::isfinite(stop) && !std::isfinite(stop - start);
  const double scale = halves ? 0.5 : 1.0, first = scale * start;
  const double step = steps > 0 ? (scale * stop - first) / static_cast<double>(steps) : 0.0;
  const auto fill = [&]<class Number>(Number *data) {
    if (halves) {
      for (int64_t i = 0; i < count; ++i)
        data[i] = static_cast<Number>((static_cast<double>(i) * step + first) / scale);
    } else {
      for (int64_t i = 0; i < count; ++i)
        data[i] = static_cast<Number>(static_cast<double>(i) * step + first);
    }
    if (closed && count > 1) data[count - 1] = static_cast<Number>(stop);
  };
  const at::Tensor values = kernels::empty_cpu({count}, type == at::kFloat ? type : at::kDouble);
  if (type == at::kFloat) {
    fill(values.mutable_data_ptr<float>());
  } else {
    fill(values.mutable_data_ptr<double>());
  }
  return put(values.to(p.options.device(), type));
}

int64_t tensor_from_data(const void *data, int64_t nbytes, const int64_t *dims, int64_t ndim, int32_t dtype,
                         int64_t device) {
  const Plan p = plan(dims, ndim, dtype, device);
  int64_t expected = static_cast<int64_t>(c10::elementSize(dtype_of(dtype)));
  for (const int64_t n : p.shape) expected *= n;
  check_bytes(data, nbytes, expected);
  at::Tensor host = kernels::empty_cpu(p.shape, dtype_of(dtype));
  if (nbytes > 0) std::memcpy(host.mutable_data_ptr(), data, static_cast<size_t>(nbytes));
  return put(p.options.device().is_cpu() ? std::move(host) : host.to(p.options.device()));
}

int64_t tensor_from_blob(void *data, int64_t nbytes, const int64_t *dims, const int64_t *strides,
                         int64_t ndim, int32_t dtype, void (*deleter)(void *context), void *context) {
  const at::ScalarType type = dtype_of(dtype);
  const at::IntArrayRef shape = shape_of(dims, ndim, type);
  const at::IntArrayRef steps(strides, strides != nullptr ? shape.size() : 0);
  if (std::ranges::any_of(steps, [](int64_t step) { return step < 0; })) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "strides " + text(steps) + " has a negative one, which LibTorch does not support");
  }
  const bool empty = std::ranges::find(shape, 0) != shape.end();
  const auto size = static_cast<int64_t>(c10::elementSize(type));
  const int64_t reach =
      strides != nullptr ? reach_of(shape, steps, size) : c10::multiply_integers(shape) * size;
  if (nbytes < 0 || reach < 0 || (!empty && reach > nbytes)) {
    fail(RT_TORCH_INVALID_ARGUMENT, "nbytes is " + std::to_string(nbytes) + ", too few for shape " +
                                        text(shape) + " of " + text(type) + " with these strides");
  }
  if (data == nullptr && !empty) fail(RT_TORCH_INVALID_ARGUMENT, "data is NULL");
  check_aligned(reinterpret_cast<uintptr_t>(data), type);
  Owner *owner = std::make_unique<Owner>(nullptr, context).release();
  at::Tensor tensor = kernels::from_memory({data, owner, Owner::release, at::kCPU}, empty ? 0 : reach, type);
  if (strides != nullptr) {
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(shape, steps);
  } else {
    tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  }
  const int64_t handle = put(std::move(tensor));
  owner->deleter = deleter;  // last: on failure the caller keeps the memory
  return handle;
}

}  // namespace rt
