// Views by integers, slices, new axes and an ellipsis, and assignment to them.
#include <algorithm>

#include "exports.h"
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

// Keys as the caller gave them.
class Keys {
 public:
  Keys(const int64_t *integers, int64_t count) : integers_(integers), count_(count) {
    if (count < 0 || count > RT_TORCH_MAX_NDIM) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           "count is " + std::to_string(count) + ", expected 0 to " + std::to_string(RT_TORCH_MAX_NDIM));
    }
    if (integers == nullptr && count > 0) fail(RT_TORCH_INVALID_ARGUMENT, "keys is NULL");
  }
  int64_t count() const { return count_; }
  const int64_t *operator[](int64_t i) const { return integers_ + i * RT_TORCH_KEY_INTS; }

  // How many axes of the tensor an ellipsis stands for. Checks the kinds, and the number of axes.
  int64_t axes_of_ellipsis(const at::Tensor &tensor) const {
    int64_t indexed = 0, added = 0, dots = 0;
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t kind = (*this)[i][0];
      if (kind < RT_TORCH_KEY_INDEX || kind > RT_TORCH_KEY_ELLIPSIS) {
        fail(RT_TORCH_INVALID_ARGUMENT, "key " + std::to_string(i) + " is of kind " + std::to_string(kind) +
                                            ", expected 0 to " + std::to_string(RT_TORCH_KEY_ELLIPSIS));
      }
      indexed += kind == RT_TORCH_KEY_INDEX || kind == RT_TORCH_KEY_SLICE;
      added += kind == RT_TORCH_KEY_NEW_AXIS;
      dots += kind == RT_TORCH_KEY_ELLIPSIS;
    }
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

 private:
  const int64_t *integers_;
  int64_t count_;
};

// The steps to the view; none for a slice of a whole axis.
ViewSteps steps_of(const at::Tensor &tensor, const int64_t *integers, int64_t count) {
  const Keys keys(integers, count);
  const int64_t others = keys.axes_of_ellipsis(tensor);
  ViewSteps steps;
  int64_t axis = 0, place = 0;  // of the view, and of the tensor
  for (int64_t i = 0; i < keys.count(); ++i) {
    const int64_t *key = keys[i];
    if (key[0] == RT_TORCH_KEY_ELLIPSIS) {
      axis += others;
      place += others;
    } else if (key[0] == RT_TORCH_KEY_NEW_AXIS) {
      steps.push_back({ViewStep::kUnsqueeze, axis++, 0, 0, 0});
    } else if (key[0] == RT_TORCH_KEY_INDEX) {
      steps.push_back(select_of(axis, key[1], place, tensor.size(place)));
      ++place;
    } else {
      const int64_t length = tensor.size(place++);
      const ViewStep part = slice_of(axis++, key[1], key[2], key[3], length);
      if (part.start > 0 || part.stop < length || part.step > 1) steps.push_back(part);
    }
  }
  return steps;
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
  return put(kernels::basic_index(t, steps_of(t, keys, count)));
}

int32_t tensor_basic_index_put_(int64_t tensor, const int64_t *keys, int64_t count, int64_t values) {
  const at::Tensor t = get(tensor), from = get(values);
  const ViewSteps steps = steps_of(t, keys, count);
  if (steps.empty()) return tensor_copy_(tensor, values);  // for gradients, a write to the tensor itself
  // A view in autograd's books, if the call is recorded.
  const at::Tensor view =
      gradients::included() ? one_by_one(get_entered(tensor), steps) : kernels::basic_index(t, steps);
  check_broadcast_to(from.sizes(), view.sizes());
  if (!gradients::included() && same_elements(view, from)) return 0;  // as x[1:] -= y ends in Python
  view.copy_(unaliased(view, from));
  return 0;
}

}  // namespace rt
