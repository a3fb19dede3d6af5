// LibTorch's structured kernels, with an output that is allocated here.
#include "fastpath/cpu_kernels.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/DispatchKeyExtractor.h>
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/_log_softmax_native.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_native.h>
#include <ATen/ops/_to_copy.h>
#include <ATen/ops/acos.h>
#include <ATen/ops/acos_native.h>
#include <ATen/ops/acosh.h>
#include <ATen/ops/acosh_native.h>
#include <ATen/ops/add.h>
#include <ATen/ops/add_native.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/addmm_native.h>
#include <ATen/ops/all.h>
#include <ATen/ops/all_native.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amax_native.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/amin_native.h>
#include <ATen/ops/any.h>
#include <ATen/ops/any_native.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/arange_native.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmax_native.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/argmin_native.h>
#include <ATen/ops/asin.h>
#include <ATen/ops/asin_native.h>
#include <ATen/ops/asinh.h>
#include <ATen/ops/asinh_native.h>
#include <ATen/ops/atan.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/atan2_native.h>
#include <ATen/ops/atan_native.h>
#include <ATen/ops/atanh.h>
#include <ATen/ops/atanh_native.h>
#include <ATen/ops/bitwise_and.h>
#include <ATen/ops/bitwise_and_native.h>
#include <ATen/ops/bitwise_left_shift.h>
#include <ATen/ops/bitwise_left_shift_native.h>
#include <ATen/ops/bitwise_not.h>
#include <ATen/ops/bitwise_not_native.h>
#include <ATen/ops/bitwise_or.h>
#include <ATen/ops/bitwise_or_native.h>
#include <ATen/ops/bitwise_right_shift.h>
#include <ATen/ops/bitwise_right_shift_native.h>
#include <ATen/ops/bitwise_xor.h>
#include <ATen/ops/bitwise_xor_native.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cat_native.h>
#include <ATen/ops/ceil.h>
#include <ATen/ops/ceil_native.h>
#include <ATen/ops/clamp_min_native.h>
#include <ATen/ops/conj_physical.h>
#include <ATen/ops/copysign.h>
#include <ATen/ops/copysign_native.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cos_native.h>
#include <ATen/ops/cosh.h>
#include <ATen/ops/cosh_native.h>
#include <ATen/ops/count_nonzero.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/cumprod_native.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/cumsum_native.h>
#include <ATen/ops/digamma.h>
#include <ATen/ops/digamma_native.h>
#include <ATen/ops/div.h>
#include <ATen/ops/div_native.h>
#include <ATen/ops/dot_native.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/elu_native.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/eq_native.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/erf_native.h>
#include <ATen/ops/erfc.h>
#include <ATen/ops/erfc_native.h>
#include <ATen/ops/erfinv.h>
#include <ATen/ops/erfinv_native.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/exp2.h>
#include <ATen/ops/exp2_native.h>
#include <ATen/ops/exp_native.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/expm1_native.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/floor_native.h>
#include <ATen/ops/frac.h>
#include <ATen/ops/frac_native.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/ge_native.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_native.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/gt_native.h>
#include <ATen/ops/hardshrink.h>
#include <ATen/ops/hardshrink_native.h>
#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/hardsigmoid_native.h>
#include <ATen/ops/hypot.h>
#include <ATen/ops/hypot_native.h>
#include <ATen/ops/index.h>
#include <ATen/ops/index_native.h>
#include <ATen/ops/le.h>
#include <ATen/ops/le_native.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/leaky_relu_native.h>
#include <ATen/ops/lgamma.h>
#include <ATen/ops/lgamma_native.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linalg_vector_norm_native.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log10.h>
#include <ATen/ops/log10_native.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/log1p_native.h>
#include <ATen/ops/log2.h>
#include <ATen/ops/log2_native.h>
#include <ATen/ops/log_native.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/logaddexp_native.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/logical_xor.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/lt_native.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max.h>
#include <ATen/ops/max_native.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/maximum_native.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mean_native.h>
#include <ATen/ops/min.h>
#include <ATen/ops/min_native.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/minimum_native.h>
#include <ATen/ops/mish.h>
#include <ATen/ops/mish_native.h>
#include <ATen/ops/mm_native.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/mul_native.h>
#include <ATen/ops/mv_native.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/ne_native.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/neg_native.h>
#include <ATen/ops/nextafter.h>
#include <ATen/ops/nextafter_native.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/pow_native.h>
#include <ATen/ops/prod.h>
#include <ATen/ops/prod_native.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/reciprocal_native.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/remainder_native.h>
#include <ATen/ops/round.h>
#include <ATen/ops/round_native.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/rsqrt_native.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/searchsorted_native.h>
#include <ATen/ops/sgn.h>
#include <ATen/ops/sgn_native.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sigmoid_native.h>
#include <ATen/ops/signbit.h>
#include <ATen/ops/signbit_native.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_native.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sin_native.h>
#include <ATen/ops/sinh.h>
#include <ATen/ops/sinh_native.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/softplus_native.h>
#include <ATen/ops/softshrink.h>
#include <ATen/ops/softshrink_native.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sqrt_native.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sub_native.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/sum_native.h>
#include <ATen/ops/tan.h>
#include <ATen/ops/tan_native.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_native.h>
#include <ATen/ops/threshold.h>
#include <ATen/ops/threshold_native.h>
#include <ATen/ops/tril.h>
#include <ATen/ops/tril_native.h>
#include <ATen/ops/triu.h>
#include <ATen/ops/triu_native.h>
#include <ATen/ops/trunc.h>
#include <ATen/ops/trunc_native.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>

