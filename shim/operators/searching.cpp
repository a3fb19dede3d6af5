// Searching, and the distinct elements of tensors.
#include <ATen/ops/_unique2.h>
#include <ATen/ops/count_nonzero.h>
#include <ATen/ops/index.h>
#include <ATen/ops/isin.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/searchsorted.h>

#include <tuple>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/scans.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

bool ends_in_nan(const at::Tensor &sorted, const std::optional<at::Tensor> &order) {
  if (!sorted.is_floating_point() || sorted.numel() == 0) return false;
  if (!order.has_value() && scans::is_dense_real(sorted)) return scans::is_nan(sorted, sorted.numel() - 1);
  const at::Tensor last = order.has_value() ? sorted.index({order->narrow(0, order->numel() - 1, 1)})
                                            : kernels::select(sorted, 0, sorted.numel() - 1);
  return last.isnan().item<bool>();
}

// at::searchsorted() in a tensor that ends in NaNs, which that does not take as greater than the numbers.
at::Tensor search_before_nan(const at::Tensor &sorted, const at::Tensor &values, bool behind) {
  const int64_t size = sorted.numel(), numbers = size - at::count_nonzero(sorted.isnan()).item<int64_t>();
  const at::Tensor found = at::searchsorted(sorted.narrow(0, 0, numbers), values, false, behind);
  return behind ? found.masked_fill(values.isnan(), size) : found;
}

// The distinct elements, their indices and their numbers.
std::tuple<at::Tensor, at::Tensor, at::Tensor> distinct(int64_t tensor, bool inverse, bool counts) {
  const at::Tensor t = get(tensor);
  if (t.is_complex()) fail(RT_TORCH_TYPE, "dtype " + text(t.scalar_type()) + " has no order");
  return at::_unique2(t, /*sorted=*/true, inverse, counts);
}

}  // namespace

int64_t tensor_nonzero(int64_t tensor) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  return put(at::nonzero(t));
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
  const gradients::Untracked untracked;
  try {
    if (ends_in_nan(s, order)) {
      return put(search_before_nan(order.has_value() ? s.index({order}) : s, v, behind));
    }
    return put(order.has_value() ? at::searchsorted(s, v, false, behind, std::nullopt, order)
                                 : kernels::searchsorted(s, v, false, behind));
  } catch (const c10::Error &error) {
    if (std::string_view(error.what_without_backtrace()).find("out of range") == std::string_view::npos)
      throw;
    fail(RT_TORCH_INDEX, "an index in sorter is out of range");
  }
}

int64_t tensor_isin(int64_t tensor, int64_t among) {
  const at::Tensor t = get(tensor), known = get(among);
  const gradients::Untracked untracked;
  return put(at::isin(t, known.contiguous()));  // LibTorch fails for other strides
}

int64_t tensor_nonzero_numpy(int64_t tensor, int64_t *results, int64_t capacity) {
  const at::Tensor t = get(tensor);
  if (t.dim() == 0) fail(RT_TORCH_SHAPE, "the tensor has no axis, expected at least one");
  check_room(results, capacity, t.dim());
  const at::Tensor found = at::nonzero(t);
  std::vector<at::Tensor> indices;
  indices.reserve(static_cast<size_t>(t.dim()));
  for (int64_t axis = 0; axis < t.dim(); ++axis) indices.push_back(kernels::select(found, 1, axis));
  put_all(indices, results);
  return t.dim();
}

int64_t tensor_unique_values(int64_t tensor) {
  return put(std::get<0>(distinct(tensor, false, false)));
}

int64_t tensor_unique_counts(int64_t tensor, int64_t *results, int64_t capacity) {
  check_room(results, capacity, 2);
  const auto [values, indices, counts] = distinct(tensor, false, true);
  put_all({values, counts}, results);
  return 2;
}

int64_t tensor_unique_inverse(int64_t tensor, int64_t *results, int64_t capacity) {
  check_room(results, capacity, 2);
  const auto [values, indices, counts] = distinct(tensor, true, false);
  put_all({values, indices}, results);
  return 2;
}

}  // namespace rt
