// The steps from a tensor to a view by a key of basic indexing.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/alias.h>
#include <c10/util/SmallVector.h>

#include <cstdint>

namespace rt {

// Each step is on an axis of the view that those before it make. All are in range and not negative.
struct ViewStep {
  enum Kind { kSelect, kSlice, kUnsqueeze } kind;
  int64_t axis, start, stop, step;  // the index of kSelect is its start
};

using ViewSteps = c10::SmallVector<ViewStep, 6>;

// By LibTorch's views, one for each step: autograd has all of them in its books.
inline at::Tensor one_by_one(const at::Tensor &x, const ViewSteps &steps) {
  if (steps.empty()) return at::alias(x);
  at::Tensor view = x;
  for (const ViewStep &one : steps) {
    view = one.kind == ViewStep::kSelect  ? view.select(one.axis, one.start)
           : one.kind == ViewStep::kSlice ? view.slice(one.axis, one.start, one.stop, one.step)
                                          : view.unsqueeze(one.axis);
  }
  return view;
}

}  // namespace rt