#include "fastpath/allocate.h"
#include "fastpath/small.h"

namespace rt::cpu_kernels {
namespace {

// A structured kernel works out its output's shape and dtype in meta(), requests it with set_output_*(), and
// fills it in impl(). Before LibTorch 2.13 set_output_*() has one more parameter: the names of the axes.
template <class Kernel, class SetOutput = decltype(&at::impl::MetaBase::set_output_strided)>
class Structured;

template <class Kernel, class... Names>
class Structured<Kernel, void (at::impl::MetaBase::*)(int64_t, at::IntArrayRef, at::IntArrayRef,
                                                      at::TensorOptions, Names...)>
    final : public Kernel {
 public:
  template <class... Arguments>
  static at::Tensor run(const Arguments &...arguments) {
    Structured kernel;
    kernel.meta(arguments...);
    kernel.impl(arguments..., kernel.output_);
    return std::move(kernel.output_);
  }

  // For a kernel whose meta() returns further arguments of impl(): finish(kernel, those arguments, output).
  template <class Finish, class... Arguments>
  static at::Tensor run_with(const Finish &finish, const Arguments &...arguments) {
    Structured kernel;
    finish(kernel, kernel.meta(arguments...), kernel.output_);
    return std::move(kernel.output_);
  }

  const at::Tensor &maybe_get_output(int64_t) override { return output_; }

  void set_output_strided(int64_t index, at::IntArrayRef shape, at::IntArrayRef strides,
                          at::TensorOptions options, Names... names) override {
    const at::ScalarType dtype = c10::typeMetaToScalarType(options.dtype());
    output_ =
        strides.empty() ? empty_cpu(shape, dtype) : at::detail::empty_strided_cpu(shape, strides, dtype);
    // The iterator asks for channels-last memory by its format, and then writes in that order.
    const at::MemoryFormat format = options.memory_format_opt().value_or(at::MemoryFormat::Contiguous);
    if (format != at::MemoryFormat::Contiguous) output_.unsafeGetTensorImpl()->empty_tensor_restride(format);
    if constexpr (std::is_base_of_v<at::TensorIteratorBase, Kernel>) {
      Kernel::set_output_raw_strided(index, shape, strides, options, names...);
    }
  }

  void set_output_raw_strided(int64_t index, at::IntArrayRef shape, at::IntArrayRef strides,
                              at::TensorOptions options, Names... names) override {
    set_output_strided(index, shape, strides, options, names...);
  }

 private:
  at::Tensor output_;
};

template <class... Tensors>
bool is_plain_cpu(const Tensors &...operands) {
  return cpu_kernels::is_plain_cpu((... | operands.key_set()));
}
bool is_plain_cpu(at::TensorList operands) {
  c10::DispatchKeySet keys;
  for (const at::Tensor &operand : operands) keys = keys | operand.key_set();
  return cpu_kernels::is_plain_cpu(keys);
}
bool is_plain_cpu(const at::TensorOptions &options) {
  return cpu_kernels::is_plain_cpu(c10::DispatchKeySet(options.computeDispatchKey()));
}

// Whether the strides are those of a new tensor of the shape. is_contiguous() admits others for axes of length 1.
bool in_c_order(const at::Tensor &x) {
  int64_t expected = 1;
  for (int64_t i = x.dim() - 1; i >= 0; --i) {
    if (x.stride(i) != expected) return false;
    expected *= std::max<int64_t>(x.size(i), 1);
  }
  return true;
}

template <size_t Size>
void copy_elements(std::byte *to, const std::byte *from, int64_t count, int64_t step) {
  for (int64_t i = 0; i < count; ++i, to += Size, from += step * static_cast<int64_t>(Size)) {
    std::memcpy(to, from, Size);
  }
}

// Elements with a distance of step of them to elements without.
void copy_row(std::byte *to, const std::byte *from, int64_t count, int64_t step, int64_t size) {
  switch (size) {
    case 1:
      return copy_elements<1>(to, from, count, step);
    case 2:
      return copy_elements<2>(to, from, count, step);
    case 4:
      return copy_elements<4>(to, from, count, step);
    case 8:
      return copy_elements<8>(to, from, count, step);
    default:
      return copy_elements<16>(to, from, count, step);
  }
}

// Whether a reduction can keep its axes, and have them dropped here. LibTorch drops them by a view, through the dispatcher.
bool can_keep(at::OptionalIntArrayRef) {
  return true;
}
bool can_keep(std::optional<int64_t> axis) {  // of argmax(), which then reduces another shape
  return axis.has_value();
}

// A new tensor in C order without the axes of length 1 that a reduction has kept.
at::Tensor dropped(at::Tensor result, at::OptionalIntArrayRef axes) {
  at::DimVector shape;
  if (axes.has_value() && !axes->empty()) {
    const int64_t count = result.dim();
    for (int64_t i = 0; i < count; ++i) {
      const auto is_axis = [i, count](int64_t axis) { return axis == i || axis == i - count; };
      if (std::ranges::none_of(*axes, is_axis)) shape.push_back(result.size(i));
    }
  }
  result.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return result;
}
at::Tensor dropped(at::Tensor result, std::optional<int64_t> axis) {
  return dropped(std::move(result), axis.has_value() ? at::OptionalIntArrayRef(*axis) : std::nullopt);
}

}  // namespace

bool is_plain_cpu(c10::DispatchKeySet keys) {
  // BackendSelect is for factories (calls without a tensor), ADInplaceOrView for views and writes; for other operators
  // both fall through.
  constexpr c10::DispatchKeySet considered = c10::DispatchKeySet(c10::DispatchKeySet::FULL)
                                                 .remove(c10::DispatchKey::BackendSelect)
                                                 .remove(c10::DispatchKey::ADInplaceOrView);
  return c10::impl::computeDispatchKeySet(keys, considered) == c10::DispatchKeySet(c10::DispatchKey::CPU);
}

at::Tensor add(const at::Tensor &x, const at::Tensor &y) {
  if (!is_plain_cpu(x, y)) return at::add(x, y);
  if (auto result = small::add(x, y)) return std::move(*result);
  return Structured<at::native::structured_ufunc_add_CPU>::run(x, y, at::Scalar(1));
}

at::Tensor sub(const at::Tensor &x, const at::Tensor &y) {
  if (!is_plain_cpu(x, y)) return at::sub(x, y);
  if (auto result = small::sub(x, y)) return std::move(*result);
  return Structured<at::native::structured_sub_out>::run(x, y, at::Scalar(1));
}

at::Tensor mul(const at::Tensor &x, const at::Tensor &y) {
  if (!is_plain_cpu(x, y)) return at::mul(x, y);
  if (auto result = small::mul(x, y)) return std::move(*result);
  return Structured<at::native::structured_mul_out>::run(x, y);
}

at::Tensor div(const at::Tensor &x, const at::Tensor &y) {
  if (!is_plain_cpu(x, y)) return at::div(x, y);
  if (auto result = small::div(x, y)) return std::move(*result);
  return Structured<at::native::structured_div_out>::run(x, y);
}

#define RT_COMPARISON(name)                                                   \
  at::Tensor name(const at::Tensor &x, const at::Tensor &y) {                 \
    if (!is_plain_cpu(x, y)) return at::name(x, y);                           \
    if (auto result = small::name(x, y)) return std::move(*result);           \
    return Structured<at::native::structured_##name##_Tensor_out>::run(x, y); \
  }

RT_COMPARISON(eq)
RT_COMPARISON(ne)
RT_COMPARISON(lt)
RT_COMPARISON(le)
RT_COMPARISON(gt)
RT_COMPARISON(ge)

#undef RT_COMPARISON

#define RT_ONE(name, kernel)                                    \
  at::Tensor name(const at::Tensor &x) {                        \
    if (!is_plain_cpu(x)) return at::name(x);                   \
    return Structured<at::native::structured_##kernel>::run(x); \
  }
#define RT_TWO(name, kernel)                                       \
  at::Tensor name(const at::Tensor &x, const at::Tensor &y) {      \
    if (!is_plain_cpu(x, y)) return at::name(x, y);                \
    return Structured<at::native::structured_##kernel>::run(x, y); \
  }
#define RT_MORE(name, kernel, parameters, arguments)                   \
  at::Tensor name parameters {                                         \
    if (!is_plain_cpu(x)) return at::name arguments;                   \
    return Structured<at::native::structured_##kernel>::run arguments; \
  }

#define RT_REDUCE(name, kernel, parameters, arguments)                               \
  at::Tensor name parameters {                                                       \
    const bool plain = is_plain_cpu(x), keepdim = keep || (plain && can_keep(axes)); \
    if (!plain) return at::name arguments;                                           \
    at::Tensor result = Structured<at::native::structured_##kernel>::run arguments;  \
    return keep == keepdim ? std::move(result) : dropped(std::move(result), axes);   \
  }

RT_STRUCTURED(RT_ONE, RT_TWO, RT_MORE, RT_REDUCE)

#undef RT_ONE
#undef RT_TWO
#undef RT_MORE
#undef RT_REDUCE

#define RT_LOGICAL(name)                                              \
  at::Tensor name(const at::Tensor &x, const at::Tensor &y) {         \
    if (is_plain_cpu(x, y)) {                                         \
      if (auto result = small::name(x, y)) return std::move(*result); \
    }                                                                 \
    return at::name(x, y);                                            \
  }

RT_LOGICAL(logical_and)
RT_LOGICAL(logical_or)
RT_LOGICAL(logical_xor)

#undef RT_LOGICAL

at::Tensor logical_not(const at::Tensor &x) {
  if (is_plain_cpu(x)) {
    if (auto result = small::logical_not(x)) return std::move(*result);
  }
  return at::logical_not(x);
}

at::Tensor relu(const at::Tensor &x) {
  if (!is_plain_cpu(x)) return at::relu(x);
  if (auto result = small::relu(x)) return std::move(*result);
  return Structured<at::native::structured_clamp_min_out>::run(x, at::Scalar(0));
}

at::Tensor clone(const at::Tensor &x) {
  constexpr int64_t kMostBytes = 1 << 15;  // LibTorch copies more with several threads
  const auto bytes = static_cast<int64_t>(x.nbytes());
  const bool ordered = in_c_order(x), row = x.dim() == 1 && x.size(0) > 1;
  if (!is_plain_cpu(x) || bytes > kMostBytes || !(ordered || row)) return x.clone();
  at::Tensor result = empty_cpu(x.sizes(), x.scalar_type());
  if (bytes == 0) return result;
  auto *to = static_cast<std::byte *>(result.mutable_data_ptr());
  const auto *from = static_cast<const std::byte *>(x.const_data_ptr());
  if (ordered) {
    std::memcpy(to, from, bytes);
  } else {
    copy_row(to, from, x.size(0), x.stride(0), static_cast<int64_t>(x.element_size()));
  }
  return result;
}

at::Tensor conj_physical(const at::Tensor &x) {
  if (is_plain_cpu(x)) {
    if (auto result = small::conj_physical(x)) return std::move(*result);
  }
  return at::conj_physical(x);
}

at::Tensor count_nonzero(const at::Tensor &x) {
  if (is_plain_cpu(x)) {
    if (auto result = small::count_nonzero(x)) return std::move(*result);
  }
  return at::count_nonzero(x);
}

// These write to an output of the right shape, so that LibTorch neither allocates nor resizes one.
#define RT_EXTREME(name)                                \
  at::Tensor name(const at::Tensor &x) {                \
    if (!is_plain_cpu(x)) return at::name(x);           \
    at::Tensor result = empty_cpu({}, x.scalar_type()); \
    return at::native::name##_unary_out(x, result);     \
  }

RT_EXTREME(max)
RT_EXTREME(min)

#undef RT_EXTREME

at::Tensor searchsorted(const at::Tensor &sorted, const at::Tensor &x, bool out_int32, bool right) {
  if (!is_plain_cpu(sorted, x)) return at::searchsorted(sorted, x, out_int32, right);
  at::Tensor result = empty_cpu(x.sizes(), out_int32 ? at::kInt : at::kLong);
  return at::native::searchsorted_out_cpu(sorted, x, out_int32, right, std::nullopt, std::nullopt, result);
}

at::Tensor to_dtype(const at::Tensor &x, at::ScalarType dtype) {
  if (is_plain_cpu(x)) {
    if (auto result = small::to_dtype(x, dtype)) return std::move(*result);
  }
  return at::_to_copy(x, at::TensorOptions().dtype(dtype));
}

at::Tensor addmm(const at::Tensor &bias, const at::Tensor &x, const at::Tensor &y, double beta,
                 double alpha) {
  if (!is_plain_cpu(bias, x, y)) return at::addmm(bias, x, y, beta, alpha);
  return Structured<at::native::structured_addmm_out_cpu>::run(bias, x, y, at::Scalar(beta),
                                                               at::Scalar(alpha));
}

at::Tensor matmul(const at::Tensor &x, const at::Tensor &y) {
  if (!is_plain_cpu(x, y)) return at::matmul(x, y);
  if (x.dim() == 2 && y.dim() == 2) return Structured<at::native::structured_mm_out_cpu>::run(x, y);
  if (x.dim() == 2 && y.dim() == 1) return at::native::mv(x, y);
  if (x.dim() == 1 && y.dim() == 1) return at::native::dot(x, y);
  return at::matmul(x, y);
}

at::Tensor cat(at::TensorList tensors, int64_t axis) {
  if (!is_plain_cpu(tensors)) return at::cat(tensors, axis);
  const at::ITensorListRef list(tensors);
  const auto finish = [&list](auto &kernel, const auto &found, const at::Tensor &output) {
    kernel.impl(list, found.dim, found.valid, found.all_contiguous, found.all_same_dtype,
                found.all_same_sizes_and_stride, found.memory_format, output);
  };
  return Structured<at::native::structured_cat_out_cpu>::run_with(finish, list, axis);
}

// The tensors joined along the axis are, in memory, those joined along a new axis in front of it.
at::Tensor stack(at::TensorList tensors, int64_t axis) {
  at::DimVector shape(tensors[0].sizes());
  if (axis == static_cast<int64_t>(shape.size()) || !is_plain_cpu(tensors)) return at::stack(tensors, axis);
  at::Tensor result = cat(tensors, axis);
  if (!result.is_contiguous()) return at::stack(tensors, axis);
  shape.insert(shape.begin() + axis, static_cast<int64_t>(tensors.size()));
  result.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return result;
}

at::Tensor index(const at::Tensor &x, const c10::List<std::optional<at::Tensor>> &indices) {
  c10::DispatchKeySet keys = x.key_set();
  for (const std::optional<at::Tensor> one : indices) {
    if (one.has_value()) keys = keys | one->key_set();
  }
  if (!is_plain_cpu(keys)) return at::index(x, indices);
  const auto finish = [&x](auto &kernel, const auto &found, const at::Tensor &output) {
    kernel.impl(x, found.sizes, found.strides, output);
  };
  return Structured<at::native::structured_index_out>::run_with(finish, x, at::IOptTensorListRef(indices));
}

at::Tensor arange(const at::Scalar &start, const at::Scalar &stop, const at::Scalar &step, int64_t count,
                  const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::arange(start, stop, step, options);
  at::Tensor result = empty_cpu({count}, c10::typeMetaToScalarType(options.dtype()));
  return at::native::arange_out(start, stop, step, result);
}

at::Tensor empty(at::IntArrayRef shape, const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::empty(shape, options);
  return empty_cpu(shape, c10::typeMetaToScalarType(options.dtype()));
}

at::Tensor full(at::IntArrayRef shape, const at::Scalar &value, const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::full(shape, value, options);
  const at::Tensor tensor = empty_cpu(shape, c10::typeMetaToScalarType(options.dtype()));
  return small::fill(tensor, value) ? tensor : tensor.fill_(value);
}

at::Tensor zeros(at::IntArrayRef shape, const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::zeros(shape, options);
  at::Tensor tensor = empty_cpu(shape, c10::typeMetaToScalarType(options.dtype()));
  if (tensor.nbytes() > static_cast<size_t>(kSmallBytes)) return tensor.zero_();
  if (tensor.nbytes() > 0) std::memset(tensor.mutable_data_ptr(), 0, tensor.nbytes());  // else it is NULL
  return tensor;
}

}  // namespace rt::cpu_kernels
