// Shapes, axis order, joining.
#include <ATen/ExpandUtils.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/tile.h>
#include <ATen/ops/tril.h>
#include <ATen/ops/triu.h>

#include <algorithm>
#include <numeric>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

[[noreturn]] void fail_reshape(const at::Tensor &tensor, at::IntArrayRef shape) {
  fail(RT_TORCH_SHAPE, "shape " + text(tensor.sizes()) + " of " + std::to_string(tensor.numel()) +
                           " elements does not fit " + text(shape));
}

// The shape, with the length that fits in place of a -1.
at::DimVector full_shape(const at::Tensor &tensor, const int64_t *dims, int64_t ndim) {
  const at::IntArrayRef shape = list_of("dims", dims, ndim);
  at::DimVector full(shape);
  int64_t known = 1, *open = nullptr;
  for (int64_t &n : full) {
    if (n == -1 && open == nullptr) {
      open = &n;
    } else if (n < 0 || __builtin_mul_overflow(known, n, &known)) {
      fail_reshape(tensor, shape);
    }
  }
  const int64_t numel = tensor.numel();
  const bool fits = open == nullptr ? known == numel : known > 0 && numel % known == 0;
  if (!fits) fail_reshape(tensor, shape);
  if (open != nullptr) *open = numel / known;
  return full;
}

// Axes as numbers from 0 on, none of them twice.
std::vector<int64_t> distinct_axes(const int64_t *axes, int64_t naxes, int64_t ndim) {
  std::vector<int64_t> list;
  for (const int64_t axis : axes_of(axes, naxes, ndim).value_or(at::IntArrayRef())) {
    list.push_back(axis_of(axis, ndim));
  }
  return list;
}

// A permutation of all ndim axes.
std::vector<int64_t> permutation_of(const int64_t *axes, int64_t naxes, int64_t ndim) {
  if (naxes != ndim) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "naxes is " + std::to_string(naxes) + ", expected every one of " + std::to_string(ndim) + " axes");
  }
  return distinct_axes(axes, naxes, ndim);
}

void check_same_shape(const at::Tensor &a, const at::Tensor &b, int64_t skip) {
  bool same = a.dim() == b.dim();
  for (int64_t i = 0; same && i < a.dim(); ++i) same = i == skip || a.size(i) == b.size(i);
  if (!same) {
    fail(RT_TORCH_SHAPE, "shapes " + text(a.sizes()) + " and " + text(b.sizes()) +
                             (skip < 0 ? " differ" : " differ in other axes than " + std::to_string(skip)));
  }
}

// Checks the shape of joined tensors: LibTorch adds the lengths without looking for an overflow.
void check_joined(const std::vector<at::Tensor> &list, int64_t along) {
  at::DimVector shape(list[0].sizes());
  shape[along] = 0;
  for (const at::Tensor &t : list) {
    if (__builtin_add_overflow(shape[along], t.size(along), &shape[along])) {
      fail(RT_TORCH_INVALID_ARGUMENT, "the tensors have too many elements together");
    }
  }
  shape_of(shape.data(), static_cast<int64_t>(shape.size()), list[0].scalar_type());
}

// The two parts of an axis exchanged.
at::Tensor rolled(const at::Tensor &tensor, int64_t shift, int64_t axis) {
  const int64_t length = tensor.size(axis), first = shift % length,
                split = first > 0 ? length - first : -first;
  return kernels::cat(
      {kernels::slice(tensor, axis, split, length, 1), kernels::slice(tensor, axis, 0, split, 1)}, axis);
}

}  // namespace

int64_t tensor_reshape(int64_t tensor, const int64_t *dims, int64_t ndim) {
  const at::Tensor t = get(tensor);
  return put(kernels::reshape(t, full_shape(t, dims, ndim)));
}

int64_t tensor_view(int64_t tensor, const int64_t *dims, int64_t ndim) {
  const at::Tensor t = get(tensor);
  const at::DimVector shape = full_shape(t, dims, ndim);
  if (!t.is_contiguous() && !at::detail::computeStride(t.sizes(), t.strides(), shape).has_value()) {
    fail(RT_TORCH_INVALID_ARGUMENT, "shape " + text(t.sizes()) + " with strides " + text(t.strides()) +
                                        " cannot be viewed as " + text(shape) + " without a copy");
  }
  return put(kernels::reshape(t, shape));
}

int64_t tensor_permute(int64_t tensor, const int64_t *axes, int64_t naxes) {
  const at::Tensor t = get(tensor);
  return put(kernels::permute(t, permutation_of(axes, naxes, t.dim())));
}

int64_t tensor_transpose(int64_t tensor, int64_t axis0, int64_t axis1) {
  const at::Tensor t = get(tensor);
  return put(kernels::transpose(t, axis_of(axis0, t.dim()), axis_of(axis1, t.dim())));
}

int64_t tensor_t(int64_t tensor) {
  const at::Tensor t = get(tensor);
  if (t.dim() != 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + ", expected 2 axes");
  return put(kernels::transpose(t, 0, 1));
}

