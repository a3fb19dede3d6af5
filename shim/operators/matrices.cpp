// Products of vectors and matrices.
#include <ATen/ExpandUtils.h>
#include <ATen/ops/linalg_cross.h>
#include <ATen/ops/tensordot.h>
#include <ATen/ops/trace.h>

#include <algorithm>
#include <cmath>

#include "exports.h"
#include "operators/kernels.h"
#include "operators/totals.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

// LibTorch would truncate a fraction.
void check_factor(const char *name, double value, const at::Tensor &tensor) {
  if (c10::isIntegralType(tensor.scalar_type(), true) && value != std::trunc(value)) {
    fail(RT_TORCH_INVALID_ARGUMENT, std::string(name) + " is " + std::to_string(value) +
                                        ", expected a whole number for " + text(tensor.scalar_type()));
  }
}

// Two operands with an axis of the same length, counted from the last one; the others broadcast.
void check_vectors(const at::Tensor &x, const at::Tensor &y, int64_t axis) {
  check_same_dtype(x, y);
  axis_of(axis, x.dim());
  axis_of(axis, y.dim());
  if (axis >= 0) fail(RT_TORCH_INDEX, "axis is " + std::to_string(axis) + ", expected a negative one");
  if (x.size(axis) != y.size(axis)) {
    fail(RT_TORCH_SHAPE, "shapes " + text(x.sizes()) + " and " + text(y.sizes()) + " differ along axis " +
                             std::to_string(axis));
  }
  check_broadcast(x.sizes(), y.sizes());
}

// naxes axes, those at the end or at the start if there is no list.
at::DimVector contracted(const int64_t *axes, int64_t naxes, const at::Tensor &x, bool at_end) {
  if (naxes < 0 || naxes > x.dim()) {
    fail(RT_TORCH_INVALID_ARGUMENT, "naxes is " + std::to_string(naxes) + ", expected 0 to " +
                                        std::to_string(x.dim()) + " for shape " + text(x.sizes()));
  }
  const int64_t first = at_end ? x.dim() - naxes : 0;
  at::DimVector list;
  if (axes != nullptr) axes_of(axes, naxes, x.dim());
  for (int64_t i = 0; i < naxes; ++i) list.push_back(axes == nullptr ? first + i : axis_of(axes[i], x.dim()));
  return list;
}

}  // namespace

int64_t tensor_cross(int64_t a, int64_t b, int64_t axis) {
  const at::Tensor x = get(a), y = get(b);
  check_vectors(x, y, axis);
  if (x.size(axis) != 3)
    fail(RT_TORCH_SHAPE, "shape " + text(x.sizes()) + " is not of length 3 along the axis");
  const gradients::Untracked untracked;
  if (x.sizes() == y.sizes()) return put(at::linalg_cross(x, y, axis));
  const at::DimVector shape = at::infer_size_dimvector(x.sizes(), y.sizes());
  return put(at::linalg_cross(kernels::expand(x, shape), kernels::expand(y, shape), axis));
}

int64_t tensor_vecdot(int64_t a, int64_t b, int64_t axis) {
  const at::Tensor x = get(a), y = get(b);
  check_vectors(x, y, axis);
  if (x.scalar_type() == at::kBool) fail(RT_TORCH_TYPE, "products of bool are not supported");
  const at::Tensor products = kernels::mul(x.is_complex() ? x.conj() : x, y);
  return put(totals::sum(products, at::IntArrayRef(axis), false, x.scalar_type()));
}

int64_t tensor_trace(int64_t tensor, int64_t offset, int32_t dtype) {
  const at::Tensor t = get(tensor);
  const at::ScalarType type = dtype_of(dtype);
  if (t.dim() < 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + " has fewer than 2 axes");
  // LibTorch's own loop, for the dtypes in which it sums, and one matrix.
  if (t.dim() == 2 && offset == 0 && type == t.scalar_type() && (type == at::kFloat || type == at::kDouble))
    return put(at::trace(t));
  const int64_t which = std::clamp(offset, -t.size(-2), t.size(-1));
  const at::Tensor diagonal = kernels::diagonal(t, which, t.dim() - 2, t.dim() - 1);
  return put(totals::sum(diagonal, at::IntArrayRef(-1), false, type));
}

int64_t tensor_tensordot(int64_t a, int64_t b, const int64_t *axes_a, const int64_t *axes_b, int64_t naxes) {
  const at::Tensor x = get(a), y = get(b);
  check_same_dtype(x, y);
  if (x.scalar_type() == at::kBool) fail(RT_TORCH_TYPE, "products of bool are not supported");
  const at::DimVector first = contracted(axes_a, naxes, x, true),
                      second = contracted(axes_b, naxes, y, false);
  for (int64_t i = 0; i < naxes; ++i) {
    if (x.size(first[i]) != y.size(second[i])) {
      fail(RT_TORCH_SHAPE, "shapes " + text(x.sizes()) + " and " + text(y.sizes()) + " differ along axes " +
                               text(first) + " and " + text(second));
    }
  }
  if (x.dim() + y.dim() - 2 * naxes > RT_TORCH_MAX_NDIM)
    fail(RT_TORCH_INVALID_ARGUMENT,
         "the result has more than " + std::to_string(RT_TORCH_MAX_NDIM) + " axes");
  return put(at::tensordot(x, y, first, second));
}

#define RT_PRODUCT(name, ndim_a, ndim_b)        \
  int64_t tensor_##name(int64_t a, int64_t b) { \
    const at::Tensor x = get(a), y = get(b);    \
    check_ndim("a", x, ndim_a);                 \
    check_ndim("b", y, ndim_b);                 \
    check_matmul(x, y);                         \
    return put(kernels::matmul(x, y));          \
  }
RT_PRODUCT(dot, 1, 1)
RT_PRODUCT(mv, 2, 1)
RT_PRODUCT(mm, 2, 2)

int64_t tensor_outer(int64_t a, int64_t b) {
  const at::Tensor x = get(a), y = get(b);
  check_ndim("a", x, 1);
  check_ndim("b", y, 1);
  check_same_dtype(x, y);
  return put(kernels::mul(kernels::unsqueeze(x, 1), y));
}

int64_t tensor_matmul(int64_t a, int64_t b) {
  const at::Tensor x = get(a), y = get(b);
  check_matmul(x, y);
  return put(kernels::matmul(x, y));
}

int64_t tensor_addmm(int64_t bias, int64_t a, int64_t b, double beta, double alpha) {
  const at::Tensor c = get(bias), x = get(a), y = get(b);
  check_ndim("a", x, 2);
  check_ndim("b", y, 2);
  check_matmul(x, y);
  check_same_dtype(c, x);
  check_broadcast_to(c.sizes(), {x.size(0), y.size(1)});
  check_factor("beta", beta, x);
  check_factor("alpha", alpha, x);
  return put(kernels::addmm(c, x, y, beta, alpha));
}

}  // namespace rt
