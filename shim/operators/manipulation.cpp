// Shapes, axis order, joining.
#include <ATen/ops/cat.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/stack.h>

#include <algorithm>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

[[noreturn]] void fail_reshape(const at::Tensor &tensor, at::IntArrayRef shape) {
  fail(RT_TORCH_SHAPE, "shape " + text(tensor.sizes()) + " of " + std::to_string(tensor.numel()) +
                           " elements does not fit " + text(shape));
}

// A permutation of all ndim axes.
std::vector<int64_t> permutation_of(const int64_t *axes, int64_t naxes, int64_t ndim) {
  if (naxes != ndim) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "naxes is " + std::to_string(naxes) + ", expected every one of " + std::to_string(ndim) + " axes");
  }
  const at::OptionalIntArrayRef list = axes_of(axes, naxes, ndim);
  return list.has_value() ? list->vec() : std::vector<int64_t>();
}

void check_same_shape(const at::Tensor &a, const at::Tensor &b, int64_t skip) {
  bool same = a.dim() == b.dim();
  for (int64_t i = 0; same && i < a.dim(); ++i) same = i == skip || a.size(i) == b.size(i);
  if (!same) {
    fail(RT_TORCH_SHAPE, "shapes " + text(a.sizes()) + " and " + text(b.sizes()) +
                             (skip < 0 ? " differ" : " differ in other axes than " + std::to_string(skip)));
  }
}

}  // namespace

int64_t tensor_reshape(int64_t tensor, const int64_t *dims, int64_t ndim) {
  const at::Tensor t = get(tensor);
  const at::IntArrayRef shape = list_of("dims", dims, ndim);
  at::DimVector full(shape);
  int64_t known = 1, *open = nullptr;
  for (int64_t &n : full) {
    if (n == -1 && open == nullptr) {
      open = &n;
    } else if (n < 0 || __builtin_mul_overflow(known, n, &known)) {
      fail_reshape(t, shape);
    }
  }
  const bool fits = open == nullptr ? known == t.numel() : known > 0 && t.numel() % known == 0;
  if (!fits) fail_reshape(t, shape);
  if (open != nullptr) *open = t.numel() / known;
  return put(kernels::reshape(t, full));
}

int64_t tensor_permute(int64_t tensor, const int64_t *axes, int64_t naxes) {
  const at::Tensor t = get(tensor);
  return put(t.permute(permutation_of(axes, naxes, t.dim())));
}

int64_t tensor_transpose(int64_t tensor, int64_t axis0, int64_t axis1) {
  const at::Tensor t = get(tensor);
  return put(t.transpose(axis_of(axis0, t.dim()), axis_of(axis1, t.dim())));
}

int64_t tensor_t(int64_t tensor) {
  const at::Tensor t = get(tensor);
  if (t.dim() != 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + ", expected 2 axes");
  return put(t.transpose(0, 1));
}

int64_t tensor_matrix_transpose(int64_t tensor) {
  const at::Tensor t = get(tensor);
  if (t.dim() < 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + " has fewer than 2 axes");
  return put(t.transpose(-2, -1));
}

int64_t tensor_expand(int64_t tensor, const int64_t *dims, int64_t ndim) {
  const at::Tensor t = get(tensor);
  std::vector<int64_t> shape = list_of("dims", dims, ndim).vec();
  const int64_t added = ndim - t.dim();
  for (int64_t i = std::max<int64_t>(added, 0); i < ndim; ++i) {
    if (shape[i] == -1) shape[i] = t.size(i - added);
  }
  check_broadcast_to(t.sizes(), shape);
  shape_of(shape.data(), ndim, t.scalar_type());
  return put(t.expand(shape));
}

int64_t tensor_unsqueeze(int64_t tensor, int64_t axis) {
  const at::Tensor t = get(tensor);
  if (t.dim() >= RT_TORCH_MAX_NDIM)
    fail(RT_TORCH_SHAPE,
         "the tensor already has the maximum of " + std::to_string(RT_TORCH_MAX_NDIM) + " axes");
  return put(t.unsqueeze(axis_of(axis, t.dim() + 1)));
}

int64_t tensor_squeeze(int64_t tensor, int64_t axis) {
  const at::Tensor t = get(tensor);
  const int64_t at = axis_of(axis, t.dim());
  if (t.size(at) != 1) {
    fail(RT_TORCH_SHAPE,
         "axis " + std::to_string(axis) + " of shape " + text(t.sizes()) + " is not of length 1");
  }
  return put(t.squeeze(at));
}

int64_t tensor_flip(int64_t tensor, const int64_t *axes, int64_t naxes) {
  const at::Tensor t = get(tensor);
  return put(at::flip(t, axes_of(axes, naxes, t.dim()).value_or(at::IntArrayRef())));
}

int64_t tensor_cat(const int64_t *tensors, int64_t count, int64_t axis) {
  const std::vector<at::Tensor> list = get_list(tensors, count);
  const int64_t along = axis_of(axis, list[0].dim());
  for (const at::Tensor &t : list) check_same_shape(list[0], t, along);
  return put(at::cat(list, along));
}

int64_t tensor_stack(const int64_t *tensors, int64_t count, int64_t axis) {
  const std::vector<at::Tensor> list = get_list(tensors, count);
  if (list[0].dim() >= RT_TORCH_MAX_NDIM)
    fail(RT_TORCH_SHAPE,
         "the tensors already have the maximum of " + std::to_string(RT_TORCH_MAX_NDIM) + " axes");
  for (const at::Tensor &t : list) check_same_shape(list[0], t, -1);
  return put(at::stack(list, axis_of(axis, list[0].dim() + 1)));
}

}  // namespace rt
