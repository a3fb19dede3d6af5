#include "fastpath/views.h"

#include <ATen/ExpandUtils.h>
#include <ATen/TensorUtils.h>
#include <ATen/ops/alias.h>
#include <ATen/ops/diagonal.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "fastpath/allocate.h"
#include "fastpath/cpu_kernels.h"

namespace rt::views {
namespace {

// Whether a view is made here. It always is of a view that was made here, unless that was entered into autograd's
// books, so a view that LibTorch makes never has a base that autograd does not know.
bool is_ours(const at::Tensor &x) {
  return x.unsafeGetTensorImpl()->autograd_meta() == nullptr && !x.is_inference() &&
         cpu_kernels::is_plain_cpu(x.key_set());
}

// Shape and strides of a view under construction.
struct Layout {
  at::DimVector shape, strides;
  int64_t offset;

  explicit Layout(const at::Tensor &x) : shape(x.sizes()), strides(x.strides()), offset(x.storage_offset()) {}
  // That of x without an axis.
  Layout(const at::Tensor &x, int64_t axis) : offset(x.storage_offset()) {
    const at::IntArrayRef lengths = x.sizes(), steps = x.strides();
    const int64_t count = x.dim();
    for (int64_t i = 0; i < count; ++i) {
      if (i == axis) continue;
      shape.push_back(lengths[i]);
      strides.push_back(steps[i]);
    }
  }
  void erase(int64_t axis) {
    shape.erase(shape.begin() + axis);
    strides.erase(strides.begin() + axis);
  }
  void slice(int64_t axis, int64_t start, int64_t stop, int64_t step) {
    offset += start * strides[axis];
    shape[axis] = stop > start ? (stop - start - 1) / step + 1 : 0;
    strides[axis] *= step;
  }
  void unsqueeze(int64_t axis) {
    const bool last = axis == static_cast<int64_t>(shape.size());
    const int64_t stride = last ? 1 : shape[axis] * strides[axis];
    shape.insert(shape.begin() + axis, 1);
    strides.insert(strides.begin() + axis, stride);
  }
  at::Tensor of(const at::Tensor &x) const { return view_of(x, shape, strides, offset); }
};

}  // namespace

at::Tensor alias(const at::Tensor &x) {
  return is_ours(x) ? Layout(x).of(x) : at::alias(x);
}

at::Tensor basic_index(const at::Tensor &x, const ViewSteps &steps) {
  if (!is_ours(x)) return one_by_one(x, steps);
  Layout view(x);
  for (const ViewStep &one : steps) {
    switch (one.kind) {
      case ViewStep::kSelect:
        view.offset += one.start * view.strides[one.axis];
        view.erase(one.axis);
        break;
      case ViewStep::kSlice:
        view.slice(one.axis, one.start, one.stop, one.step);
        break;
      case ViewStep::kUnsqueeze:
        view.unsqueeze(one.axis);
    }
  }
  return view.of(x);
}

// Not of view_of(): what is detached does not follow its base. It shares the version counter.
at::Tensor detach(const at::Tensor &x) {
  if (!is_ours(x)) return x.detach();
  const c10::TensorImpl *impl = x.unsafeGetTensorImpl();
  return at::Tensor(impl->shallow_copy_and_detach(impl->version_counter(), true));
}

at::Tensor diagonal(const at::Tensor &x, int64_t offset, int64_t axis0, int64_t axis1) {
  if (!is_ours(x)) return at::diagonal(x, offset, axis0, axis1);
  Layout view(x);
  const int64_t down = std::max<int64_t>(-offset, 0), right = std::max<int64_t>(offset, 0);
  const int64_t length = std::max<int64_t>(std::min(x.size(axis0) - down, x.size(axis1) - right), 0);
  if (length > 0) view.offset += down * x.stride(axis0) + right * x.stride(axis1);
  view.erase(std::max(axis0, axis1));
  view.erase(std::min(axis0, axis1));
  view.shape.push_back(length);
  view.strides.push_back(x.stride(axis0) + x.stride(axis1));
  return view.of(x);
}

at::Tensor expand(const at::Tensor &x, at::IntArrayRef shape) {
  if (!is_ours(x)) return x.expand(shape);
  auto [sizes, strides] = at::inferExpandGeometry_dimvector(x.sizes(), x.strides(), shape);
  return view_of(x, sizes, strides, x.storage_offset());
}

at::Tensor permute(const at::Tensor &x, at::IntArrayRef axes) {
  if (!is_ours(x)) return x.permute(axes);
  Layout view(x);
  for (size_t i = 0; i < axes.size(); ++i) {
    view.shape[i] = x.size(axes[i]);
    view.strides[i] = x.stride(axes[i]);
  }
  return view.of(x);
}

at::Tensor reshape(const at::Tensor &x, at::IntArrayRef shape) {
  if (!is_ours(x)) return x.reshape(shape);
  if (x.is_contiguous()) return view_of(x, shape);
  const auto strides = at::detail::computeStride(x.sizes(), x.strides(), at::DimVector(shape));
  return strides.has_value() ? view_of(x, shape, *strides, x.storage_offset()) : x.reshape(shape);
}

at::Tensor select(const at::Tensor &x, int64_t axis, int64_t index) {
  if (!is_ours(x)) return x.select(axis, index);
  Layout view(x, axis);
  view.offset += index * x.strides()[axis];
  return view.of(x);
}

at::Tensor slice(const at::Tensor &x, int64_t axis, int64_t start, int64_t stop, int64_t step) {
  if (!is_ours(x)) return x.slice(axis, start, stop, step);
  Layout view(x);
  view.slice(axis, start, stop, step);
  return view.of(x);
}

at::Tensor squeeze(const at::Tensor &x, int64_t axis) {
  if (!is_ours(x)) return x.squeeze(axis);
  return Layout(x, axis).of(x);
}

at::Tensor transpose(const at::Tensor &x, int64_t axis0, int64_t axis1) {
  if (!is_ours(x)) return x.transpose(axis0, axis1);
  Layout view(x);
  std::swap(view.shape[axis0], view.shape[axis1]);
  std::swap(view.strides[axis0], view.strides[axis1]);
  return view.of(x);
}

at::Tensor unsqueeze(const at::Tensor &x, int64_t axis) {
  if (!is_ours(x)) return x.unsqueeze(axis);
  Layout view(x);
  view.unsqueeze(axis);
  return view.of(x);
}

}  // namespace rt::views
