#include "operators/value_checks.h"

#include <ATen/core/Tensor.h>
#include <ATen/native/TypeProperties.h>
#include <ATen/ops/aminmax.h>
#include <ATen/ops/result_type.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "runtime/checks.h"
#include "runtime/errors.h"

namespace rt {
namespace {

using Stack = torch::jit::Stack;

const at::Tensor *tensor_at(const Stack &arguments, size_t position) {
  if (position >= arguments.size() || !arguments[position].isTensor()) return nullptr;
  const at::Tensor &tensor = arguments[position].toTensor();
  return tensor.defined() ? &tensor : nullptr;
}

// ---- Truncating division: x86 raises SIGFPE for the smallest integer by -1

bool any_equal(const at::Tensor &tensor, int64_t value) {
  return tensor.eq(value).any().item<bool>();
}

void check_truncating_division(const Stack &arguments) {
  const at::Tensor *x = tensor_at(arguments, 0), *y = tensor_at(arguments, 1);
  const bool truncates =
      arguments.size() > 2 && arguments[2].isString() && arguments[2].toStringRef() == "trunc";
  if (!truncates || x == nullptr || (x->scalar_type() != at::kInt && x->scalar_type() != at::kLong)) return;
  if (y != nullptr && at::result_type(*x, *y) != x->scalar_type()) return;  // computed in a wider dtype
  const bool by_minus_one = y != nullptr ? c10::isSignedType(y->scalar_type()) && any_equal(*y, -1)
                                         : arguments[1].isInt() && arguments[1].toInt() == -1;
  const int64_t smallest = x->scalar_type() == at::kInt ? std::numeric_limits<int32_t>::min()
                                                        : std::numeric_limits<int64_t>::min();
  if (by_minus_one && any_equal(*x, smallest)) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "the smallest " + text(x->scalar_type()) + " divided by -1 does not fit into the dtype");
  }
}

// ---- Counts

void check_total(const at::Tensor &counts) {
  if (!c10::isIntegralType(counts.scalar_type(), false)) return;
  if (counts.to(at::kDouble).sum().item<double>() > 0x1p60) {
    fail(RT_TORCH_INVALID_ARGUMENT, "the repeats sum to more elements than a tensor can have");
  }
}

// repeat_interleave.Tensor takes the counts first, and has two arguments.
void check_repeats(const Stack &arguments) {
  const at::Tensor *counts = tensor_at(arguments, arguments.size() == 2 ? 0 : 1);
  if (counts != nullptr) check_total(*counts);
}

// segment_reduce(data, reduce, lengths, indices, offsets, axis, ...): Axis is the position of axis.
template <size_t Data, size_t Lengths, size_t Offsets, size_t Axis>
void check_segments(const Stack &arguments) {
  const at::Tensor *data = tensor_at(arguments, Data);
  const at::Tensor *lengths = tensor_at(arguments, Lengths), *offsets = tensor_at(arguments, Offsets);
  if (data == nullptr || Axis >= arguments.size() || !arguments[Axis].isInt()) return;
  const int64_t size = data->size(axis_of(arguments[Axis].toInt(), data->dim()));
  const auto check_range = [size](const char *what, const at::Tensor &values, const at::Tensor &totals) {
    if (values.numel() == 0) return;
    if (values.min().item<int64_t>() < 0 || totals.max().item<int64_t>() > size) {
      fail(RT_TORCH_INDEX, std::string(what) + " is out of range for " + std::to_string(size) + " elements");
    }
  };
  if (lengths != nullptr && lengths->dim() > 0) check_range("a segment", *lengths, lengths->sum(-1));
  if (offsets == nullptr || offsets->dim() == 0) return;
  check_range("an offset", *offsets, *offsets);
  if (offsets->size(-1) > 1) check_range("a segment", offsets->diff(), *offsets);
}

// ---- Views whose memory is not checked

void check_view(const Stack &arguments) {
  const at::Tensor *x = tensor_at(arguments, 0);
  if (x == nullptr || !x->has_storage()) return;
  const std::vector<int64_t> sizes = arguments.at(1).toIntVector(), strides = arguments.at(2).toIntVector();
  const auto size = static_cast<int64_t>(x->element_size());
  const bool valid = sizes.size() == strides.size() &&
                     std::ranges::all_of(sizes, [](int64_t n) { return n >= 0; }) &&
                     std::ranges::all_of(strides, [](int64_t n) { return n >= 0; });
  const int64_t reach = !valid                                       ? -1
                        : std::ranges::find(sizes, 0) != sizes.end() ? 0
                                                                     : reach_of(sizes, strides, size);
  if (reach < 0 || reach > static_cast<int64_t>(x->storage().nbytes()) - x->storage_offset() * size) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "shape " + text(sizes) + " and strides " + text(strides) + " reach beyond the tensor's memory");
  }
}

