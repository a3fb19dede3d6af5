#include "operators/numbers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/copysign.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/imag.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/isinf.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/real.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/kernels.h"
#include "runtime/gradients.h"
#include "runtime/loops.h"
#include "runtime/scans.h"

namespace rt::numbers {
namespace {

// Whether a loop of our own may read or write the elements, in any order: there is nothing to record.
bool is_loop(const at::Tensor &x) {
  return scans::is_dense_real(x) && !gradients::included();
}

// An uninitialized tensor of the same shape, strides and dtype.
at::Tensor empty_as(const at::Tensor &x) {
  return x.is_contiguous() ? kernels::empty_cpu(x.sizes(), x.scalar_type()) : at::empty_like(x);
}

template <class Real>
Real sign_of(Real value) {
  Real sign = value > 0 ? Real(1) : value;
  sign = value < 0 ? Real(-1) : sign;
  return sign == 0 ? Real(0) : sign;  // also of -0.0
}

template <class Real>
void sign_of(const at::Tensor &x, const at::Tensor &result) {
  const auto function = [](Real value) { return sign_of(value); };
  loops::each(result.mutable_data_ptr<Real>(), x.numel(), function, x.const_data_ptr<Real>());
}

// The remainder with the sign of the divisor, if it is 0.
template <class Real>
void sign_zeros(const at::Tensor &result, const at::Tensor &remainder, const at::Tensor &y) {
  const auto signed_zero = [](Real value, Real by) {
    return value == 0 ? std::copysign(Real(0), by) : value;
  };
  const Real *const from = remainder.const_data_ptr<Real>(), *const by = y.const_data_ptr<Real>();
  Real *const to = result.mutable_data_ptr<Real>();
  if (y.dim() > 0) {
    loops::each(to, result.numel(), signed_zero, from, by);
  } else {
    loops::each(
        to, result.numel(), [&, divisor = *by](Real value) { return signed_zero(value, divisor); }, from);
  }
}

// A 0-d bound of the CPU as a number; nothing for other ones.
std::optional<at::Scalar> number_of(const at::Tensor &bound) {
  if (bound.dim() > 0 || !bound.is_cpu() || bound.requires_grad()) return std::nullopt;
  return bound.item();
}

}  // namespace

at::Tensor isnan(const at::Tensor &x) {
  return kernels::ne(x, x);
}

at::Tensor sign(const at::Tensor &x) {
  if (!x.is_floating_point()) return at::sign(x);
  if (!is_loop(x)) return at::where(numbers::isnan(x), x, at::sign(x));
  const at::Tensor result = empty_as(x);
  x.scalar_type() == at::kFloat ? sign_of<float>(x, result) : sign_of<double>(x, result);
  return result;
}

at::Tensor isfinite(const at::Tensor &x) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (x.is_complex()) return numbers::isfinite(at::real(x)).logical_and_(numbers::isfinite(at::imag(x)));
  if (!x.is_floating_point()) return at::isfinite(x);
  return x.lt(infinity).logical_and_(x.gt(-infinity));
}

at::Tensor floor_divide(const at::Tensor &x, const at::Tensor &y) {
  at::Tensor quotient = at::floor_divide(x, y);
  if (!quotient.is_floating_point()) return quotient;
  if (quotient.is_cpu() && !scans::any_infinite(x) && !scans::any_infinite(y)) return quotient;
  return at::where(at::isinf(x).logical_or(at::isinf(y)), at::div(x, y).floor_(), quotient);
}

at::Tensor remainder(const at::Tensor &x, const at::Tensor &y) {
  at::Tensor result = structured::remainder(x, y);
  if (!result.is_floating_point()) return result;
  const bool same = y.scalar_type() == result.scalar_type() && y.is_contiguous() && result.is_contiguous();
  if (same && (y.dim() == 0 || y.sizes() == result.sizes()) && is_loop(result) && is_loop(y)) {
    const at::Tensor target = empty_as(result);
    target.scalar_type() == at::kFloat ? sign_zeros<float>(target, result, y)
                                       : sign_zeros<double>(target, result, y);
    return target;
  }
  return at::where(result.eq(0), at::copysign(result, y), result);
}

at::Tensor clamp(const at::Tensor &x, const std::optional<at::Tensor> &min,
                 const std::optional<at::Tensor> &max) {
  if (!min.has_value() && !max.has_value()) return x.clone();
  // One pass for numbers. LibTorch has no kernel for these dtypes.
  const std::optional<at::Scalar> low = min.has_value() ? number_of(*min) : std::nullopt;
  const std::optional<at::Scalar> high = max.has_value() ? number_of(*max) : std::nullopt;
  const bool numbers = low.has_value() == min.has_value() && high.has_value() == max.has_value();
  if (numbers && !c10::isBarebonesUnsignedType(x.scalar_type())) return at::clamp(x, low, high);
  at::Tensor result = x;
  if (min.has_value()) result = at::maximum(result, *min);
  if (max.has_value()) result = at::minimum(result, *max);
  return result;
}

}  // namespace rt::numbers
