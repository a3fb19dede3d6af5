// Indexing by keys: views by integers, slices, new axes and an ellipsis, copies by tensors, and assignment to both.
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "exports.h"
#include "operators/indexing.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

ViewStep select_of(int64_t axis, int64_t index, int64_t place, int64_t length) {
  return {ViewStep::kSelect, axis, index_of(index, place, length), 0, 0};
}

ViewStep slice_of(int64_t axis, int64_t start, int64_t stop, int64_t step, int64_t length) {
  if (step < 1) {
    fail(RT_TORCH_INVALID_ARGUMENT, "step is " + std::to_string(step) + ", expected 1 or more");
  }
  const auto within = [length](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + length : i, 0, length); };
  const int64_t first = within(start);
  // A step longer than the axis selects the same as a step of its length, which does not overflow the stride.
  return {ViewStep::kSlice, axis, first, std::max(first, within(stop)),
          std::min(step, std::max<int64_t>(length, 1))};
}

// Keys as the caller gave them, with the tensors of their handles. If all of these are numbers of the CPU, the keys are
// integers in their place.
class Keys {
 public:
  Keys(const int64_t *integers, int64_t count) : integers_(integers), count_(count) {
    if (count < 0 || count > RT_TORCH_MAX_NDIM) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           "count is " + std::to_string(count) + ", expected 0 to " + std::to_string(RT_TORCH_MAX_NDIM));
    }
    if (integers == nullptr && count > 0) fail(RT_TORCH_INVALID_ARGUMENT, "keys is NULL");
    for (int64_t i = 0; i < count; ++i) {
      if ((*this)[i][0] == RT_TORCH_KEY_TENSOR) tensors_.push_back(get((*this)[i][1]));
    }
    if (!tensors_.empty() && std::ranges::all_of(tensors_, is_number)) replace_numbers();
  }
  Keys(const Keys &) = delete;
  Keys &operator=(const Keys &) = delete;

  bool had_numbers() const { return !replaced_.empty(); }
  int64_t count() const { return count_; }
  const int64_t *operator[](int64_t i) const { return integers_ + i * RT_TORCH_KEY_INTS; }
  const c10::SmallVector<at::Tensor, 3> &tensors() const { return tensors_; }  // in their order

  // How many axes of the tensor an ellipsis stands for. Checks the kinds, and the number of axes.
  int64_t axes_of_ellipsis(const at::Tensor &tensor) const {
    int64_t indexed = 0, added = 0, dots = 0;
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t kind = (*this)[i][0];
      if (kind < RT_TORCH_KEY_INDEX || kind > RT_TORCH_KEY_TENSOR) {
        fail(RT_TORCH_INVALID_ARGUMENT, "key " + std::to_string(i) + " is of kind " + std::to_string(kind) +
                                            ", expected 0 to " + std::to_string(RT_TORCH_KEY_TENSOR));
      }
      indexed += kind == RT_TORCH_KEY_INDEX || kind == RT_TORCH_KEY_SLICE;
      added += kind == RT_TORCH_KEY_NEW_AXIS;
      dots += kind == RT_TORCH_KEY_ELLIPSIS;
    }
    for (const at::Tensor &one : tensors_) indexed += axes_of_index(one);
    const int64_t ndim = tensor.dim();
    if (dots > 1) fail(RT_TORCH_INDEX, std::to_string(dots) + " keys are an ellipsis, expected at most one");
    if (indexed > ndim) {
      fail(RT_TORCH_INDEX, std::to_string(indexed) + " axes are indexed, shape " + text(tensor.sizes()) +
                               " has " + std::to_string(ndim));
    }
    if (ndim + added > RT_TORCH_MAX_NDIM) {
      fail(RT_TORCH_SHAPE,
           "the view would have more than the maximum of " + std::to_string(RT_TORCH_MAX_NDIM) + " axes");
    }
    return ndim - indexed;
  }

  // Whether no whole axis is between two integers or tensors.
  bool adjacent(int64_t axes_of_ellipsis) const {
    enum { kBefore, kWithin, kBehind } place = kBefore;
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t kind = (*this)[i][0];
      if (kind == RT_TORCH_KEY_INDEX || kind == RT_TORCH_KEY_TENSOR) {
        if (place == kBehind) return false;
        place = kWithin;
      } else if (place == kWithin && (kind != RT_TORCH_KEY_ELLIPSIS || axes_of_ellipsis > 0)) {
        place = kBehind;
      }
    }
    return true;
  }

 private:
  static bool is_number(const at::Tensor &index) {
    return index.dim() == 0 && index.is_cpu() &&
           (index.scalar_type() == at::kLong || index.scalar_type() == at::kInt);
  }
  void replace_numbers() {
    replaced_.assign(integers_, integers_ + count_ * RT_TORCH_KEY_INTS);
    auto next = tensors_.begin();
    for (int64_t i = 0; i < count_; ++i) {
      int64_t *key = replaced_.data() + i * RT_TORCH_KEY_INTS;
      if (key[0] != RT_TORCH_KEY_TENSOR) continue;
      key[0] = RT_TORCH_KEY_INDEX;
      key[1] =
          next->scalar_type() == at::kLong ? *next->const_data_ptr<int64_t>() : *next->const_data_ptr<int>();
      ++next;
    }
    tensors_.clear();
    integers_ = replaced_.data();
  }

  const int64_t *integers_;
  int64_t count_;
  c10::SmallVector<at::Tensor, 3> tensors_;
  c10::SmallVector<int64_t, 2 * RT_TORCH_KEY_INTS> replaced_;
};

