// Indexing by integer, slice and tensor.
#include <ATen/ExpandUtils.h>
#include <ATen/core/List.h>
#include <ATen/ops/count_nonzero.h>
#include <ATen/ops/index.h>
#include <ATen/ops/isin.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/searchsorted.h>

#include <algorithm>

#include "exports.h"
#include "operators/kernels.h"
#include "operators/totals.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

using Indices = c10::List<std::optional<at::Tensor>>;

void check_index(int64_t index, int64_t axis, int64_t length) {
  if (index < -length || index >= length) {
    fail(RT_TORCH_INDEX, "index " + std::to_string(index) + " is out of range for axis " +
                             std::to_string(axis) + " of length " + std::to_string(length));
  }
}

Indices indices_of(const at::Tensor &tensor, const int64_t *handles, int64_t count) {
  if (count < 1)
    fail(RT_TORCH_INVALID_ARGUMENT, "count is " + std::to_string(count) + ", expected 1 or more");
  Indices indices;
  int64_t axes = 0;
  at::DimVector broadcast;
  for (const int64_t handle : list_of("indices", handles, count)) {
    std::optional<at::Tensor> index = get_optional(handle);
    axes += 1;
    if (index.has_value()) {
      switch (index->scalar_type()) {
        case at::kBool:
        case at::kByte:
          if (index->dim() == 0) fail(RT_TORCH_SHAPE, "an index of bools has no axis, expected at least one");
          axes += std::max<int64_t>(index->dim(), 1) - 1;
          break;
        case at::kInt:
        case at::kLong:
          // LibTorch does not check a number that is combined with indices that select nothing.
          if (index->dim() == 0 && index->is_cpu() && axes <= tensor.dim())
            check_index(index->item<int64_t>(), axes - 1, tensor.size(axes - 1));
          check_broadcast(broadcast, index->sizes());
          if (static_cast<size_t>(index->dim()) > broadcast.size()) broadcast = index->sizes();
          break;
        default:
          fail(RT_TORCH_TYPE,
               "an index is " + text(index->scalar_type()) + ", expected int64, int32 or bool");
      }
    }
    indices.push_back(std::move(index));
  }
  if (axes > std::max<int64_t>(tensor.dim(), 1)) {
    fail(RT_TORCH_INDEX, std::to_string(axes) + " axes are indexed, shape " + text(tensor.sizes()) + " has " +
                             std::to_string(tensor.dim()));
  }
  return indices;
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

bool ends_in_nan(const at::Tensor &sorted, const std::optional<at::Tensor> &order) {
  if (!sorted.is_floating_point() || sorted.numel() == 0) return false;
  const at::Tensor last =
      order.has_value() ? sorted.index({order->narrow(0, order->numel() - 1, 1)}) : sorted[-1];
  return last.isnan().item<bool>();
}

// at::searchsorted() in a tensor that ends in NaNs, which that does not take as greater than the numbers.
at::Tensor search_before_nan(const at::Tensor &sorted, const at::Tensor &values, bool behind) {
  const int64_t size = sorted.numel(), numbers = size - at::count_nonzero(sorted.isnan()).item<int64_t>();
  const at::Tensor found = at::searchsorted(sorted.narrow(0, 0, numbers), values, false, behind);
  return behind ? found.masked_fill(values.isnan(), size) : found;
}

bool all_broadcast(const Indices &indices) {
  at::DimVector shape;
  for (const std::optional<at::Tensor> index : indices) {
    if (!index.has_value()) continue;
    const bool mask = index->scalar_type() == at::kBool || index->scalar_type() == at::kByte;
    const at::DimVector sizes =
        mask ? at::DimVector{at::count_nonzero(*index).item<int64_t>()} : at::DimVector(index->sizes());
    if (!broadcasts(shape, sizes)) return false;
    shape = at::infer_size_dimvector(shape, sizes);
  }
  return true;
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

}  // namespace

int64_t tensor_select(int64_t tensor, int64_t axis, int64_t index) {
  const at::Tensor t = get(tensor);
  const int64_t along = axis_of(axis, t.dim()), length = t.size(along);
  check_index(index, along, length);
  return put(kernels::select(t, along, index < 0 ? index + length : index));
}

int64_t tensor_slice(int64_t tensor, int64_t axis, int64_t start, int64_t stop, int64_t step) {
  const at::Tensor t = get(tensor);
  const int64_t along = axis_of(axis, t.dim());
  if (step < 1) {
    fail(RT_TORCH_INVALID_ARGUMENT, "step is " + std::to_string(step) + ", expected 1 or more");
  }
  const int64_t length = t.size(along);
  const auto within = [length](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + length : i, 0, length); };
  // A step longer than the axis selects the same as a step of its length, which does not overflow the stride.
  const int64_t first = within(start), apart = std::min(step, std::max<int64_t>(length, 1));
  return put(kernels::slice(t, along, first, std::max(first, within(stop)), apart));
}

