// Operators whose CPU kernel is structured. In LibTorch the kernel is at::native::structured_<class>.
//
// ONE(name, class) has one operand and TWO(name, class) has two; MORE(name, class, parameters, arguments) has arguments
// besides, and its operand is x. REDUCE(name, class, parameters, arguments) reduces the operand x over axes, and has a
// parameter `bool keep`; the arguments say `keepdim` in its place.
#pragma once

#define RT_STRUCTURED(ONE, TWO, MORE, REDUCE)                                                                \
  ONE(acos, acos_out)                                                                                        \
  ONE(acosh, acosh_out)                                                                                      \
  ONE(all, all_all_out)                                                                                      \
  ONE(any, any_all_out)                                                                                      \
  ONE(asin, asin_out)                                                                                        \
  ONE(asinh, asinh_out)                                                                                      \
  ONE(atan, atan_out)                                                                                        \
  ONE(atanh, atanh_out)                                                                                      \
  ONE(bitwise_not, bitwise_not_out)                                                                          \
  ONE(ceil, ceil_out)                                                                                        \
  ONE(cos, cos_out)                                                                                          \
  ONE(cosh, cosh_out)                                                                                        \
  ONE(digamma, digamma_out)                                                                                  \
  ONE(erf, erf_out)                                                                                          \
  ONE(erfc, erfc_out)                                                                                        \
  ONE(erfinv, erfinv_out)                                                                                    \
  ONE(exp, exp_out)                                                                                          \
  ONE(exp2, exp2_out)                                                                                        \
  ONE(expm1, expm1_out)                                                                                      \
  ONE(floor, floor_out)                                                                                      \
  ONE(frac, frac_out)                                                                                        \
  ONE(hardsigmoid, hardsigmoid_out)                                                                          \
  ONE(lgamma, lgamma_out)                                                                                    \
  ONE(log, log_out)                                                                                          \
  ONE(log10, log10_out)                                                                                      \
  ONE(log1p, log1p_out)                                                                                      \
  ONE(log2, log2_out)                                                                                        \
  ONE(mish, mish_out)                                                                                        \
  ONE(neg, neg_out)                                                                                          \
  ONE(reciprocal, reciprocal_out)                                                                            \
  ONE(round, round_out)                                                                                      \
  ONE(rsqrt, rsqrt_out)                                                                                      \
  ONE(sgn, sgn_out)                                                                                          \
  ONE(sigmoid, sigmoid_out)                                                                                  \
  ONE(signbit, signbit_out)                                                                                  \
  ONE(silu, silu_out)                                                                                        \
  ONE(sin, sin_out)                                                                                          \
  ONE(sinh, sinh_out)                                                                                        \
  ONE(sqrt, sqrt_out)                                                                                        \
  ONE(tan, tan_out)                                                                                          \
  ONE(tanh, tanh_out)                                                                                        \
  ONE(trunc, trunc_out)                                                                                      \
  TWO(atan2, atan2_out)                                                                                      \
  TWO(bitwise_and, bitwise_and_out)                                                                          \
  TWO(bitwise_left_shift, bitwise_left_shift_out)                                                            \
  TWO(bitwise_or, bitwise_or_out)                                                                            \
  TWO(bitwise_right_shift, bitwise_right_shift_out)                                                          \
  TWO(bitwise_xor, bitwise_xor_out)                                                                          \
  TWO(copysign, copysign_out)                                                                                \
  TWO(hypot, hypot_out)                                                                                      \
  TWO(logaddexp, logaddexp_out)                                                                              \
  TWO(maximum, maximum_out)                                                                                  \
  TWO(minimum, minimum_out)                                                                                  \
  TWO(nextafter, nextafter_out)                                                                              \
  TWO(remainder, remainder_out)                                                                              \
  TWO(pow, pow_Tensor_Tensor_out)                                                                            \
  MORE(cumprod, cumprod_out, (const at::Tensor &x, int64_t axis, std::optional<at::ScalarType> dtype),       \
       (x, axis, dtype))                                                                                     \
  MORE(cumsum, cumsum_out, (const at::Tensor &x, int64_t axis, std::optional<at::ScalarType> dtype),         \
       (x, axis, dtype))                                                                                     \
  MORE(elu, elu_out,                                                                                         \
       (const at::Tensor &x, const at::Scalar &alpha, const at::Scalar &scale,                               \
        const at::Scalar &input_scale),                                                                      \
       (x, alpha, scale, input_scale))                                                                       \
  MORE(gelu, gelu_out_cpu, (const at::Tensor &x, c10::string_view approximate), (x, approximate))            \
  MORE(hardshrink, hardshrink_out, (const at::Tensor &x, const at::Scalar &lambd), (x, lambd))               \
  MORE(leaky_relu, leaky_relu_out, (const at::Tensor &x, const at::Scalar &negative_slope),                  \
       (x, negative_slope))                                                                                  \
  MORE(prod, prod_out,                                                                                       \
       (const at::Tensor &x, int64_t axis, bool keepdim, std::optional<at::ScalarType> dtype),               \
       (x, axis, keepdim, dtype))                                                                            \
  MORE(_log_softmax, log_softmax_cpu_out, (const at::Tensor &x, int64_t axis, bool half_to_float),           \
       (x, axis, half_to_float))                                                                             \
  MORE(_softmax, softmax_cpu_out, (const at::Tensor &x, int64_t axis, bool half_to_float),                   \
       (x, axis, half_to_float))                                                                             \
  MORE(softplus, softplus_out, (const at::Tensor &x, const at::Scalar &beta, const at::Scalar &threshold),   \
       (x, beta, threshold))                                                                                 \
  MORE(softshrink, softshrink_out, (const at::Tensor &x, const at::Scalar &lambd), (x, lambd))               \
  MORE(threshold, threshold_out,                                                                             \
       (const at::Tensor &x, const at::Scalar &threshold, const at::Scalar &value), (x, threshold, value))   \
  MORE(tril, tril_cpu, (const at::Tensor &x, int64_t diagonal), (x, diagonal))                               \
  MORE(triu, triu_cpu, (const at::Tensor &x, int64_t diagonal), (x, diagonal))                               \
  REDUCE(all, all_dims_out, (const at::Tensor &x, at::OptionalIntArrayRef axes, bool keep),                  \
         (x, axes, keepdim))                                                                                 \
  REDUCE(any, any_dims_out, (const at::Tensor &x, at::OptionalIntArrayRef axes, bool keep),                  \
         (x, axes, keepdim))                                                                                 \
  REDUCE(amax, amax_out, (const at::Tensor &x, at::IntArrayRef axes, bool keep), (x, axes, keepdim))         \
  REDUCE(amin, amin_out, (const at::Tensor &x, at::IntArrayRef axes, bool keep), (x, axes, keepdim))         \
  REDUCE(argmax, argmax_out, (const at::Tensor &x, std::optional<int64_t> axes, bool keep),                  \
         (x, axes, keepdim))                                                                                 \
  REDUCE(argmin, argmin_out, (const at::Tensor &x, std::optional<int64_t> axes, bool keep),                  \
         (x, axes, keepdim))                                                                                 \
  REDUCE(linalg_vector_norm, linalg_vector_norm_out,                                                         \
         (const at::Tensor &x, const at::Scalar &order, at::IntArrayRef axes, bool keep),                    \
         (x, order, axes, keepdim, std::nullopt))                                                            \
  REDUCE(mean, mean_out, (const at::Tensor &x, at::OptionalIntArrayRef axes, bool keep),                     \
         (x, axes, keepdim, std::nullopt))                                                                   \
  REDUCE(sum, sum_out, (const at::Tensor &x, at::OptionalIntArrayRef axes, bool keep, at::ScalarType dtype), \
         (x, axes, keepdim, std::optional(dtype)))
