// Reductions over axes.
#include <ATen/ops/all.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/any.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/var.h>

#include <cmath>

#include "exports.h"
#include "operators/kernels.h"
#include "operators/totals.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

void check_ordered(const at::Tensor &tensor) {
  if (tensor.is_complex()) {
    fail(RT_TORCH_TYPE, "dtype " + text(tensor.scalar_type()) + " has no order");
  }
}

// The kernels of max and min of all elements start sooner than those of amax and amin, and run slower.
constexpr int64_t kFew = 4096;

// max and min of an empty axis are undefined.
void check_not_empty(const at::Tensor &tensor, at::OptionalIntArrayRef axes) {
  bool empty = !axes.has_value() && tensor.numel() == 0;
  if (axes.has_value()) {
    for (const int64_t axis : *axes) empty |= tensor.dim() > 0 && tensor.size(axis) == 0;
  }
  if (empty) fail(RT_TORCH_SHAPE, "cannot reduce an empty axis of shape " + text(tensor.sizes()));
}

}  // namespace

int64_t tensor_sum(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim, int32_t dtype) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  return put(totals::sum(t, axes_of(axes, naxes, t.dim()), flag_of("keepdim", keepdim), dtype_of(dtype)));
}

int64_t tensor_prod(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim, int32_t dtype) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  return put(totals::prod(t, axes_of(axes, naxes, t.dim()), flag_of("keepdim", keepdim), dtype_of(dtype)));
}

int64_t tensor_mean(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim) {
  const at::Tensor t = get(tensor);
  check_inexact(t);
  const gradients::Untracked untracked;
  return put(totals::mean(t, axes_of(axes, naxes, t.dim()), flag_of("keepdim", keepdim)));
}

int64_t tensor_var(int64_t tensor, const int64_t *axes, int64_t naxes, double correction, int32_t keepdim) {
  const at::Tensor t = get(tensor);
  check_inexact(t);
  const gradients::Untracked untracked;
  return put(at::var(t, axes_of(axes, naxes, t.dim()), std::optional<at::Scalar>(correction),
                     flag_of("keepdim", keepdim)));
}

int64_t tensor_std(int64_t tensor, const int64_t *axes, int64_t naxes, double correction, int32_t keepdim) {
  const at::Tensor t = get(tensor);
  check_inexact(t);
  const gradients::Untracked untracked;
  return put(totals::std(t, axes_of(axes, naxes, t.dim()), correction, flag_of("keepdim", keepdim)));
}

int64_t tensor_count_nonzero(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  return put(totals::count_nonzero(t, axes_of(axes, naxes, t.dim()), flag_of("keepdim", keepdim)));
}

int64_t tensor_vector_norm(int64_t tensor, const int64_t *axes, int64_t naxes, double order,
                           int32_t keepdim) {
  const at::Tensor t = get(tensor);
  check_inexact(t);
  const gradients::Untracked untracked;
  const at::OptionalIntArrayRef list = axes_of(axes, naxes, t.dim());
  if (std::isnan(order)) fail(RT_TORCH_INVALID_ARGUMENT, "order is NaN, expected a number");
  if (order < 0 || std::isinf(order)) check_not_empty(t, list);
  return put(totals::vector_norm(t, list, order, flag_of("keepdim", keepdim)));
}

#define RT_CUMULATIVE(name)                                                                           \
  int64_t tensor_##name(int64_t tensor, const int64_t *axis, int32_t dtype) {                         \
    const at::Tensor t = get(tensor);                                                                 \
    if (axis == nullptr && t.dim() != 1) {                                                            \
      fail(RT_TORCH_SHAPE, "axis is NULL, and shape " + text(t.sizes()) + " does not have one axis"); \
    }                                                                                                 \
    const at::ScalarType type = dtype_of(dtype);                                                      \
    const gradients::Untracked untracked;                                                             \
    const int64_t along = axis_of(axis == nullptr ? 0 : *axis, t.dim());                              \
    if (t.scalar_type() == type) return put(structured::name(t, along, type));                        \
    at::Tensor result = t.to(type); /* not at::name(t, along, type), which makes a second copy */     \
    return put(result.name##_(along));                                                                \
  }
RT_CUMULATIVE(cumsum)
RT_CUMULATIVE(cumprod)

#define RT_EXTREME(name, whole)                                                                     \
  int64_t tensor_##name(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim) {      \
    const at::Tensor t = get(tensor);                                                               \
    check_ordered(t);                                                                               \
    const at::OptionalIntArrayRef list = axes_of(axes, naxes, t.dim());                             \
    check_not_empty(t, list);                                                                       \
    const gradients::Untracked untracked;                                                           \
    if (!list.has_value() && keepdim == 0 && t.numel() <= kFew &&                                   \
        !c10::isBarebonesUnsignedType(t.scalar_type()))                                             \
      return put(kernels::whole(t));                                                                \
    return put(structured::name(t, list.value_or(at::IntArrayRef()), flag_of("keepdim", keepdim))); \
  }
RT_EXTREME(amax, max)
RT_EXTREME(amin, min)

// LibTorch returns uint8 for uint8.
#define RT_TRUTH(name)                                                                         \
  int64_t tensor_##name(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim) { \
    const at::Tensor t = get(tensor);                                                          \
    const at::OptionalIntArrayRef list = axes_of(axes, naxes, t.dim());                        \
    const gradients::Untracked untracked;                                                      \
    const bool keep = flag_of("keepdim", keepdim);                                             \
    const at::Tensor truth =                                                                   \
        list.has_value() || keep ? structured::name(t, list, keep) : structured::name(t);      \
    return put(truth.scalar_type() == at::kBool ? truth : truth.to(at::kBool));                \
  }
RT_TRUTH(all)
RT_TRUTH(any)

#define RT_INDEX_OF(name)                                                                  \
  int64_t tensor_##name(int64_t tensor, const int64_t *axis, int32_t keepdim) {            \
    const at::Tensor t = get(tensor);                                                      \
    check_ordered(t);                                                                      \
    const at::OptionalIntArrayRef list = axes_of(axis, axis == nullptr ? 0 : 1, t.dim());  \
    check_not_empty(t, list);                                                              \
    const gradients::Untracked untracked;                                                  \
    const auto along = axis == nullptr ? std::nullopt : std::optional<int64_t>(*axis);     \
    at::Tensor found = structured::name(t, along, flag_of("keepdim", keepdim));            \
    if (axis == nullptr && keepdim != 0) found = found.reshape(at::DimVector(t.dim(), 1)); \
    return put(std::move(found));                                                          \
  }
RT_INDEX_OF(argmax)
RT_INDEX_OF(argmin)

}  // namespace rt