int64_t tensor_narrow(int64_t tensor, int64_t axis, int64_t start, int64_t length) {
  const at::Tensor t = get(tensor);
  const int64_t along = axis_of(axis, t.dim()), size = t.size(along);
  if (start < -size || start > size) {
    fail(RT_TORCH_INDEX,
         "start " + std::to_string(start) + " is out of range for length " + std::to_string(size));
  }
  const int64_t first = start < 0 ? start + size : start;
  if (length < 0 || length > size - first) {
    fail(RT_TORCH_INDEX, "length " + std::to_string(length) + " from " + std::to_string(first) +
                             " on is out of range for an axis of length " + std::to_string(size));
  }
  return put(kernels::slice(t, along, first, first + length, 1));
}

int64_t tensor_index(int64_t tensor, const int64_t *indices, int64_t count) {
  const at::Tensor t = get(tensor);
  const Indices list = indices_of(t, indices, count);
  if (selects_all(list)) return put(t.clone(at::MemoryFormat::Contiguous));
  const std::optional<at::Tensor> first = list.get(0);
  if (first.has_value() && list.size() == 1 && first->scalar_type() == at::kBool &&
      first->sizes() == t.sizes() && t.is_cpu() && !gradients::included()) {
    return put(totals::masked_select(as_signed(t), *first).view(t.scalar_type()));
  }
  return put(with_indices(list, [&] { return at::index(t, list); }));
}

int64_t tensor_take(int64_t tensor, int64_t indices, const int64_t *axis) {
  const at::Tensor t = get(tensor), picked = get(indices);
  if (picked.scalar_type() != at::kLong) {
    fail(RT_TORCH_TYPE, "indices are " + text(picked.scalar_type()) + ", expected int64");
  }
  check_ndim("indices", picked, 1);
  if (axis == nullptr) check_ndim("the tensor", t, 1);
  Indices list;
  const int64_t along = axis_of(axis == nullptr ? 0 : *axis, t.dim());
  for (int64_t i = 0; i < along; ++i) list.push_back(std::nullopt);
  list.push_back(picked);
  return put(with_indices(list, [&] { return at::index(t, list); }));
}

int32_t tensor_index_put_(int64_t tensor, const int64_t *indices, int64_t count, int64_t values) {
  const at::Tensor t = get(tensor), from = get(values);
  check_same_dtype(t, from);
  const Indices list = indices_of(t, indices, count);
  if (selects_all(list)) return tensor_copy_(tensor, values);
  Indices copies;
  for (const std::optional<at::Tensor> index : list) {
    copies.push_back(index.has_value() ? std::optional(detached(t, *index)) : std::nullopt);
  }
  with_indices(copies, [&] {
    return as_signed(writable(tensor, t)).index_put_(copies, as_signed(detached(t, from)));
  });
  return 0;
}

int64_t tensor_nonzero(int64_t tensor) {
  return put(at::nonzero(get(tensor)));
}

int64_t tensor_searchsorted(int64_t sorted, int64_t values, int32_t right, int64_t sorter) {
  const at::Tensor s = get(sorted), v = get(values);
  const std::optional<at::Tensor> order = get_optional(sorter);
  check_ndim("sorted", s, 1);
  check_same_dtype(s, v);
  if (order.has_value() && (order->scalar_type() != at::kLong || order->sizes() != s.sizes())) {
    fail(RT_TORCH_SHAPE, "sorter is " + text(order->scalar_type()) + " of shape " + text(order->sizes()) +
                             ", expected int64 of shape " + text(s.sizes()));
  }
  const bool behind = flag_of("right", right);
  try {
    if (ends_in_nan(s, order)) {
      return put(search_before_nan(order.has_value() ? s.index({order}) : s, v, behind));
    }
    return put(at::searchsorted(s, v, false, behind, std::nullopt, order));
  } catch (const c10::Error &error) {
    if (std::string_view(error.what_without_backtrace()).find("out of range") == std::string_view::npos)
      throw;
    fail(RT_TORCH_INDEX, "an index in sorter is out of range");
  }
}

int64_t tensor_isin(int64_t tensor, int64_t among) {
  return put(at::isin(get(tensor), get(among).contiguous()));  // LibTorch fails for other strides
}

}  // namespace rt