int64_t tensor_matrix_transpose(int64_t tensor) {
  const at::Tensor t = get(tensor);
  if (t.dim() < 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + " has fewer than 2 axes");
  return put(kernels::transpose(t, t.dim() - 2, t.dim() - 1));
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
  return put(kernels::expand(t, shape));
}

int64_t tensor_unsqueeze(int64_t tensor, int64_t axis) {
  const at::Tensor t = get(tensor);
  if (t.dim() >= RT_TORCH_MAX_NDIM)
    fail(RT_TORCH_SHAPE,
         "the tensor already has the maximum of " + std::to_string(RT_TORCH_MAX_NDIM) + " axes");
  return put(kernels::unsqueeze(t, axis_of(axis, t.dim() + 1)));
}

int64_t tensor_squeeze(int64_t tensor, int64_t axis) {
  const at::Tensor t = get(tensor);
  const int64_t at = axis_of(axis, t.dim());
  if (t.size(at) != 1) {
    fail(RT_TORCH_SHAPE,
         "axis " + std::to_string(axis) + " of shape " + text(t.sizes()) + " is not of length 1");
  }
  return put(kernels::squeeze(t, at));
}

int64_t tensor_flip(int64_t tensor, const int64_t *axes, int64_t naxes) {
  const at::Tensor t = get(tensor);
  std::vector<int64_t> all(axes == nullptr ? t.dim() : 0);
  std::iota(all.begin(), all.end(), 0);
  const gradients::Untracked untracked;
  return put(at::flip(t, axes_of(axes, naxes, t.dim()).value_or(all)));
}

int64_t tensor_moveaxis(int64_t tensor, const int64_t *source, int64_t nsource, const int64_t *destination,
                        int64_t ndestination) {
  const at::Tensor t = get(tensor);
  if (nsource != ndestination) {
    fail(RT_TORCH_INVALID_ARGUMENT, "nsource is " + std::to_string(nsource) + " and ndestination " +
                                        std::to_string(ndestination) + ", expected the same");
  }
  const std::vector<int64_t> from = distinct_axes(source, nsource, t.dim());
  const std::vector<int64_t> to = distinct_axes(destination, ndestination, t.dim());
  std::vector<int64_t> order(t.dim(), -1);
  std::vector<bool> moved(t.dim());
  for (size_t i = 0; i < from.size(); ++i) {
    order[to[i]] = from[i];
    moved[from[i]] = true;
  }
  auto next = moved.begin();
  for (int64_t &axis : order) {
    if (axis >= 0) continue;
    next = std::find(next, moved.end(), false);
    axis = next++ - moved.begin();
  }
  return put(kernels::permute(t, order));
}

int64_t tensor_roll(int64_t tensor, const int64_t *shifts, int64_t nshifts, const int64_t *axes,
                    int64_t naxes) {
  const at::Tensor t = get(tensor);
  const int64_t expected = axes == nullptr ? 1 : naxes;
  if (nshifts != expected || nshifts < 1) {
    fail(RT_TORCH_INVALID_ARGUMENT, "nshifts is " + std::to_string(nshifts) + ", expected " +
                                        std::to_string(std::max<int64_t>(expected, 1)));
  }
  const at::IntArrayRef far = list_of("shifts", shifts, nshifts);
  at::DimVector along;
  for (const int64_t axis : list_of("axes", axes, naxes)) along.push_back(axis_of(axis, t.dim()));
  const gradients::Untracked untracked;
  if (along.empty() || t.numel() == 0) {  // LibTorch adds a shift to the length
    at::DimVector within(far);
    for (int64_t &shift : within) shift %= std::max<int64_t>(t.numel(), 1);
    return put(at::roll(t, within, along));
  }
  at::Tensor result = t;
  for (size_t i = 0; i < far.size(); ++i) result = rolled(result, far[i], along[i]);
  return put(std::move(result));
}

int64_t tensor_tile(int64_t tensor, const int64_t *counts, int64_t ncounts) {
  const at::Tensor t = get(tensor);
  const at::IntArrayRef repeats = list_of("counts", counts, ncounts);
  std::vector<int64_t> shape(std::max<int64_t>(ncounts, t.dim()), 1);
  std::ranges::copy(t.sizes(), shape.end() - t.dim());
  for (int64_t i = 0; i < ncounts; ++i) {
    int64_t &n = shape[shape.size() - 1 - i];
    const int64_t count = repeats[ncounts - 1 - i];
    if (count < 0 || __builtin_mul_overflow(n, count, &n)) {
      fail(RT_TORCH_INVALID_ARGUMENT, "counts " + text(repeats) + " is negative or too large");
    }
  }
  shape_of(shape.data(), static_cast<int64_t>(shape.size()), t.scalar_type());
  const gradients::Untracked untracked;
  return put(at::tile(t, repeats));
}

#define RT_TRIANGLE(name)                                                                         \
  int64_t tensor_##name(int64_t tensor, int64_t diagonal) {                                       \
    const at::Tensor t = get(tensor);                                                             \
    if (t.dim() < 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + " has fewer than 2 axes"); \
    return put(structured::name(t, std::clamp(diagonal, -t.size(-2) - 1, t.size(-1) + 1)));       \
  }
