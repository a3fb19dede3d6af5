"""Operators of Python."""

ROWS = """
x + y
x + 2.0
2.0 + x
x - y
x - 2.0
2.0 - x
x * y
x * 2.0
2.0 * x
x / p
x / 2.0
2.0 / p
x ** 2
p ** y
2.0 ** x
i ** 2
i * 0.5 ; ; i * np.float32(0.5)
i / 4 ; ; np.true_divide(i, 4, dtype=np.float32)
z ** 2
z * 2j
i // j
i // 2
7 // j
i % j
i % 3
7 % j
divmod(i, j) ; -
divmod(7, j) ; -
x @ x.mT ; ; x @ x.mT
s @ s2
-x
+x
abs(x)
~i
~b
x == y
x == 0.5
x != y
x < y
x < 0.5
x <= y
x > y
x > 0.5
x >= y
b & c
i & j
i & 3
3 & i
b | c
i | 3
3 | i
b ^ c
i ^ 3
3 ^ i
i << 1
1 << i
i >> 1
64 >> i
x + row
x + col
x + e0
"""

IN_PLACE = """
x += y
x += 0.5
x -= y
x *= ones
x *= 1.0
x /= ones
x /= 1.0
ones **= 3.0
i //= ones_i
i %= j
s @= eye
b &= c
b |= c
b ^= c
i &= 7
i |= 1
i ^= 3
i <<= 0
i >>= 0
x.add_(y) ; ; x += y
x.add_(0.5) ; ; x += 0.5
x.sub_(y) ; ; x -= y
x.mul_(ones) ; ; x *= ones
x.div_(ones) ; ; x /= ones
x.clamp_(-0.5, 0.5) ; ; np.clip(x, -0.5, 0.5, out=x)
x.copy_(y) ; ; x[...] = y
x.fill_(2.0) ; ; x.fill(2.0)
x.zero_() ; ; x.fill(0)
x.abs_() ; ; np.abs(x, out=x)
x.exp_() ; ; np.exp(x, out=x)
p.log_() ; ; np.log(p, out=p)
x.neg_() ; ; np.negative(x, out=x)
x.relu_() ; ; np.maximum(x, 0, out=x)
x.sigmoid_() ; ; x[...] = 1 / (1 + np.exp(-x))
p.sqrt_() ; ; np.sqrt(p, out=p)
x.tanh_() ; ; np.tanh(x, out=x)
x.clamp_min_(-0.5) ; ; np.maximum(x, -0.5, out=x)
x.clamp_max_(0.5) ; ; np.minimum(x, 0.5, out=x)
x.floor_() ; ; np.floor(x, out=x)
x.ceil_() ; ; np.ceil(x, out=x)
x.round_() ; ; np.round(x, out=x)
x.sin_() ; ; np.sin(x, out=x)
x.cos_() ; ; np.cos(x, out=x)
ones.square_() ; ; np.square(ones, out=ones)
ones.pow_(3.0) ; ; ones **= 3.0
p.reciprocal_() ; ; np.reciprocal(p, out=p)
ones.rsqrt_() ; ; -
i.remainder_(j) ; ; i %= j
x.lerp_(y, 0.25) ; ; -
x.addcmul_(y, p, value=0.0) ; ; -
x.addcdiv_(y, p, value=0.0) ; ; -
x.fill_diagonal_(1.0) ; ; np.fill_diagonal(x, 1.0)
x.tril_() ; ; -
x.triu_() ; ; -
x.index_put_((perm,), y) ; ; x[perm] = y
x[perm, :] = 1.0
x[perm, 0] = 1.0
x[..., 0] = 1.0
x.index_add_(0, perm, y) ; ; np.add.at(x, perm, y)
x.index_copy_(0, perm, y) ; ; x[perm] = y
x.index_fill_(0, perm, 0.5) ; ; x[perm] = 0.5
x.masked_fill_(b, 0.5) ; ; x[b] = 0.5
x.scatter_(1, places, y) ; ; np.put_along_axis(x, places, y, 1)
x.scatter_add_(1, places, y) ; ; -
t.nn.init.zeros_(x) ; ; x.fill(0)
t.nn.init.ones_(x) ; ; x.fill(1)
t.nn.init.constant_(x, 0.5) ; ; x.fill(0.5)
t.nn.init.eye_(x) ; ; -
t.nn.init.dirac_(kernel2) ; ; -
"""

ASSIGNMENT = """
x[0] = 1.0
x[0] = row
x[-1] = 1.0
x[0, 1] = 1.0
x[0:1] = 1.0
x[:, 0] = 1.0
x[1:, 1:] = 0.5
x[...] = y
x[:] = row
x[b] = 0.0
x[perm] = y
v[order] = v2
x[..., None] = 1.0
"""
