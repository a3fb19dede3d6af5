// LibTorch's structured kernels, with an output that is allocated here.
#include "fastpath/cpu_kernels.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/DispatchKeyExtractor.h>
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/_log_softmax_native.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_native.h>
#include <ATen/ops/acos.h>
#include <ATen/ops/acos_native.h>
#include <ATen/ops/acosh.h>
#include <ATen/ops/acosh_native.h>
#include <ATen/ops/add.h>
#include <ATen/ops/add_native.h>
#include <ATen/ops/all.h>
#include <ATen/ops/all_native.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amax_native.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/amin_native.h>
#include <ATen/ops/any.h>
#include <ATen/ops/any_native.h>
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
#include <ATen/ops/ceil.h>
#include <ATen/ops/ceil_native.h>
#include <ATen/ops/clamp_min_native.h>
#include <ATen/ops/copysign.h>
#include <ATen/ops/copysign_native.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cos_native.h>
#include <ATen/ops/cosh.h>
#include <ATen/ops/cosh_native.h>
#include <ATen/ops/cumprod.h>
#include <ATen/ops/cumprod_native.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/cumsum_native.h>
#include <ATen/ops/div.h>
#include <ATen/ops/div_native.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/elu_native.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/eq_native.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/erf_native.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/exp_native.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/expm1_native.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/floor_native.h>
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
#include <ATen/ops/le.h>
#include <ATen/ops/le_native.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/leaky_relu_native.h>
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
#include <ATen/ops/lt.h>
#include <ATen/ops/lt_native.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/maximum_native.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mean_native.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/minimum_native.h>
#include <ATen/ops/mish.h>
#include <ATen/ops/mish_native.h>
#include <ATen/ops/mm_native.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/mul_native.h>
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
#include <ATen/ops/round.h>
#include <ATen/ops/round_native.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/rsqrt_native.h>
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
#include <ATen/ops/trunc.h>
#include <ATen/ops/trunc_native.h>
#include <ATen/ops/zeros.h>

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

bool is_plain_cpu(const at::Tensor &x) {
  return cpu_kernels::is_plain_cpu(x.key_set());
}
bool is_plain_cpu(const at::Tensor &x, const at::Tensor &y) {
  return cpu_kernels::is_plain_cpu(x.key_set() | y.key_set());
}
bool is_plain_cpu(const at::TensorOptions &options) {
  return cpu_kernels::is_plain_cpu(c10::DispatchKeySet(options.computeDispatchKey()));
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

RT_STRUCTURED(RT_ONE, RT_TWO, RT_MORE)

#undef RT_ONE
#undef RT_TWO
#undef RT_MORE

at::Tensor relu(const at::Tensor &x) {
  if (!is_plain_cpu(x)) return at::relu(x);
  if (auto result = small::relu(x)) return std::move(*result);
  return Structured<at::native::structured_clamp_min_out>::run(x, at::Scalar(0));
}

at::Tensor matmul(const at::Tensor &x, const at::Tensor &y) {
  if (x.dim() != 2 || y.dim() != 2 || !is_plain_cpu(x, y)) return at::matmul(x, y);
  return Structured<at::native::structured_mm_out_cpu>::run(x, y);
}

at::Tensor sum(const at::Tensor &x, at::OptionalIntArrayRef axes, bool keepdim, at::ScalarType dtype) {
  if (!is_plain_cpu(x)) return at::sum(x, axes, keepdim, dtype);
  // Without keepdim the kernel re-views its output through the dispatcher: reduce with it and drop axes here.
  const bool scalar = !axes.has_value() && !keepdim;
  const at::Tensor result =
      Structured<at::native::structured_sum_out>::run(x, axes, keepdim || scalar, std::optional(dtype));
  if (scalar) result.unsafeGetTensorImpl()->set_sizes_contiguous({});
  return result;
}

at::Tensor empty(at::IntArrayRef shape, const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::empty(shape, options);
  return empty_cpu(shape, c10::typeMetaToScalarType(options.dtype()));
}

at::Tensor full(at::IntArrayRef shape, const at::Scalar &value, const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::full(shape, value, options);
  return empty_cpu(shape, c10::typeMetaToScalarType(options.dtype())).fill_(value);
}

at::Tensor zeros(at::IntArrayRef shape, const at::TensorOptions &options) {
  if (!is_plain_cpu(options)) return at::zeros(shape, options);
  at::Tensor tensor = empty_cpu(shape, c10::typeMetaToScalarType(options.dtype()));
  if (tensor.nbytes() > static_cast<size_t>(kSmallBytes)) return tensor.zero_();
  if (tensor.nbytes() > 0) std::memset(tensor.mutable_data_ptr(), 0, tensor.nbytes());  // else it is NULL
  return tensor;
}

}  // namespace rt::cpu_kernels
