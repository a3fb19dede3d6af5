// Elementwise operators, one table entry each: the operator and the dtypes it supports.
#include <ATen/ops/abs.h>
#include <ATen/ops/acos.h>
#include <ATen/ops/acosh.h>
#include <ATen/ops/asin.h>
#include <ATen/ops/asinh.h>
#include <ATen/ops/atan.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/atanh.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_left_shift.h>
#include <ATen/ops/bitwise_not.h>
#include <ATen/ops/bitwise_or.h>
#include <ATen/ops/bitwise_right_shift.h>
#include <ATen/ops/bitwise_xor.h>
#include <ATen/ops/ceil.h>
#include <ATen/ops/copysign.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cosh.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/hypot.h>
#include <ATen/ops/imag.h>
#include <ATen/ops/isinf.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log10.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/log2.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/nextafter.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/real.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/result_type.h>
#include <ATen/ops/round.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sgn.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/signbit.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sinh.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/tan.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/trunc.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "exports.h"
#include "operators/kernels.h"
#include "operators/numbers.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

using Supports = bool (*)(at::ScalarType);

bool any(at::ScalarType) {
  return true;
}
bool number(at::ScalarType dtype) {
  return dtype != at::kBool;
}
bool real(at::ScalarType dtype) {
  return !c10::isComplexType(dtype);
}
bool real_number(at::ScalarType dtype) {
  return number(dtype) && real(dtype);
}
bool integer(at::ScalarType dtype) {
  return c10::isIntegralType(dtype, false);
}
bool integer_or_bool(at::ScalarType dtype) {
  return c10::isIntegralType(dtype, true);
}

[[noreturn]] void fail_unsupported(at::ScalarType dtype) {
  fail(RT_TORCH_TYPE, "dtype " + text(dtype) + " is not supported");
}

template <Supports supports>
inline void check_supported(at::ScalarType dtype) {
  if (!supports(dtype)) fail_unsupported(dtype);
}

at::ScalarType promoted(const at::Tensor &a, const at::Tensor &b) {
  return a.scalar_type() == b.scalar_type() ? a.scalar_type() : at::result_type(a, b);
}

// The result must fit into the left operand: its shape, and a dtype it can be cast to. Integer division gives
// floating point.
void check_in_place(const at::Tensor &a, const at::Tensor &b, at::ScalarType result) {
  check_broadcast_to(b.sizes(), a.sizes());
  if (!c10::canCast(result, a.scalar_type())) {
    fail(RT_TORCH_TYPE,
         "the result is " + text(result) + ", which cannot be stored in place in " + text(a.scalar_type()));
  }
}

at::ScalarType inexact(at::ScalarType dtype) {
  return c10::isIntegralType(dtype, true) ? at::kFloat : dtype;
}

}  // namespace

#define RT_BINARY(from, name, supports)         \
  int64_t tensor_##name(int64_t a, int64_t b) { \
    const at::Tensor x = get(a), y = get(b);    \
    check_broadcast(x.sizes(), y.sizes());      \
    check_supported<supports>(promoted(x, y));  \
    return put(from::name(x, y));               \
  }

#define RT_IN_PLACE(name, supports, result)        \
  int32_t tensor_##name##_(int64_t a, int64_t b) { \
    const at::Tensor x = get(a), y = get(b);       \
    const at::ScalarType dtype = promoted(x, y);   \
    check_supported<supports>(dtype);              \
    check_in_place(x, y, result(dtype));           \
    writable(a, x).name##_(unaliased(x, y));       \
    return 0;                                      \
  }

#define RT_UNARY(from, prefix, name, supports)  \
  int64_t prefix##name(int64_t tensor) {        \
    const at::Tensor x = get(tensor);           \
    check_supported<supports>(x.scalar_type()); \
    return put(from::name(x));                  \
  }

