// CPU kernels called without the dispatcher, where the dispatcher would pick them anyway.
//
// Each function does the same as the one of that name in at::, and calls that where the dispatcher would pick
// another kernel. Only for calls inside the guard, which excludes the autograd keys: see runtime/guard.h.
#pragma once

#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>

#include "runtime/structured.h"

namespace rt::cpu_kernels {

// Whether the dispatcher would pick the CPU kernel for tensors with these keys, in a call that is no view and
// no write.
bool is_plain_cpu(c10::DispatchKeySet keys);

at::Tensor add(const at::Tensor &x, const at::Tensor &y);
at::Tensor sub(const at::Tensor &x, const at::Tensor &y);
at::Tensor mul(const at::Tensor &x, const at::Tensor &y);
at::Tensor div(const at::Tensor &x, const at::Tensor &y);
at::Tensor eq(const at::Tensor &x, const at::Tensor &y);
at::Tensor ne(const at::Tensor &x, const at::Tensor &y);
at::Tensor lt(const at::Tensor &x, const at::Tensor &y);
at::Tensor le(const at::Tensor &x, const at::Tensor &y);
at::Tensor gt(const at::Tensor &x, const at::Tensor &y);
at::Tensor ge(const at::Tensor &x, const at::Tensor &y);
at::Tensor relu(const at::Tensor &x);
#define RT_ONE(name, kernel) at::Tensor name(const at::Tensor &x);
#define RT_TWO(name, kernel) at::Tensor name(const at::Tensor &x, const at::Tensor &y);
#define RT_MORE(name, kernel, parameters, arguments) at::Tensor name parameters;
RT_STRUCTURED(RT_ONE, RT_TWO, RT_MORE, RT_MORE)
#undef RT_ONE
#undef RT_TWO
#undef RT_MORE
at::Tensor clone(const at::Tensor &x);
at::Tensor conj_physical(const at::Tensor &x);
at::Tensor count_nonzero(const at::Tensor &x);
at::Tensor max(const at::Tensor &x);
at::Tensor min(const at::Tensor &x);
at::Tensor searchsorted(const at::Tensor &sorted, const at::Tensor &x, bool out_int32, bool right);
at::Tensor logical_and(const at::Tensor &x, const at::Tensor &y);
at::Tensor logical_not(const at::Tensor &x);
at::Tensor logical_or(const at::Tensor &x, const at::Tensor &y);
at::Tensor logical_xor(const at::Tensor &x, const at::Tensor &y);
at::Tensor to_dtype(const at::Tensor &x, at::ScalarType dtype);  // another one
at::Tensor addmm(const at::Tensor &bias, const at::Tensor &x, const at::Tensor &y, double beta, double alpha);
at::Tensor matmul(const at::Tensor &x, const at::Tensor &y);

at::Tensor cat(at::TensorList tensors, int64_t axis);
at::Tensor stack(at::TensorList tensors, int64_t axis);
at::Tensor index(const at::Tensor &x, const c10::List<std::optional<at::Tensor>> &indices);

// count numbers from start on, whole or not.
at::Tensor arange(const at::Scalar &start, const at::Scalar &stop, const at::Scalar &step, int64_t count,
                  const at::TensorOptions &options);
at::Tensor empty(at::IntArrayRef shape, const at::TensorOptions &options);
at::Tensor full(at::IntArrayRef shape, const at::Scalar &value, const at::TensorOptions &options);
at::Tensor zeros(at::IntArrayRef shape, const at::TensorOptions &options);

}  // namespace rt::cpu_kernels
