// Views made without the dispatcher.
//
// Each function does the same as the one of that name in at::, basic_index() as one_by_one(), and calls that for tensors that are not plain CPU tensors,
// or that have autograd metadata. Nothing is checked: axes and indices must be in range and not negative, shapes fit.
#pragma once

#include <ATen/core/Tensor.h>

#include "runtime/view_steps.h"

namespace rt::views {

at::Tensor alias(const at::Tensor &x);
at::Tensor basic_index(const at::Tensor &x, const ViewSteps &steps);
at::Tensor detach(const at::Tensor &x);
at::Tensor diagonal(const at::Tensor &x, int64_t offset, int64_t axis0, int64_t axis1);
at::Tensor expand(const at::Tensor &x, at::IntArrayRef shape);
at::Tensor permute(const at::Tensor &x, at::IntArrayRef axes);
at::Tensor reshape(const at::Tensor &x,
                   at::IntArrayRef shape);  // without a -1; a copy where no view is possible
at::Tensor select(const at::Tensor &x, int64_t axis, int64_t index);
at::Tensor slice(const at::Tensor &x, int64_t axis, int64_t start, int64_t stop, int64_t step);
at::Tensor squeeze(const at::Tensor &x, int64_t axis);
at::Tensor transpose(const at::Tensor &x, int64_t axis0, int64_t axis1);
at::Tensor unsqueeze(const at::Tensor &x, int64_t axis);

}  // namespace rt::views
