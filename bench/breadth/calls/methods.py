"""Methods and attributes of tensors, and conversions."""

METHODS = """
x.abs() ; ; np.abs(x)
x.acos() ; ; np.arccos(x)
q.acosh() ; ; np.arccosh(q)
x.asin() ; ; np.arcsin(x)
x.asinh() ; ; np.arcsinh(x)
x.atan() ; ; np.arctan(x)
x.atan2(p) ; ; np.arctan2(x, p)
u.atanh() ; ; np.arctanh(u)
i.bitwise_and(j) ; ; np.bitwise_and(i, j)
i.bitwise_not() ; ; np.bitwise_not(i)
i.bitwise_or(j) ; ; np.bitwise_or(i, j)
i.bitwise_xor(j) ; ; np.bitwise_xor(i, j)
x.ceil() ; ; np.ceil(x)
x.copysign(y) ; ; np.copysign(x, y)
x.cos() ; ; np.cos(x)
x.cosh() ; ; np.cosh(x)
x.erf() ; ; -
x.exp() ; ; np.exp(x)
x.expm1() ; ; np.expm1(x)
x.floor() ; ; np.floor(x)
i.floor_divide(j) ; ; i // j
x.hypot(y) ; ; np.hypot(x, y)
x.isfinite() ; ; np.isfinite(x)
x.isinf() ; ; np.isinf(x)
x.isnan() ; ; np.isnan(x)
p.log() ; ; np.log(p)
p.log10() ; ; np.log10(p)
p.log1p() ; ; np.log1p(p)
p.log2() ; ; np.log2(p)
x.logaddexp(y) ; ; np.logaddexp(x, y)
b.logical_and(c) ; ; np.logical_and(b, c)
b.logical_not() ; ; np.logical_not(b)
b.logical_or(c) ; ; np.logical_or(b, c)
b.logical_xor(c) ; ; np.logical_xor(b, c)
x.maximum(y) ; ; np.maximum(x, y)
x.minimum(y) ; ; np.minimum(x, y)
x.nextafter(y) ; ; np.nextafter(x, y)
p.pow(2) ; ; p ** 2
p.reciprocal() ; ; np.reciprocal(p)
i.remainder(j) ; ; i % j
x.round() ; ; np.round(x)
p.rsqrt() ; ; 1 / np.sqrt(p)
x.sign() ; ; np.sign(x)
x.signbit() ; ; np.signbit(x)
x.sin() ; ; np.sin(x)
x.sinh() ; ; np.sinh(x)
p.sqrt() ; ; np.sqrt(p)
x.square() ; ; np.square(x)
x.tan() ; ; np.tan(x)
x.tanh() ; ; np.tanh(x)
x.trunc() ; ; np.trunc(x)
x.relu() ; ; np.maximum(x, 0)
x.sigmoid() ; ; 1 / (1 + np.exp(-x))
x.add(y) ; ; x + y
x.sub(y) ; ; x - y
x.subtract(y) ; ; x - y
x.mul(y) ; ; x * y
x.multiply(y) ; ; x * y
x.div(p) ; ; x / p
x.divide(p) ; ; x / p
x.neg() ; ; -x
x.eq(y) ; ; x == y
x.ne(y) ; ; x != y
x.lt(y) ; ; x < y
x.le(y) ; ; x <= y
x.gt(y) ; ; x > y
x.ge(y) ; ; x >= y
x.clamp(-0.5, 0.5) ; ; np.clip(x, -0.5, 0.5)
x.clamp_min(0.0) ; ; np.maximum(x, 0.0)
x.clamp_max(0.5) ; ; np.minimum(x, 0.5)
x.sum() ; ; x.sum()
x.sum(0) ; ; x.sum(0)
x.sum(dim=1, keepdim=True) ; ; x.sum(axis=1, keepdims=True)
x.prod(0) ; ; x.prod(0)
x.mean() ; ; x.mean()
x.mean(dim=-1) ; ; x.mean(axis=-1)
x.max() ; ; x.max()
x.min() ; ; x.min()
b.all() ; ; b.all()
b.any() ; ; b.any()
x.var() ; x.var(correction=0) ; x.var()
x.std() ; x.std(correction=0) ; x.std()
x.argmax() ; ; x.argmax()
x.argmin(0) ; ; x.argmin(0)
x.amax(1) ; ; x.max(1)
x.amin(0) ; ; x.min(0)
x.norm() ; ; np.linalg.norm(x)
x.logsumexp(1) ; ; np.log(np.exp(x).sum(1))
x.softmax(1) ; ; -
x.log_softmax(1) ; ; -
x.cumsum(1) ; ; x.cumsum(1)
x.cumprod(1) ; ; x.cumprod(1)
x.cummax(1) ; ; -
x.cummin(1) ; ; -
perm.sort() ; ; -
perm.argsort() ; ; perm.argsort()
x.topk(2) ; ; -
x.kthvalue(2) ; ; -
i.mode() ; ; -
s.matmul(s2) ; ; s @ s2
s.mm(s2) ; ; s @ s2
s.mv(edge) ; ; s @ edge
edge.dot(edge) ; ; edge @ edge
edge.outer(edge) ; ; np.outer(edge, edge)
heads.bmm(heads.transpose(1, 2)) ; ; heads @ heads.swapaxes(1, 2)
x.reshape(-1) ; ; x.reshape(-1)
x.reshape_as(y) ; ; x.reshape(y.shape)
x.view(-1) ; ; x.reshape(-1)
x.view_as(y) ; ; x.reshape(y.shape)
x.permute(1, 0) ; ; x.transpose(1, 0)
x.transpose(0, 1) ; ; x.swapaxes(0, 1)
x.movedim(0, 1) ; ; np.moveaxis(x, 0, 1)
x.t() ; ; x.T
x.T ; ; x.T
x.mT ; ; x.mT
x.H ; ; x.T
x.mH ; ; x.mT
x.real ; ; x.real
z.real ; ; z.real
z.imag ; ; z.imag
x.where(b, y) ; ; np.where(b, x, y)
x.ndimension() ; ; x.ndim
x.stride() ; ; -
row.expand(shape) ; ; np.broadcast_to(row, shape)
row.expand_as(x) ; ; np.broadcast_to(row, x.shape)
row.broadcast_to(shape) ; ; np.broadcast_to(row, shape)
x.unsqueeze(0) ; ; np.expand_dims(x, 0)
line1.squeeze(0) ; ; line1.squeeze(0)
x.flatten() ; ; x.ravel()
x.unflatten(0, (-1, 1)) ; ; x.reshape(-1, 1, x.shape[1])
v.unfold(0, 2, 2) ; ; np.lib.stride_tricks.sliding_window_view(v, 2)[::2]
x.flip(0) ; ; np.flip(x, 0)
x.repeat(2, 1) ; ; np.tile(x, (2, 1))
x.repeat_interleave(2, 0) ; ; np.repeat(x, 2, 0)
x.tril() ; ; np.tril(x)
x.triu() ; ; np.triu(x)
x.diagonal() ; ; x.diagonal()
x.chunk(2) ; ; np.array_split(x, 2)
x.split(1, 1) ; ; np.split(x, x.shape[1], 1)
wide.unbind() ; ; np.unstack(wide)
x.narrow(1, 0, 2) ; ; x[:, 0:2]
x.gather(1, places) ; ; np.take_along_axis(x, places, 1)
x.index_select(0, perm) ; ; x[perm]
x.masked_select(b) ; ; x[b]
x.masked_fill(b, 0.5) ; ; np.where(b, 0.5, x)
x.index_add(0, perm, y) ; ; -
x.scatter(1, places, y) ; ; -
x.scatter_add(1, places, y) ; ; -
x.clone() ; ; x.copy()
x.contiguous() ; ; np.ascontiguousarray(x)
x.addcdiv(y, p) ; ; -
x.addcmul(y, p) ; ; -
s.addmm(s2, eye) ; ; s + s2 @ eye
x.allclose(y) ; ; np.allclose(x, y)
x.angle() ; ; np.angle(x)
b.argwhere() ; ; np.argwhere(b)
cube.baddbmm(cube, cube) ; ; cube + cube @ cube
label.bincount() ; ; np.bincount(label)
x.clip(-0.5, 0.5) ; ; np.clip(x, -0.5, 0.5)
z.conj() ; z.conj_physical() ; np.conj(z)
x.count_nonzero() ; ; -
m.det() ; ; np.linalg.det(m)
edge.diag() ; ; np.diag(edge)
x.diff() ; ; np.diff(x)
p.digamma() ; ; -
x.erfc() ; ; -
u.erfinv() ; ; -
x.exp2() ; ; np.exp2(x)
x.fmod(0.5) ; ; np.fmod(x, np.float32(0.5))
x.frac() ; ; -
x.index_copy(0, perm, y) ; ; -
x.index_fill(0, perm, 0.5) ; ; -
v.inner(v2) ; ; np.inner(v, v2)
m.inverse() ; ; np.linalg.inv(m)
x.isclose(y) ; ; np.isclose(x, y)
x.kron(small) ; ; np.kron(x, small)
x.lerp(y, 0.25) ; ; -
p.lgamma() ; ; -
u.logit() ; ; -
x.masked_scatter(b, y) ; ; -
x.median() ; ; -
x.median(1) ; ; -
x.nan_to_num() ; ; np.nan_to_num(x)
x.quantile(0.5) ; ; np.quantile(x, 0.5)
x.ravel() ; ; x.ravel()
x.roll(1) ; ; np.roll(x, 1)
x.swapaxes(0, 1) ; ; x.swapaxes(0, 1)
x.tile((2, 1)) ; ; np.tile(x, (2, 1))
s.trace() ; ; np.trace(s)
"""