RT_TRIANGLE(tril)
RT_TRIANGLE(triu)

int64_t tensor_diagonal(int64_t tensor, int64_t offset, int64_t axis0, int64_t axis1) {
  const at::Tensor t = get(tensor);
  const int64_t first = axis_of(axis0, t.dim()), second = axis_of(axis1, t.dim());
  if (first == second) {
    fail(RT_TORCH_INVALID_ARGUMENT, "axis0 and axis1 are both " + std::to_string(first));
  }
  return put(kernels::diagonal(t, std::clamp(offset, -t.size(first), t.size(second)), first, second));
}

int64_t tensor_sort(int64_t tensor, int64_t axis, int32_t descending) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  // Equal integers cannot be told apart. Without their order LibTorch takes up to half as long.
  const bool stable = !c10::isIntegralType(t.scalar_type(), /*includeBool=*/true);
  return put(std::get<0>(at::sort(t, stable, axis_of(axis, t.dim()), flag_of("descending", descending))));
}

int64_t tensor_argsort(int64_t tensor, int64_t axis, int32_t descending) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  return put(std::get<1>(at::sort(t, true, axis_of(axis, t.dim()), flag_of("descending", descending))));
}

int64_t tensor_cat(const int64_t *tensors, int64_t count, int64_t axis) {
  const std::vector<at::Tensor> list = get_list(tensors, count);
  const int64_t along = axis_of(axis, list[0].dim());
  for (const at::Tensor &t : list) check_same_shape(list[0], t, along);
  check_joined(list, along);
  const gradients::Untracked untracked;
  return put(kernels::cat(list, along));
}

int64_t tensor_stack(const int64_t *tensors, int64_t count, int64_t axis) {
  const std::vector<at::Tensor> list = get_list(tensors, count);
  if (list[0].dim() >= RT_TORCH_MAX_NDIM)
    fail(RT_TORCH_SHAPE,
         "the tensors already have the maximum of " + std::to_string(RT_TORCH_MAX_NDIM) + " axes");
  for (const at::Tensor &t : list) check_same_shape(list[0], t, -1);
  const gradients::Untracked untracked;
  return put(kernels::stack(list, axis_of(axis, list[0].dim() + 1)));
}

int64_t tensor_repeat_interleave(int64_t tensor, int64_t repeats, const int64_t *axis) {
  at::Tensor t = get(tensor);
  if (axis == nullptr) t = kernels::reshape(t, t.numel());
  const int64_t along = axis_of(axis == nullptr ? 0 : *axis, t.dim());
  at::DimVector wide(t.sizes()), flat(t.sizes());
  if (repeats < 0 || __builtin_mul_overflow(flat[along], repeats, &flat[along])) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "repeats is " + std::to_string(repeats) + ", expected a number of 0 or more");
  }
  shape_of(flat.data(), t.dim(), t.scalar_type());
  wide.insert(wide.begin() + along + 1, repeats);
  const at::Tensor repeated = kernels::expand(kernels::unsqueeze(t, along + 1), wide);
  return put(repeated.clone(at::MemoryFormat::Contiguous).view(flat));
}

int64_t tensor_unbind(int64_t tensor, int64_t axis, int64_t *results, int64_t capacity) {
  const at::Tensor t = get(tensor);
  const int64_t along = axis_of(axis, t.dim()), count = t.size(along);
  check_room(results, capacity, count);
  std::vector<at::Tensor> parts;
  parts.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) parts.push_back(kernels::select(t, along, i));
  put_all(parts, results);
  return count;
}

int64_t broadcast_tensors(const int64_t *tensors, int64_t count, int64_t *results, int64_t capacity) {
  std::vector<at::Tensor> list = get_list(tensors, count);
  check_room(results, capacity, count);
  at::DimVector shape;
  for (const at::Tensor &t : list) {
    check_broadcast(shape, t.sizes());
    shape = at::infer_size_dimvector(shape, t.sizes());
  }
  for (at::Tensor &t : list) t = kernels::expand(t, shape);
  put_all(list, results);
  return count;
}

int64_t meshgrid(const int64_t *tensors, int64_t count, int32_t swapped, int64_t *results, int64_t capacity) {
  std::vector<at::Tensor> list = get_list(tensors, count);
  const bool swap = flag_of("swapped", swapped) && count > 1;
  check_room(results, capacity, count);
  at::DimVector shape;
  for (const at::Tensor &t : list) {
    check_ndim("a tensor", t, 1);
    shape.push_back(t.numel());
  }
  if (swap) std::swap(shape[0], shape[1]);
  shape_of(shape.data(), count, list[0].scalar_type());
  for (int64_t i = 0; i < count; ++i) {
    at::DimVector along(count, 1);
    along[swap && i < 2 ? 1 - i : i] = list[i].numel();
    list[i] = kernels::expand(kernels::reshape(list[i], along), shape);
  }
  put_all(list, results);
  return count;
}

}  // namespace rt
