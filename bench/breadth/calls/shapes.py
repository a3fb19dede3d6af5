"""Shapes, joining, indexing and creation."""

SHAPES = """
t.reshape(x, (-1,))
t.reshape(x, shape)
t.permute_dims(x, (1, 0)) ; t.permute(x, (1, 0)) ; np.transpose(x, (1, 0))
t.matrix_transpose(x) ; x.mT
t.moveaxis(x, 0, 1)
t.expand_dims(x, 0) ; t.unsqueeze(x, 0)
t.squeeze(line1, 0)
t.broadcast_to(row, shape)
t.broadcast_arrays(x, row) ; t.broadcast_tensors(x, row)
t.broadcast_shapes((4, 1), (1, 3))
t.flip(x) ; t.flip(x, (0, 1))
t.flip(x, axis=0) ; t.flip(x, (0,))
t.roll(x, 1)
t.roll(x, 1, axis=0) ; t.roll(x, 1, 0)
t.roll(x, (1, 1), axis=(0, 1)) ; t.roll(x, (1, 1), (0, 1))
t.tile(x, (2, 1))
t.repeat(x, 2) ; t.repeat_interleave(x, 2)
t.repeat(x, 2, axis=0) ; t.repeat_interleave(x, 2, 0)
t.concat([x, y])
t.concat([x, y], axis=1)
t.stack([x, y])
t.stack([x, y], axis=-1)
t.unstack(wide) ; t.unbind(wide)
t.meshgrid(row, row) ; t.meshgrid(row, row, indexing='xy')
t.tril(x)
t.triu(x, k=1) ; t.triu(x, 1) ; np.triu(x, 1)
"""

INDEXING = """
x[0]
x[-1]
x[0, 1]
x[0:1]
x[:, 0]
x[1:, 1:]
x[::2]
x[..., 0]
x[None]
x[b]
x[perm]
x[perm, 0]
x[perm, :]
x[perm, 0:1]
x[None, perm]
x.mT[:, perm] ; ; x.mT[:, perm]
v[order]
x[x > 0]
t.take(v, order) ; t.take(v, order)
t.take(x, perm, axis=0) ; t.index_select(x, 0, perm)
t.take_along_axis(x, places, axis=1) ; t.take_along_dim(x, places, 1)
t.narrow(x, 1, 0, 2) ; ; x[:, 0:2]
t.select(x, 0, 1) ; ; x[1]
"""

CREATION = """
t.empty(shape)
t.zeros(shape) ; ; np.zeros(shape, np.float32)
t.zeros(shape, dtype=t.int64)
t.ones(shape) ; ; np.ones(shape, np.float32)
t.full(shape, 1.5) ; ; np.full(shape, 1.5, np.float32)
t.full(shape, 3)
t.eye(side) ; ; np.eye(side, dtype=np.float32)
t.arange(count)
t.arange(0.0, 1.0, step) ; ; np.arange(0.0, 1.0, step, np.float32)
t.linspace(0.0, 1.0, count) ; ; np.linspace(0.0, 1.0, count, dtype=np.float32)
t.empty_like(x)
t.zeros_like(x)
t.ones_like(x)
t.full_like(x, 1.5)
t.torch_zeros(shape) ; t.zeros(shape) ; np.zeros(shape, np.float32)
t.torch_ones(shape) ; t.ones(shape) ; np.ones(shape, np.float32)
x.new_zeros(shape) ; ; np.zeros(shape, x.dtype)
x.new_ones(shape) ; ; np.ones(shape, x.dtype)
"""

RANDOM = """
t.rand(shape) ; ; np.random.random(shape)
t.randn(shape) ; ; np.random.standard_normal(shape)
t.torch_randn(shape) ; t.randn(shape) ; np.random.standard_normal(shape)
t.manual_seed(3) ; ; np.random.seed(3)
x.normal_() ; ; -
u.multinomial(1) ; ; -
x.uniform_() ; ; -
F.dropout(x, 0.5, True) ; ; -
F.dropout1d(line, 0.5, True) ; ; -
F.dropout2d(image, 0.5, True) ; ; -
F.dropout3d(volume, 0.5, True) ; ; -
F.alpha_dropout(x, 0.5, True) ; ; -
F.feature_alpha_dropout(image, 0.5, True) ; ; -
F.gumbel_softmax(x) ; ; -
t.nn.init.normal_(x) ; ; -
t.nn.init.uniform_(x) ; ; -
t.nn.init.trunc_normal_(x) ; ; -
t.nn.init.kaiming_normal_(x) ; ; -
t.nn.init.kaiming_uniform_(x) ; ; -
t.nn.init.xavier_normal_(x) ; ; -
t.nn.init.xavier_uniform_(x) ; ; -
t.nn.init.orthogonal_(thin) ; ; -
t.nn.init.sparse_(x, 0.5) ; ; -
"""
