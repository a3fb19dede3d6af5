"""Arguments for the operators of ATen that models use, for calls by name.

The operators are those that the fallback has, and others that exported programs call.

A line is ``(arguments) names``. An overload that ends with ``_`` takes the arguments of the one without.
"""

ONLY_LIBTORCH = """
convolution native_group_norm _native_batch_norm_legit_no_training native_dropout topk sort gather
scatter.src scatter_add index_put index_add cumprod logsumexp masked_select nonzero argsort roll
repeat_interleave.self_int outer constant_pad_nd diagonal _adaptive_avg_pool2d var_mean.correction
max.dim min.dim erfinv einsum fill.Scalar lerp.Scalar addcmul addcdiv fmod.Tensor
"""

ARGUMENTS = """
(image, kernel2, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1) convolution
(image, None, None, 1, channel_count, pixel_count, 1, 1e-5) native_group_norm
(image, mu, mu, mu, sigma, 0.1, 1e-5) _native_batch_norm_legit_no_training
(x, 0.5, False) native_dropout
(x, 2) topk
(x, 1) sort cumprod max.dim min.dim
(x, [1]) logsumexp var_mean.correction
(x) argsort diagonal erfinv
(x, 1, places) gather
(x, 1, places, y) scatter.src scatter_add
(x, [perm], y) index_put
(x, 0, perm, y) index_add
(x, b) masked_select
(b) nonzero
(x, [1]) roll
(x, 2) repeat_interleave.self_int
(edge, edge) outer
(x, [1, 1], 0.5) constant_pad_nd
(image, [1, 1]) _adaptive_avg_pool2d
('ij,kj->ik', [s, s2]) einsum
(x, 0.5) fill.Scalar
(x, y, 0.5) lerp.Scalar
(x, y, p) addcmul addcdiv
(x, p) fmod.Tensor
(x) neg abs sin cos tan tanh sinh cosh asin acos atan exp expm1 square floor ceil trunc sign erf
(x) isnan isinf isfinite relu sigmoid silu gelu relu6 leaky_relu elu selu celu hardtanh hardswish
(x) hardsigmoid mish softplus log_sigmoid softshrink hardshrink t squeeze contiguous alias detach
(x) lift_fresh clone sum lift_fresh_copy _to_copy zeros_like ones_like mean amax amin max min
(x) argmax argmin linalg_vector_norm tril triu unbind.int glu
(p) log log1p log2 log10 sqrt rsqrt reciprocal
(b) logical_not any all
(i) bitwise_not
(ones) prod
(x, y) maximum minimum max.other min.other atan2 add.Tensor sub.Tensor mul.Tensor eq.Tensor ne.Tensor
(x, y) lt.Tensor le.Tensor gt.Tensor ge.Tensor rsub.Tensor clamp_min.Tensor clamp_max.Tensor
(x, y) type_as expand_as copy_ to.other mse_loss l1_loss smooth_l1_loss huber_loss pairwise_distance
(x, y) cosine_similarity
(x, p) div.Tensor remainder.Tensor
(p, y) pow.Tensor_Tensor
(x, ones) mul_.Tensor div_.Tensor pow_.Tensor
(i, j) floor_divide bitwise_and.Tensor bitwise_or.Tensor bitwise_xor.Tensor __and__.Tensor __or__.Tensor
(i, j) __xor__.Tensor floor_divide_.Tensor
(i, 3) bitwise_and.Scalar bitwise_or.Scalar bitwise_xor.Scalar __and__.Scalar __or__.Scalar
(i, 3) __xor__.Scalar floor_divide.Scalar
(b, c) logical_and logical_or logical_xor
(x, 1.0) add.Scalar sub.Scalar mul.Scalar div.Scalar remainder.Scalar eq.Scalar ne.Scalar lt.Scalar
(x, 1.0) le.Scalar gt.Scalar ge.Scalar rsub.Scalar pow.Tensor_Scalar pow_.Scalar
(2.0, x) pow.Scalar
(x, p, rounding_mode='floor') div.Tensor_mode
(x, 2.0, rounding_mode='floor') div.Scalar_mode
(x, -0.5, 0.5) clamp
(x, y, p) clamp.Tensor
(x, -0.5) clamp_min
(x, 0.5) clamp_max
(b, x, y) where.self
(b, 1.0, 0.0) where.Scalar
(b, x, 0.0) where.ScalarOther
(b, 0.0, x) where.ScalarSelf
(x, b, 0.5) masked_fill.Scalar
(x, b, e0) masked_fill.Tensor
(x, [-1]) view reshape _unsafe_view
(x, 0, 1) flatten.using_ints transpose.int
(x, 0, [-1, 1]) unflatten.int
(x, [0]) flip sum.dim_IntList mean.dim
(x, [1, 0]) permute
(row, shape) expand
(x, 0) unsqueeze prod.dim_int
(line1, 0) squeeze.dim
(line1, [0]) squeeze.dims
(x, 1, 0, 2) slice.Tensor narrow
(x, 0, 1) select.int
(x, [perm]) index.Tensor
(x, 0, perm) index_select
(x, 1, 1) split.Tensor
(x, [1, rows - 1]) split.sizes split_with_sizes
(x, 2) chunk
([x, y]) cat stack
(x, [2, 1]) repeat
(x, t.float64) to.dtype
(x, dtype=t.float64) to.dtype_layout
(x, device, t.float64) to.device
(shape, 1.5) full
(shape) zeros ones
(2.5) scalar_tensor
(x, shape) new_zeros new_ones
(x, 1.5) full_like
(x, shape, 1.5) new_full
(count) arange
(0, count) arange.start
(0, count, 1) arange.start_step
(b, 1) any.dim all.dim
(b, [1]) any.dims all.dims
(x, [1]) var.correction std.correction
(x, 1) cumsum
(s, s2) matmul mm
(x, y) linear
(heads, heads_t) bmm
(s, s, s2) addmm
(heads_out, heads, heads_t) baddbmm
(x, 1) softmax.int log_softmax.int
(x, 1, False) _softmax _log_softmax
(x, [columns]) layer_norm rms_norm
(x, [columns], None, None, 1e-5) native_layer_norm
(heads, heads, heads) scaled_dot_product_attention
(x, perm) embedding
(x) _assert_tensor_metadata
(True, 'no') _assert_scalar
(b0, 'no') _assert_async.msg
(e0) item _local_scalar_dense
(x, 0.1, 2.0) threshold
(x, 0.5, False) dropout alpha_dropout
(image, 0.5, False) feature_dropout feature_alpha_dropout
(x, slope) prelu
(label, columns) one_hot
(line, kernel1) conv1d conv_transpose1d
(image, kernel2) conv2d conv_transpose2d.input
(volume, kernel3) conv3d conv_transpose3d.input
(line, kernel1, None, [1], 'same') conv1d.padding
(image, kernel2, None, [1], 'same') conv2d.padding
(volume, kernel3, None, [1], 'same') conv3d.padding
(image, [2, 2], [1, 1], [0, 0], [1, 1]) im2col
(patches, fold_size, [2, 2], [1, 1], [0, 0], [1, 1]) col2im
(line, [2]) max_pool1d max_pool1d_with_indices avg_pool1d
(line, [1]) adaptive_avg_pool1d adaptive_max_pool1d
(image, [2, 2]) max_pool2d max_pool2d_with_indices avg_pool2d
(image, [1, 1]) adaptive_avg_pool2d adaptive_max_pool2d
(volume, [2, 2, 2]) max_pool3d max_pool3d_with_indices avg_pool3d
(volume, [1, 1, 1]) adaptive_avg_pool3d adaptive_max_pool3d
(image, mu, mu, mu, sigma, False, 0.1, 1e-5, False) batch_norm
(image, 1) group_norm
(line, None, None, None, None, True, 0.1, 1e-5, False) instance_norm
(u, u2) binary_cross_entropy
(x, u) binary_cross_entropy_with_logits kl_div
(x, u, True, False, 1e-8, 1) poisson_nll_loss
(x, y, signs_of_x) cosine_embedding_loss
(x, y, signs) margin_ranking_loss
(x, y, p) triplet_margin_loss
(x, signs) hinge_embedding_loss soft_margin_loss
(thin, thin, cube) bilinear
(x, label) cross_entropy_loss nll_loss_nd
(x_wide, order_of_columns, bags, False, 1, False, None, False, None) embedding_bag.padding_idx
(x, [1, 1]) pad
(channels, 2) pixel_shuffle
(image, 2) pixel_unshuffle
(x) uniform_ normal_ exponential_
(x, perm, 1e9, 2.0) embedding_renorm_
(steps, [state, state], weights4, True, 1, 0.0, False, False, False) lstm.input
(steps, state, weights3, True, 1, 0.0, False, False, False) gru.input
(steps, state, weights1, True, 1, 0.0, False, False, False) rnn_tanh.input rnn_relu.input
(thin, [state2, state2], wide4, wide4) lstm_cell
(thin, state2, wide3, wide3) gru_cell
(thin, state2, wide1, wide1) rnn_tanh_cell rnn_relu_cell
(line, None, [2.0]) upsample_nearest1d.vec _upsample_nearest_exact1d.vec
(image, None, [2.0, 2.0]) upsample_nearest2d.vec _upsample_nearest_exact2d.vec
(volume, None, [2.0, 2.0, 2.0]) upsample_nearest3d.vec _upsample_nearest_exact3d.vec
(line, None, False, [2.0]) upsample_linear1d.vec
(image, None, False, [2.0, 2.0]) upsample_bilinear2d.vec upsample_bicubic2d.vec
(volume, None, False, [2.0, 2.0, 2.0]) upsample_trilinear3d.vec
"""