// ---- Positions in the input of a pooling, for each of its outputs

template <size_t Indices, int64_t Axes>
void check_pooled(const Stack &arguments) {
  const at::Tensor *grad = tensor_at(arguments, 0), *input = tensor_at(arguments, 1);
  const at::Tensor *indices = tensor_at(arguments, Indices);
  if (grad == nullptr || input == nullptr || indices == nullptr || input->dim() < Axes) return;
  if (indices->sizes() != grad->sizes()) {
    fail(RT_TORCH_SHAPE, "the indices have shape " + text(indices->sizes()) +
                             ", expected that of the gradient, " + text(grad->sizes()));
  }
  int64_t positions = 1;
  for (int64_t axis = 1; axis <= Axes; ++axis) positions *= input->size(-axis);
  if (indices->numel() == 0 || !c10::isIntegralType(indices->scalar_type(), false)) return;
  const auto [low, high] = at::aminmax(*indices);
  if (low.item<int64_t>() < 0 || high.item<int64_t>() >= positions) {
    fail(RT_TORCH_INDEX, "an index is out of range for " + std::to_string(positions) + " positions");
  }
}

// ---- Sobol sequences

constexpr int64_t kSobolBits = 30, kSobolDimensions = 21201;

void check_sobol_shape(const char *what, const at::Tensor *tensor, std::initializer_list<int64_t> shape) {
  const at::IntArrayRef expected(shape);
  if (tensor == nullptr || tensor->sizes() != expected || tensor->scalar_type() != at::kLong) {
    fail(RT_TORCH_SHAPE, std::string(what) + " must be int64 of shape " + text(expected));
  }
}

int64_t sobol_dimension(const Stack &arguments, size_t position) {
  const int64_t dimension = arguments.at(position).toInt();
  if (dimension < 1 || dimension > kSobolDimensions) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "dimension is " + std::to_string(dimension) + ", expected 1 to " + std::to_string(kSobolDimensions));
  }
  return dimension;
}

void check_sobol_points(const Stack &arguments) {
  const int64_t dimension = sobol_dimension(arguments, 3);
  const int64_t count = arguments.at(1).toInt(), before = arguments.at(4).toInt(),
                most = int64_t{1} << kSobolBits;
  check_sobol_shape("the point", tensor_at(arguments, 0), {dimension});
  check_sobol_shape("the state", tensor_at(arguments, 2), {dimension, kSobolBits});
  if (count < 0 || before < 0 || count >= most || before >= most - count) {
    fail(RT_TORCH_INVALID_ARGUMENT, "a sequence has fewer than 2**30 points");
  }
}

void check_sobol_state(const Stack &arguments) {
  check_sobol_shape("the state", tensor_at(arguments, 0), {sobol_dimension(arguments, 1), kSobolBits});
}

void check_sobol_scramble(const Stack &arguments) {
  const int64_t dimension = sobol_dimension(arguments, 2);
  check_sobol_shape("the state", tensor_at(arguments, 0), {dimension, kSobolBits});
  check_sobol_shape("the matrices", tensor_at(arguments, 1), {dimension, kSobolBits, kSobolBits});
}

struct Named {
  std::string_view name;
  ValueCheck check;
};

// By name without the overload and a trailing "_".
constexpr Named kChecks[] = {
    {"aten::div", check_truncating_division},
    {"aten::divide", check_truncating_division},
    {"aten::repeat_interleave", check_repeats},
    {"aten::segment_reduce", check_segments<0, 2, 4, 5>},
    {"aten::_segment_reduce_backward", check_segments<2, 4, 5, 6>},
    {"aten::_reshape_alias", check_view},
    {"aten::max_pool2d_with_indices_backward", check_pooled<7, 2>},
    {"aten::max_pool3d_with_indices_backward", check_pooled<7, 3>},
    {"aten::adaptive_max_pool2d_backward", check_pooled<2, 2>},
    {"aten::adaptive_max_pool3d_backward", check_pooled<2, 3>},
    {"aten::_sobol_engine_draw", check_sobol_points},
    {"aten::_sobol_engine_ff", check_sobol_points},
    {"aten::_sobol_engine_initialize_state", check_sobol_state},
    {"aten::_sobol_engine_scramble", check_sobol_scramble},
};

}  // namespace

ValueCheck value_check_of(const std::string &name) {
  std::string_view base = std::string_view(name).substr(0, name.find('.'));
  if (base.ends_with('_')) base.remove_suffix(1);
  const auto *const found = std::ranges::find(kChecks, base, &Named::name);
  return found == std::end(kChecks) ? nullptr : found->check;
}

}  // namespace rt