RT_BINARY(kernels, add, any)
RT_BINARY(kernels, sub, number)
RT_BINARY(kernels, mul, any)
RT_BINARY(kernels, div, any)
RT_BINARY(numbers, floor_divide, real)
RT_BINARY(numbers, remainder, real)
RT_BINARY(structured, pow, any)
RT_BINARY(structured, maximum, real)
RT_BINARY(structured, minimum, real)
RT_BINARY(structured, bitwise_and, integer_or_bool)
RT_BINARY(structured, bitwise_or, integer_or_bool)
RT_BINARY(structured, bitwise_xor, integer_or_bool)
RT_BINARY(structured, bitwise_left_shift, integer)
RT_BINARY(structured, bitwise_right_shift, integer)
RT_BINARY(kernels, eq, any)
RT_BINARY(kernels, ne, any)
RT_BINARY(kernels, lt, real)
RT_BINARY(kernels, le, real)
RT_BINARY(kernels, gt, real)
RT_BINARY(kernels, ge, real)
RT_BINARY(structured, atan2, real)
RT_BINARY(structured, copysign, real)
RT_BINARY(structured, hypot, real)
RT_BINARY(structured, logaddexp, any)
RT_BINARY(kernels, logical_and, any)
RT_BINARY(kernels, logical_or, any)
RT_BINARY(kernels, logical_xor, any)
RT_BINARY(structured, nextafter, real)

RT_IN_PLACE(add, any, )
RT_IN_PLACE(sub, number, )
RT_IN_PLACE(mul, any, )
RT_IN_PLACE(div, any, inexact)
RT_IN_PLACE(floor_divide, real, )
RT_IN_PLACE(remainder, real, )
RT_IN_PLACE(bitwise_and, integer_or_bool, )
RT_IN_PLACE(bitwise_or, integer_or_bool, )
RT_IN_PLACE(bitwise_xor, integer_or_bool, )
RT_IN_PLACE(bitwise_left_shift, integer, )
RT_IN_PLACE(bitwise_right_shift, integer, )

RT_UNARY(structured, tensor_, neg, number)
RT_UNARY(at, tensor_, abs, number)
RT_UNARY(at, tensor_, square, any)
RT_UNARY(structured, tensor_, exp, any)
RT_UNARY(structured, tensor_, expm1, any)
RT_UNARY(structured, tensor_, log, any)
RT_UNARY(structured, tensor_, log1p, any)
RT_UNARY(structured, tensor_, log2, any)
RT_UNARY(structured, tensor_, log10, any)
RT_UNARY(structured, tensor_, sqrt, any)
RT_UNARY(structured, tensor_, rsqrt, any)
RT_UNARY(structured, tensor_, sin, any)
RT_UNARY(structured, tensor_, cos, any)
RT_UNARY(structured, tensor_, tan, any)
RT_UNARY(structured, tensor_, erf, real)
RT_UNARY(structured, tensor_, floor, real)
RT_UNARY(structured, tensor_, ceil, real)
RT_UNARY(structured, tensor_, round, real)
RT_UNARY(structured, tensor_, trunc, real)
RT_UNARY(numbers, tensor_, isnan, any)
RT_UNARY(at, tensor_, isinf, any)
RT_UNARY(numbers, tensor_, isfinite, any)
RT_UNARY(kernels, tensor_, logical_not, any)
RT_UNARY(structured, tensor_, bitwise_not, integer_or_bool)
RT_UNARY(structured, tensor_, acos, any)
RT_UNARY(structured, tensor_, acosh, any)
RT_UNARY(structured, tensor_, asin, any)
RT_UNARY(structured, tensor_, asinh, any)
RT_UNARY(structured, tensor_, atan, any)
RT_UNARY(structured, tensor_, atanh, any)
RT_UNARY(structured, tensor_, cosh, any)
RT_UNARY(structured, tensor_, reciprocal, any)
RT_UNARY(structured, tensor_, sgn, any)
RT_UNARY(structured, tensor_, signbit, real)
RT_UNARY(structured, tensor_, sinh, any)
RT_UNARY(kernels, , relu, real_number)
RT_UNARY(structured, , sigmoid, any)
RT_UNARY(structured, , tanh, any)

