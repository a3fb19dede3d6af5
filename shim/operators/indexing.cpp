// Indexing by tensors of integers and bools.
#include "operators/indexing.h"

#include <ATen/ExpandUtils.h>
#include <ATen/core/List.h>
#include <ATen/ops/count_nonzero.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "exports.h"
#include "operators/kernels.h"
#include "operators/totals.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/scans.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

// The value of a 0-d tensor of int64 or int32 on the CPU.
int64_t number_of(const at::Tensor &tensor) {
  const void *data = tensor.const_data_ptr();
  return tensor.scalar_type() == at::kLong ? *static_cast<const int64_t *>(data)
                                           : *static_cast<const int32_t *>(data);
}

bool is_mask(const at::Tensor &index) {
  return index.scalar_type() == at::kBool || index.scalar_type() == at::kByte;
}

Indices indices_of(const at::Tensor &tensor, const int64_t *handles, int64_t count) {
  if (count < 1)
    fail(RT_TORCH_INVALID_ARGUMENT, "count is " + std::to_string(count) + ", expected 1 or more");
  Indices indices;
  int64_t axes = 0;
  for (const int64_t handle : list_of("indices", handles, count)) {
    std::optional<at::Tensor> index = get_optional(handle);
    axes += index.has_value() ? axes_of_index(*index) : 1;
    indices.push_back(std::move(index));
  }
  if (axes > std::max<int64_t>(tensor.dim(), 1)) {
    fail(RT_TORCH_INDEX, std::to_string(axes) + " axes are indexed, shape " + text(tensor.sizes()) + " has " +
                             std::to_string(tensor.dim()));
  }
  return indices;
}

// Fails unless the integers broadcast, and each number, a tensor without axes, is in range: LibTorch does not check one that
// is combined with indices that select nothing.
void check_integers(const at::Tensor &tensor, const Indices &indices) {
  at::DimVector broadcast;
  int64_t axis = 0;
  for (const std::optional<at::Tensor> index : indices) {
    if (index.has_value() && !is_mask(*index)) {
      if (index->dim() == 0 && index->is_cpu() && axis < tensor.dim())
        static_cast<void>(index_of(number_of(*index), axis, tensor.size(axis)));
      check_broadcast(broadcast, index->sizes());
      if (static_cast<size_t>(index->dim()) > broadcast.size()) broadcast = index->sizes();
    }
    axis += index.has_value() && is_mask(*index) ? index->dim() : 1;
  }
}

// Whether no axis has an index tensor. LibTorch's kernels need at least one.
bool selects_all(const Indices &indices) {
  return std::ranges::none_of(indices,
                              [](const std::optional<at::Tensor> &index) { return index.has_value(); });
}

// View in the signed dtype of the same size: index_put_ has no kernels for uint16, uint32 and uint64.
at::Tensor as_signed(const at::Tensor &tensor) {
  switch (tensor.scalar_type()) {
    case at::kUInt16:
      return tensor.view(at::kShort);
    case at::kUInt32:
      return tensor.view(at::kInt);
    case at::kUInt64:
      return tensor.view(at::kLong);
    default:
      return tensor;
  }
}

bool all_broadcast(const Indices &indices) {
  at::DimVector shape;
  for (const std::optional<at::Tensor> index : indices) {
    if (!index.has_value()) continue;
    const at::DimVector sizes = is_mask(*index) ? at::DimVector{at::count_nonzero(*index).item<int64_t>()}
                                                : at::DimVector(index->sizes());
    if (!broadcasts(shape, sizes)) return false;
    shape = at::infer_size_dimvector(shape, sizes);
  }
  return true;
}

// A number among index tensors selects: LibTorch would broadcast it. Only for a key without slices and masks, because the
// axes of the result are elsewhere with some slices. The list then has the other tensors.
at::Tensor selected(const at::Tensor &tensor, Indices &list) {
  bool numbers = false, others = false;
  for (const std::optional<at::Tensor> index : list) {
    if (!index.has_value() || is_mask(*index)) return tensor;
    const bool is_number = index->dim() == 0 && index->is_cpu();
    numbers |= is_number;
    others |= !is_number;
  }
  if (!numbers || !others) return tensor;
  at::Tensor view = tensor;
  Indices left;
  for (const std::optional<at::Tensor> index : list) {
    if (!index.has_value()) continue;  // there is none
    if (index->dim() > 0 || !index->is_cpu()) {
      left.push_back(index);
      continue;
    }
    const auto axis = static_cast<int64_t>(left.size());
    const int64_t number = number_of(*index);
    view = kernels::select(view, axis, number < 0 ? number + view.size(axis) : number);
  }
  list = left;
  return view;
}

// LibTorch reports any exception while it broadcasts indices as a mismatch of their shapes, also one for want of
// memory.
template <class Use>
auto with_indices(const Indices &indices, Use &&use) {
  try {
    return use();
  } catch (const c10::IndexError &error) {
    const bool mismatch =
        std::string_view(error.what_without_backtrace()).starts_with("shape mismatch: indexing");
    if (mismatch && all_broadcast(indices)) throw std::bad_alloc();
    throw;
  }
}

