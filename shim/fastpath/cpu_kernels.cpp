// LibTorch's structured kernels, with an output that is allocated here.
#include "fastpath/cpu_kernels.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/DispatchKeyExtractor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/add_native.h>
#include <ATen/ops/clamp_min_native.h>
#include <ATen/ops/div.h>
#include <ATen/ops/div_native.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/eq_native.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/ge_native.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/gt_native.h>
#include <ATen/ops/le.h>
#include <ATen/ops/le_native.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/lt_native.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm_native.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/mul_native.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/ne_native.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sub_native.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/sum_native.h>
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

at::Tensor zeros(at::IntArrayRef shape, const at::TensorOptions &options) {
  const c10::DispatchKeySet keys(options.computeDispatchKey());
  if (!is_plain_cpu(keys)) return at::zeros(shape, options);
  at::Tensor tensor = empty_cpu(shape, c10::typeMetaToScalarType(options.dtype()));
  if (tensor.nbytes() > static_cast<size_t>(kSmallBytes)) return tensor.zero_();
  if (tensor.nbytes() > 0) std::memset(tensor.mutable_data_ptr(), 0, tensor.nbytes());  // else it is NULL
  return tensor;
}

}  // namespace rt::cpu_kernels