int32_t tensor_pow_(int64_t a, int64_t b) {
  const at::Tensor x = get(a), y = get(b);
  const at::ScalarType dtype = promoted(x, y);
  check_in_place(x, y, dtype);
  at::Tensor target = writable(a, x);
  // LibTorch multiplies for these numbers. Square roots are not among them: that of -0.0 is -0.0.
  if (y.dim() == 0 && y.is_cpu() && dtype == x.scalar_type() && x.is_floating_point() && !y.requires_grad()) {
    const double exponent = y.item<double>();
    if (exponent == 2 || exponent == 3 || exponent == -1) {
      target.pow_(exponent);
      return 0;
    }
  }
  target.pow_(unaliased(x, y));
  return 0;
}

int64_t tensor_sign(int64_t tensor) {
  const at::Tensor x = get(tensor);
  check_supported<real>(x.scalar_type());
  return put(numbers::sign(x));
}

// Views in LibTorch's own way, which can tell autograd of another dtype.
int64_t tensor_real(int64_t tensor) {
  const at::Tensor x = strided(get_entered(tensor));
  return put(x.is_complex() ? at::real(x) : kernels::alias(x));
}

int64_t tensor_imag(int64_t tensor) {
  const at::Tensor x = strided(get_entered(tensor));
  if (!x.is_complex()) fail_unsupported(x.scalar_type());
  return put(at::imag(x));
}

int64_t tensor_conj(int64_t tensor) {
  const at::Tensor x = get(tensor);
  return put(x.is_complex() ? kernels::conj_physical(x) : x.clone());
}

int64_t tensor_clamp(int64_t tensor, int64_t min, int64_t max) {
  const at::Tensor x = get(tensor);
  check_supported<real_number>(x.scalar_type());
  const std::optional<at::Tensor> low = get_optional(min), high = get_optional(max);
  for (const std::optional<at::Tensor> &bound : {low, high}) {
    if (!bound.has_value()) continue;
    check_same_dtype(x, *bound);
    check_broadcast(x.sizes(), bound->sizes());
  }
  if (low.has_value() && high.has_value()) check_broadcast(low->sizes(), high->sizes());
  return put(numbers::clamp(x, low, high));
}

int64_t tensor_diff(int64_t tensor, int64_t n, int64_t axis) {
  at::Tensor x = get(tensor);
  check_supported<number>(x.scalar_type());
  const int64_t along = axis_of(axis, x.dim());
  if (n < 0) fail(RT_TORCH_INVALID_ARGUMENT, "n is " + std::to_string(n) + ", expected 0 or more");
  if (n == 0) return put(x.clone());
  n = std::min(n, x.size(along) + 1);  // then it is empty
  for (; n > 0; --n) {
    const int64_t size = x.size(along), length = std::max<int64_t>(size - 1, 0);
    x = kernels::sub(kernels::slice(x, along, size - length, size, 1),
                     kernels::slice(x, along, 0, length, 1));
  }
  return put(std::move(x));
}

int64_t tensor_where(int64_t condition, int64_t a, int64_t b) {
  const at::Tensor c = get(condition), x = get(a), y = get(b);
  if (c.scalar_type() != at::kBool) {
    fail(RT_TORCH_TYPE, "the condition is " + text(c.scalar_type()) + ", expected bool");
  }
  check_broadcast(x.sizes(), y.sizes());
  check_broadcast(c.sizes(), x.sizes());
  check_broadcast(c.sizes(), y.sizes());
  return put(at::where(c, x, y));
}

int32_t tensor_copy_(int64_t a, int64_t b) {
  const at::Tensor x = get(a), y = get(b);
  check_broadcast_to(y.sizes(), x.sizes());
  if (!gradients::included() && same_elements(x, y)) return 0;  // as x[1:] -= y ends in Python
  writable(a, x).copy_(unaliased(x, y));
  return 0;
}

}  // namespace rt