// masked_select() needs no indices, of 8 bytes for each element, but prepares more than index() does.
constexpr int64_t kFewSelected = 512;

}  // namespace

int64_t axes_of_index(const at::Tensor &index) {
  switch (index.scalar_type()) {
    case at::kBool:
    case at::kByte:
      if (index.dim() == 0) fail(RT_TORCH_SHAPE, "an index of bools has no axis, expected at least one");
      return index.dim();
    case at::kInt:
    case at::kLong:
      return 1;
    default:
      fail(RT_TORCH_TYPE, "an index is " + text(index.scalar_type()) + ", expected int64, int32 or bool");
  }
}

at::Tensor indexed(const at::Tensor &tensor, Indices indices) {
  check_integers(tensor, indices);
  const at::Tensor t = selected(tensor, indices);
  const std::optional<at::Tensor> first = indices.get(0);
  if (first.has_value() && indices.size() == 1 && first->scalar_type() == at::kBool &&
      first->sizes() == t.sizes() && t.numel() > kFewSelected && t.is_cpu() && !gradients::included()) {
    const at::Tensor found = totals::masked_select(as_signed(t), *first);
    return found.scalar_type() == t.scalar_type() ? found : found.view(t.scalar_type());
  }
  return with_indices(indices, [&] { return kernels::index(t, indices); });
}

void put_indexed(const at::Tensor &target, const Indices &indices, const at::Tensor &values) {
  check_integers(target, indices);
  Indices copies;
  for (const std::optional<at::Tensor> index : indices) {
    copies.push_back(index.has_value() ? std::optional(detached(target, *index)) : std::nullopt);
  }
  with_indices(copies,
               [&] { return as_signed(target).index_put_(copies, as_signed(detached(target, values))); });
}

int64_t tensor_index(int64_t tensor, const int64_t *indices, int64_t count) {
  const at::Tensor t = get(tensor);
  const Indices list = indices_of(t, indices, count);
  if (selects_all(list)) return put(t.clone(at::MemoryFormat::Contiguous));
  const gradients::Untracked untracked;
  return put(indexed(t, list));
}

int64_t tensor_take(int64_t tensor, int64_t indices, const int64_t *axis) {
  const at::Tensor t = get(tensor), picked = get(indices);
  if (picked.scalar_type() != at::kLong) {
    fail(RT_TORCH_TYPE, "indices are " + text(picked.scalar_type()) + ", expected int64");
  }
  check_ndim("indices", picked, 1);
  if (axis == nullptr) check_ndim("the tensor", t, 1);
  const int64_t along = axis_of(axis == nullptr ? 0 : *axis, t.dim());
  // index_select() takes neither negative indices nor these dtypes.
  if (t.dim() > 0 && !c10::isBarebonesUnsignedType(t.scalar_type()) &&
      scans::all_indices(picked, t.size(along))) {
    const gradients::Untracked untracked;
    return put(at::index_select(t, along, picked));
  }
  Indices list;
  for (int64_t i = 0; i < along; ++i) list.push_back(std::nullopt);
  list.push_back(picked);
  const gradients::Untracked untracked;
  return put(with_indices(list, [&] { return kernels::index(t, list); }));
}

int64_t tensor_take_along_axis(int64_t tensor, int64_t indices, int64_t axis) {
  const at::Tensor t = get(tensor);
  at::Tensor picked = get(indices);
  if (picked.scalar_type() != at::kLong) {
    fail(RT_TORCH_TYPE, "indices are " + text(picked.scalar_type()) + ", expected int64");
  }
  const int64_t along = axis_of(axis, t.dim()), length = t.size(along);
  check_ndim("indices", picked, t.dim());
  at::DimVector from(t.sizes()), to(picked.sizes());
  from[along] = to[along] = 1;
  check_broadcast(from, to);
  const at::DimVector shape = at::infer_size_dimvector(from, to);
  from = to = shape;
  from[along] = length;
  to[along] = picked.size(along);
  if (!scans::all_indices(picked, length)) {
    picked = at::where(picked.lt(0), picked.add(length), picked);
    if (!scans::all_indices(picked, length)) {
      fail(RT_TORCH_INDEX,
           "an index is out of bounds for axis " + std::to_string(along) + " of shape " + text(t.sizes()));
    }
  }
  const gradients::Untracked untracked;
  return put(at::gather(kernels::expand(t, from), along, kernels::expand(picked, to)));
}

int32_t tensor_index_put_(int64_t tensor, const int64_t *indices, int64_t count, int64_t values) {
  const at::Tensor t = get(tensor), from = get(values);
  check_same_dtype(t, from);
  const Indices list = indices_of(t, indices, count);
  if (selects_all(list)) return tensor_copy_(tensor, values);
  put_indexed(writable(tensor, t), list, from);
  return 0;
}

}  // namespace rt
