#include "operators/totals.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/masked_select.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/prod.h>
#include <ATen/ops/std.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>

#include "operators/kernels.h"
#include "runtime/checks.h"

namespace rt::totals {
namespace {

constexpr int64_t kLongAxis = 1 << 14;  // LibTorch's running totals in float32 are not used for longer axes
constexpr int64_t kSegment = 1 << 12;   // the length of a pass over a long axis

// The axes in ascending order, not negative.
at::DimVector all_axes(const at::Tensor &x, at::OptionalIntArrayRef axes) {
  at::DimVector list;
  if (axes.has_value()) {
    for (const int64_t axis : *axes) list.push_back(axis_of(axis, x.dim()));
  } else {
    for (int64_t axis = 0; axis < x.dim(); ++axis) list.push_back(axis);
  }
  std::ranges::sort(list);
  return list;
}

at::Tensor drop(const at::Tensor &x, at::IntArrayRef axes, bool keepdim) {
  return keepdim || axes.empty() ? x : x.squeeze(axes);
}

// A total of all elements in its final shape.
at::Tensor whole(const at::Tensor &total, const at::Tensor &x, bool keepdim) {
  return keepdim && x.dim() > 0 ? total.view(at::DimVector(x.dim(), 1)) : total;
}

// Elements that are converted at a time: they fit into the cache, and are too few for LibTorch to divide them
// among its threads, which would wait for each other after each block.
constexpr int64_t kBlock = (1 << 15) - 1;

// The axis with the longest stride.
int64_t outermost(const at::Tensor &x) {
  int64_t axis = 0;
  for (int64_t i = 0; i < x.dim(); ++i) {
    if (x.size(i) > 1 && (x.size(axis) == 1 || x.stride(i) > x.stride(axis))) axis = i;
  }
  return axis;
}

bool contains(at::IntArrayRef axes, int64_t axis) {
  return std::ranges::find(axes, axis) != axes.end();
}

// Reduces blocks of x, and combines their results in place. reduce() keeps the axes with length 1.
template <class Reduce, class Combine>
at::Tensor in_blocks(const at::Tensor &x, at::IntArrayRef axes, const Reduce &reduce,
                     const Combine &combine) {
  if (x.numel() <= kBlock || !x.is_cpu()) return reduce(x);
  const int64_t axis = outermost(x), size = x.size(axis);
  const int64_t step = std::max<int64_t>(1, kBlock / (x.numel() / size));
  at::Tensor result;
  for (int64_t start = 0; start < size; start += step) {
    const int64_t length = std::min(step, size - start);
    const at::Tensor part = in_blocks(x.narrow(axis, start, length), axes, reduce, combine);
    if (contains(axes, axis)) {
      result = start == 0 ? part : combine(result, part);
      continue;
    }
    if (start == 0) {
      at::DimVector shape(part.sizes());
      shape[axis] = size;
      result = at::empty(shape, part.options());
    }
    result.narrow(axis, start, length).copy_(part);
  }
  return result;
}

at::ScalarType accumulator(at::ScalarType dtype) {
  return dtype == at::kHalf || dtype == at::kBFloat16 ? at::kFloat : dtype;
}

// The squares of numbers between 1 / safe and safe neither overflow nor underflow.
double safe_range(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1e140 : 1e17;
}

// The exponent of the largest power of 2.
int64_t largest_exponent(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1023 : dtype == at::kHalf ? 15 : 127;
}

template <class Real>
bool any_extreme(const at::Tensor &values, double smallest) {
  const Real *const data = values.const_data_ptr<Real>();
  return std::any_of(data, data + values.numel(),
                     [smallest](Real value) { return !std::isfinite(value) || std::abs(value) < smallest; });
}

// Whether any element is not finite, or smaller in magnitude.
bool any_extreme(const at::Tensor &result, double smallest) {
  const bool plain = result.is_cpu() && result.is_contiguous();
  if (plain && result.scalar_type() == at::kFloat) return any_extreme<float>(result, smallest);
  if (plain && result.scalar_type() == at::kDouble) return any_extreme<double>(result, smallest);
  return any_extreme<double>(result.abs().to(at::kDouble).cpu().contiguous(), smallest);
}

at::Tensor largest_magnitude(const at::Tensor &x, at::IntArrayRef axes) {
  if (x.is_complex()) return structured::amax(x.abs(), axes, true);
  return structured::maximum(structured::amax(x, axes, true), -structured::amin(x, axes, true));
}

// compute(x, keepdim), which is homogeneous of degree 1. If a result is not finite, or so small that its square may
// underflow, x is divided first by a power of 2 near its largest magnitude.
template <class Compute>
at::Tensor rescaled(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, bool squares,
                    const Compute &compute) {
  at::Tensor result = compute(x, keepdim);
  const double safe = safe_range(c10::toRealValueType(x.scalar_type()));
  if (x.numel() == 0 || !any_extreme(result, squares ? 1 / safe : 0)) return result;
  const at::DimVector list = all_axes(x, axes);
  const at::Tensor peak = largest_magnitude(x.detach(), list);  // the scale is a constant to gradients
  const at::Tensor extreme = peak.isfinite().logical_and_((peak > safe).logical_or_(peak < 1 / safe));
  const at::Tensor usable = extreme.logical_and_(peak > 0);
  if (!usable.any().item<bool>()) return result;
  // Of numbers next to a power of 2 the logarithm is rounded up, and that of the largest is no exponent.
  const at::Tensor exponents = peak.log2().floor_().clamp_max_(largest_exponent(peak.scalar_type()));
  const at::Tensor scale = at::where(usable, exponents.exp2(), at::ones_like(peak));
  return compute(x / scale, keepdim) * drop(scale, list, keepdim);
}

// Writes the selected elements of x to result, from start on, and returns the end.
int64_t append_selected(const at::Tensor &x, const at::Tensor &mask, const at::Tensor &result,
                        int64_t start) {
  if (x.numel() <= kBlock) {
    const at::Tensor part = at::masked_select(x, mask);
    result.narrow(0, start, part.numel()).copy_(part);
    return start + part.numel();
  }
  const int64_t size = x.size(0), step = std::max<int64_t>(1, kBlock / (x.numel() / size));
  if (size == 1) return append_selected(x[0], mask[0], result, start);
  for (int64_t i = 0; i < size; i += step) {
    const int64_t length = std::min(step, size - i);
    start = append_selected(x.narrow(0, i, length), mask.narrow(0, i, length), result, start);
  }
  return start;
}

}  // namespace

at::Tensor sum(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, at::ScalarType dtype) {
  if (x.scalar_type() == dtype || x.numel() <= kBlock) return kernels::sum(x, axes, keepdim, dtype);
  const at::DimVector list = all_axes(x, axes);
  const auto reduce = [&](const at::Tensor &part) { return kernels::sum(part, list, true, dtype); };
  const auto combine = [](at::Tensor &total, const at::Tensor &part) { return total.add_(part); };
  return drop(in_blocks(x, list, reduce, combine), list, keepdim);
}

at::Tensor prod(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, at::ScalarType dtype) {
  const at::ScalarType wide = accumulator(dtype);
  if (!axes.has_value() && !keepdim && x.scalar_type() == wide && wide == dtype) return at::prod(x, wide);
  const at::DimVector list = all_axes(x, axes);
  const auto reduce = [&](const at::Tensor &part) {
    if (static_cast<int64_t>(list.size()) == part.dim()) return whole(at::prod(part, wide), part, true);
    at::Tensor product = part.to(wide, false, list.empty());  // the result is never x itself
    for (const int64_t axis : list) product = structured::prod(product, axis, true, wide);
    return product;
  };
  const auto combine = [](at::Tensor &total, const at::Tensor &part) { return total.mul_(part); };
  const at::Tensor product = x.scalar_type() == wide ? reduce(x) : in_blocks(x, list, reduce, combine);
  return drop(product, list, keepdim).to(dtype);
}

at::Tensor mean(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim) {
  const at::ScalarType dtype = x.scalar_type(), wide = accumulator(dtype);
  return rescaled(x, axes, keepdim, false, [&](const at::Tensor &scaled, bool keep) {
    if (wide == dtype) return structured::mean(scaled, axes, keep);
    const at::Tensor total = sum(scaled, axes, keep, wide);
    const int64_t count = scaled.numel() / std::max<int64_t>(total.numel(), 1);
    return (total / static_cast<double>(count)).to(dtype);
  });
}

at::Tensor std(const at::Tensor &x, at::OptionalIntArrayRef axes, double correction, bool keepdim) {
  const auto compute = [&](const at::Tensor &scaled, bool keep) {
    return at::std(scaled, axes, std::optional<at::Scalar>(correction), keep);
  };
  // LibTorch computes that of the other dtypes in float64, which cannot overflow.
  if (c10::toRealValueType(x.scalar_type()) != at::kDouble) return compute(x, keepdim);
  return rescaled(x, axes, keepdim, true, compute);
}

at::Tensor count_nonzero(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim) {
  const at::DimVector list = all_axes(x, axes);
  // LibTorch's own kernel, which counts all elements, lacks these dtypes.
  if (static_cast<int64_t>(list.size()) == x.dim() && !c10::isBarebonesUnsignedType(x.scalar_type()))
    return whole(kernels::count_nonzero(x), x, keepdim);
  const auto reduce = [&](const at::Tensor &part) {
    return kernels::sum(part.scalar_type() == at::kBool ? part : part.ne(0), list, true, at::kLong);
  };
  const auto combine = [](at::Tensor &total, const at::Tensor &part) { return total.add_(part); };
  return drop(in_blocks(x, list, reduce, combine), list, keepdim);
}

at::Tensor vector_norm(const at::Tensor &x, at::OptionalIntArrayRef axes, double order, bool keepdim) {
  const at::ScalarType dtype = c10::toRealValueType(x.scalar_type());
  if (order == 0) return count_nonzero(x, axes, keepdim).to(dtype);
  const at::DimVector list = all_axes(x, axes);
  int64_t along = -1;
  for (const int64_t axis : list) {
    if (x.dim() > 0 && x.size(axis) > kLongAxis) along = axis;
  }
  if (along < 0 || std::isinf(order)) {
    return rescaled(x, list, keepdim, true, [&](const at::Tensor &scaled, bool keep) {
      return structured::linalg_vector_norm(scaled, order, list, keep);
    });
  }
  // The norm of the norms of segments: a running total in float32 stops to grow at 2**24.
  const int64_t size = x.size(along), most = size - size % kSegment;
  at::DimVector inner;
  for (const int64_t axis : list) inner.push_back(axis < along ? axis : axis + 1);
  const at::Tensor segments = x.narrow(along, 0, most).unflatten(along, {most / kSegment, kSegment});
  std::vector<at::Tensor> norms{vector_norm(segments, inner, order, true).squeeze(along + 1)};
  if (most < size) norms.push_back(vector_norm(x.narrow(along, most, size - most), list, order, true));
  return drop(vector_norm(at::cat(norms, along), along, order, true), list, keepdim);
}

at::Tensor masked_select(const at::Tensor &x, const at::Tensor &mask) {
  if (x.numel() <= kBlock) return at::masked_select(x, mask);
  const at::Tensor result =
      at::empty({count_nonzero(mask, std::nullopt, false).item<int64_t>()}, x.options());
  append_selected(x, mask, result, 0);
  return result;
}

}  // namespace rt::totals
