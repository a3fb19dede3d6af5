"""Functions of neural networks, steps of optimisers, and gradients."""

FUNCTIONAL = """
F.relu(x) ; ; np.maximum(x, 0)
F.relu6(x) ; ; np.clip(x, 0, 6)
F.leaky_relu(x) ; ; np.where(x > 0, x, 0.01 * x)
F.elu(x) ; ; np.where(x > 0, x, np.expm1(x))
F.selu(x) ; ; -
F.celu(x) ; ; np.where(x > 0, x, np.expm1(x))
F.gelu(x) ; ; -
F.gelu(x, approximate='tanh') ; ; 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))
F.silu(x) ; ; x / (1 + np.exp(-x))
F.sigmoid(x) ; ; 1 / (1 + np.exp(-x))
F.tanh(x) ; ; np.tanh(x)
F.hardtanh(x) ; ; np.clip(x, -1, 1)
F.hardswish(x) ; ; x * np.clip(x + 3, 0, 6) / 6
F.hardsigmoid(x) ; ; np.clip(x + 3, 0, 6) / 6
F.softplus(x) ; ; np.log1p(np.exp(x))
F.softsign(x) ; ; x / (1 + np.abs(x))
F.softshrink(x) ; ; -
F.hardshrink(x) ; ; np.where(np.abs(x) > 0.5, x, 0)
F.tanhshrink(x) ; ; x - np.tanh(x)
F.threshold(x, 0.1, 2.0) ; ; np.where(x > 0.1, x, 2.0)
F.mish(x) ; ; x * np.tanh(np.log1p(np.exp(x)))
F.logsigmoid(x) ; ; -np.log1p(np.exp(-x))
F.prelu(x, slope) ; ; np.where(x > 0, x, slope * x)
F.glu(x) ; ; -
F.softmax(x, dim=-1) ; ; -
F.softmin(x, dim=-1) ; ; -
F.log_softmax(x, dim=-1) ; ; -
F.linear(x, x, None) ; ; x @ x.T
F.linear(x, x, edge_of_x) ; ; x @ x.T + edge_of_x
F.bilinear(thin, thin, cube) ; ; -
F.embedding(perm, x) ; ; x[perm]
F.embedding_bag(places, x_wide) ; ; x_wide[places].mean(1)
F.one_hot(label, columns) ; ; np.eye(columns, dtype=np.int64)[label]
F.scaled_dot_product_attention(heads, heads, heads) ; ; -
F.scaled_dot_product_attention(heads, heads, heads, is_causal=True) ; ; -
F.layer_norm(x, (columns,)) ; ; -
F.layer_norm(x, (columns,), row, row2) ; ; -
F.rms_norm(x, (columns,)) ; ; x / np.sqrt((x * x).mean(-1, keepdims=True) + 1.1920929e-07)
F.group_norm(image, 1) ; ; -
F.instance_norm(line) ; ; -
F.batch_norm(image, mu, sigma) ; ; -
F.batch_norm(image, mu, sigma, mu, mu) ; ; -
F.local_response_norm(image, 2) ; ; -
F.normalize(x) ; ; x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
F.dropout(x, 0.5, False) ; ; -
F.conv1d(line, kernel1) ; ; -
F.conv2d(image, kernel2) ; ; -
F.conv2d(image, kernel2, mu, padding=1) ; ; -
F.conv3d(volume, kernel3) ; ; -
F.conv_transpose1d(line, kernel1) ; ; -
F.conv_transpose2d(image, kernel2) ; ; -
F.conv_transpose3d(volume, kernel3) ; ; -
F.unfold(image, 2) ; ; -
F.fold(patches, fold_size, 2) ; ; -
F.max_pool1d(line, 2) ; ; -
F.max_pool2d(image, 2) ; ; -
F.max_pool3d(volume, 2) ; ; -
F.avg_pool1d(line, 2) ; ; -
F.avg_pool2d(image, 2) ; ; -
F.avg_pool3d(volume, 2) ; ; -
F.adaptive_avg_pool1d(line, 1) ; ; line.mean(-1, keepdims=True)
F.adaptive_avg_pool2d(image, 1) ; ; image.mean((-2, -1), keepdims=True)
F.adaptive_avg_pool3d(volume, 1) ; ; volume.mean((-3, -2, -1), keepdims=True)
F.adaptive_max_pool1d(line, 2) ; ; -
F.adaptive_max_pool2d(image, 2) ; ; -
F.adaptive_max_pool3d(volume, 2) ; ; -
F.interpolate(image, scale_factor=2) ; ; image.repeat(2, 2).repeat(2, 3)
F.interpolate(image, scale_factor=2, mode='bilinear') ; ; -
F.interpolate(image, scale_factor=2, mode='bicubic') ; ; -
F.pad(x, (1, 1)) ; ; np.pad(x, ((0, 0), (1, 1)))
F.pad(image, (1, 1, 1, 1), mode='reflect') ; ; np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)), 'reflect')
F.pixel_shuffle(channels, 2) ; ; -
F.pixel_unshuffle(image, 2) ; ; -
F.cosine_similarity(x, y) ; ; -
F.pairwise_distance(x, y) ; ; np.linalg.norm(x - y + 1e-6, axis=-1)
F.mse_loss(x, y) ; ; np.mean((x - y) ** 2)
F.l1_loss(x, y) ; ; np.mean(np.abs(x - y))
F.smooth_l1_loss(x, y) ; ; -
F.huber_loss(x, y) ; ; -
F.cross_entropy(x, label) ; ; -
F.nll_loss(x, label) ; ; -np.mean(x[np.arange(len(label)), label])
F.binary_cross_entropy(u, u2) ; ; -np.mean(u2 * np.log(u) + (1 - u2) * np.log(1 - u))
F.binary_cross_entropy_with_logits(x, u) ; ; -
F.kl_div(x, u) ; ; np.mean(u * (np.log(u) - x))
F.gaussian_nll_loss(x, y, p) ; ; np.mean(0.5 * (np.log(p) + (x - y) ** 2 / p))
F.poisson_nll_loss(x, u) ; ; np.mean(np.exp(x) - u * x)
F.cosine_embedding_loss(x, y, signs_of_x) ; ; -
F.margin_ranking_loss(x, y, signs) ; ; np.mean(np.maximum(0, -signs * (x - y)))
F.triplet_margin_loss(x, y, p) ; ; -
F.hinge_embedding_loss(x, signs) ; ; -
F.soft_margin_loss(x, signs) ; ; np.mean(np.log1p(np.exp(-signs * x)))
F.ctc_loss(speech, spoken, lengths, spoken_lengths) ; ; -
t.nn.init.calculate_gain('relu') ; ; -
t.nn.utils.get_total_norm([x, y]) ; ; -
t.nn.utils.parameters_to_vector([x, y]) ; ; -
t.nn.utils.vector_to_parameters(x.ravel().clone(), [y]) ; ; -
"""

OPTIMIZERS = """
sgd.step() ; ; -
momentum.step() ; ; -
adam.step() ; ; -
adamw.step() ; ; -
rmsprop.step() ; ; -
adadelta.step() ; ; -
adamax.step() ; ; -
nadam.step() ; ; -
radam.step() ; ; -
adagrad.step() ; ; -
lbfgs.step(closure) ; ; -
"""

GRADIENTS = """
x.requires_grad ; ; -
x.grad ; ; -
x.grad_fn ; ; -
x.is_leaf ; ; -
x.data ; ; -
x.detach() ; ; -
weight * 2.0 ; ; -
(weight * weight).sum() ; ; -
weight.mean().backward() ; ; -
(weight * 2.0).retain_grad() ; ; -
weight.register_hook(keep).remove() ; ; -
t.autograd.grad(weight.mean(), weight) ; ; -
t.autograd.backward(weight.mean()) ; ; -
t.is_grad_enabled() ; ; -
w.requires_grad_(False) ; ; -
t.nn.utils.clip_grad_value_([weight], 1e9) ; ; -
t.nn.utils.clip_grad_norm_([weight], 1e9) ; ; -
t.nn.utils.clip_grads_with_norm_([weight], 1e9, e0) ; ; -
"""