// The steps to a view, none for a slice of a whole axis, and the indices of the view, none without tensors.
struct Path {
  ViewSteps steps;
  c10::SmallVector<std::optional<at::Tensor>, 4> indices;

  bool picks() const { return !indices.empty(); }
  Indices list() const {  // which allocates, also for none
    Indices all;
    for (const std::optional<at::Tensor> &index : indices) all.push_back(index);
    return all;
  }
};

// Integers are steps, unless whole axes are between them and the tensors: then they are indices, as in NumPy, and all axes of
// the indices come first.
Path path_of(const at::Tensor &tensor, const Keys &keys) {
  Path path;
  const int64_t others = keys.axes_of_ellipsis(tensor);
  const bool picks = !keys.tensors().empty(), selects = !picks || keys.adjacent(others);
  int64_t axis = 0, place = 0;  // of the view, and of the tensor
  auto next = keys.tensors().begin();
  for (int64_t i = 0; i < keys.count(); ++i) {
    const int64_t *key = keys[i];
    int64_t axes = 1;  // of the view that the key indexes
    std::optional<at::Tensor> index;
    if (key[0] == RT_TORCH_KEY_ELLIPSIS) {
      axes = others;
      place += others;
    } else if (key[0] == RT_TORCH_KEY_NEW_AXIS) {
      path.steps.push_back({ViewStep::kUnsqueeze, axis, 0, 0, 0});
    } else if (key[0] == RT_TORCH_KEY_TENSOR) {
      axes = axes_of_index(*next);
      index = next->scalar_type() == at::kByte ? next->to(at::kBool) : *next;  // LibTorch warns of bytes
      ++next;
      place += axes;
    } else if (key[0] == RT_TORCH_KEY_INDEX) {
      const ViewStep one = select_of(axis, key[1], place, tensor.size(place));
      ++place;
      if (selects) {
        path.steps.push_back(one);
        continue;
      }
      index = at::scalar_tensor(one.start, at::kLong);
    } else {
      const int64_t length = tensor.size(place++);
      const ViewStep part = slice_of(axis, key[1], key[2], key[3], length);
      if (part.start > 0 || part.stop < length || part.step > 1) path.steps.push_back(part);
    }
    axis += axes;
    if (index.has_value()) {
      path.indices.push_back(std::move(index));
    } else if (picks) {
      for (int64_t j = 0; j < axes; ++j) path.indices.push_back(std::nullopt);
    }
  }
  return path;
}

}  // namespace

int64_t tensor_select(int64_t tensor, int64_t axis, int64_t index) {
  const at::Tensor t = get(tensor);
  const int64_t along = axis_of(axis, t.dim());
  return put(kernels::select(t, along, index_of(index, along, t.size(along))));
}

int64_t tensor_slice(int64_t tensor, int64_t axis, int64_t start, int64_t stop, int64_t step) {
  const at::Tensor t = get(tensor);
  const int64_t along = axis_of(axis, t.dim());
  const ViewStep part = slice_of(along, start, stop, step, t.size(along));
  return put(kernels::slice(t, along, part.start, part.stop, part.step));
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

int64_t tensor_basic_index(int64_t tensor, const int64_t *keys, int64_t count) {
  const at::Tensor t = get(tensor);
  const Keys given(keys, count);
  const Path path = path_of(t, given);
  if (!path.picks() && !given.had_numbers()) return put(kernels::basic_index(t, path.steps));
  const gradients::Untracked untracked;
  if (!path.picks()) return put(kernels::clone(kernels::basic_index(t, path.steps)));
  return put(indexed(path.steps.empty() ? t : kernels::basic_index(t, path.steps), path.list()));
}

int32_t tensor_basic_index_put_(int64_t tensor, const int64_t *keys, int64_t count, int64_t values) {
  const at::Tensor t = get(tensor), from = get(values);
  const Path path = path_of(t, Keys(keys, count));
  if (path.steps.empty() && !path.picks()) {
    return tensor_copy_(tensor, values);  // for gradients, a write to the tensor itself
  }
  // A view in autograd's books, if the call is recorded.
  const at::Tensor view = path.steps.empty()      ? writable(tensor, t)
                          : gradients::included() ? one_by_one(get_entered(tensor), path.steps)
                                                  : kernels::basic_index(t, path.steps);
  if (path.picks()) {
    put_indexed(view, path.list(), from.to(t.scalar_type()));
    return 0;
  }
  check_broadcast_to(from.sizes(), view.sizes());
  if (!gradients::included() && same_elements(view, from)) return 0;  // as x[1:] -= y ends in Python
  view.copy_(unaliased(view, from));
  return 0;
}

}  // namespace rt