CONVERSIONS = """
x.shape ; ; x.shape
x.ndim ; ; x.ndim
x.size ; x.numel() ; x.size
x.dtype ; ; x.dtype
x.device ; ; -
x.itemsize ; ; x.itemsize
x.nbytes ; ; x.nbytes
x.strides ; x.stride() ; -
x.backend ; - ; -
x.is_cuda() ; x.is_cuda ; -
x.numel() ; ; x.size
x.nelement() ; ; x.size
x.element_size() ; ; x.itemsize
x.dim() ; ; x.ndim
x.is_contiguous() ; ; x.flags.c_contiguous
x.is_floating_point() ; ; -
x.is_complex() ; ; np.iscomplexobj(x)
len(x) ; ; len(x)
float(e0) ; ; float(e0)
int(n0) ; ; int(n0)
bool(b0) ; ; bool(b0)
complex(e0) ; ; complex(e0)
operator.index(n0) ; ; operator.index(n0)
math.floor(e0) ; ; math.floor(e0)
math.ceil(e0) ; ; math.ceil(e0)
math.trunc(e0) ; - ; -
round(e0) ; - ; -
list(x) ; ; list(x)
0.5 in x ; ; 0.5 in x
e0.item() ; ; e0.item()
x.tolist() ; ; x.tolist()
x.numpy() ; ; -
np.asarray(x) ; ; -
copy.copy(x) ; - ; copy.copy(x)
copy.deepcopy(x) ; ; copy.deepcopy(x)
repr(small) ; - ; -
t.from_numpy(array) ; ; np.asarray(array)
t.asarray(array)
t.asarray(array, copy=True) ; ; np.array(array)
t.asarray(nested) ; t.tensor(nested) ; np.array(nested, np.float32)
t.asarray(2.5) ; t.tensor(2.5) ; np.array(2.5)
t.from_dlpack(x)
x.__dlpack__()
x.__dlpack_device__()
x.__array_namespace__() ; - ; x.__array_namespace__()
t.astype(x, t.float64) ; x.to(t.float64) ; x.astype(np.float64)
x.astype(t.int64) ; x.to(t.int64) ; x.astype(np.int64)
x.to(t.float64) ; ; x.astype(np.float64)
x.to('cpu') ; ; -
x.to_device('cpu') ; x.to('cpu') ; -
x.cpu() ; ; -
x.type_as(i) ; ; x.astype(i.dtype)
x.bool() ; ; x.astype(np.bool)
x.int() ; ; x.astype(np.int32)
x.long() ; ; x.astype(np.int64)
x.short() ; ; x.astype(np.int16)
p.byte() ; ; p.astype(np.uint8)
x.char() ; ; x.astype(np.int8)
x.cfloat() ; ; x.astype(np.complex64)
x.cdouble() ; ; x.astype(np.complex128)
i.float() ; ; i.astype(np.float32)
x.double() ; ; x.astype(np.float64)
x.half() ; ; x.astype(np.float16)
x.bfloat16() ; ; -
t.result_type(x, small)
t.can_cast(t.int32, t.int64)
t.isdtype(t.float32, 'integral') ; - ; np.isdtype(np.float32, 'integral')
t.finfo(t.float32) ; ; np.finfo(np.float32)
t.iinfo(t.int64) ; ; np.iinfo(np.int64)
t.get_num_threads() ; ; -
t.get_backend() ; - ; -
t.memory_stats() ; - ; -
t.fallback_counts() ; - ; -
t.torch_available() ; - ; -
t.torch_cuda_available() ; t.cuda.is_available() ; -
t.torch_version() ; - ; -
t.__array_namespace_info__() ; - ; -
t.auto_detect_device() ; - ; -
"""
