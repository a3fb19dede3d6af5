// Activations with arguments, and the layers of a transformer.
#include <ATen/TensorOperators.h>
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>

#include <limits>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

void check_shape(const char *name, const at::Tensor &tensor, at::IntArrayRef shape) {
  if (tensor.sizes() != shape) {
    fail(RT_TORCH_SHAPE,
         std::string(name) + " has shape " + text(tensor.sizes()) + ", expected " + text(shape));
  }
}

[[noreturn]] void fail_attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v) {
  fail(RT_TORCH_SHAPE, "query " + text(q.sizes()) + ", key " + text(k.sizes()) + " and value " +
                           text(v.sizes()) + " are not (..., l, e), (..., s, e) and (..., s, v)");
}

// LibTorch totals an axis in one pass of float32, or for log_softmax of float16 rows in float16. Longer axes
// than these are totalled by at::sum(), which does not lose small terms.
int64_t longest_axis(const at::Tensor &x, int64_t axis, bool logarithm) {
  if (x.scalar_type() == at::kDouble) return std::numeric_limits<int64_t>::max();
  if (logarithm && x.scalar_type() == at::kHalf) return 1 << 12;
  return x.stride(axis) == 1 ? 1 << 20 : 1 << 14;
}

at::Tensor softmax_of(const at::Tensor &x, int64_t axis, bool logarithm) {
  if (x.dim() == 0 || x.size(axis) <= longest_axis(x, axis, logarithm)) {
    return logarithm ? structured::_log_softmax(x, axis, false) : structured::_softmax(x, axis, false);
  }
  const at::Tensor peak = structured::amax(x, axis, true);
  const auto shifted = [&] { return x.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true).sub_(peak); };
  at::Tensor powers = shifted().exp_();
  const at::Tensor total = powers.sum(axis, true);
  if (!logarithm) return powers.div_(total).to(x.scalar_type());
  powers.reset();  // x - peak is computed again, which needs no second tensor of this size
  return shifted().sub_(total.log()).to(x.scalar_type());
}

}  // namespace

int64_t gelu(int64_t tensor, int32_t approximate) {
  const at::Tensor x = get(tensor);
  check_floating(x);
  return put(structured::gelu(x, flag_of("approximate", approximate) ? "tanh" : "none"));
}

int64_t silu(int64_t tensor) {
  const at::Tensor x = get(tensor);
  check_inexact(x);
  return put(structured::silu(x));
}

int64_t softmax(int64_t tensor, int64_t axis) {
  const at::Tensor x = get(tensor);
  check_floating(x);
  return put(softmax_of(x, axis_of(axis, x.dim()), false));
}

int64_t log_softmax(int64_t tensor, int64_t axis) {
  const at::Tensor x = get(tensor);
  check_floating(x);
  return put(softmax_of(x, axis_of(axis, x.dim()), true));
}

int64_t layer_norm(int64_t tensor, const int64_t *dims, int64_t ndim, int64_t weight, int64_t bias,
                   double epsilon) {
  const at::Tensor x = get(tensor);
  const std::optional<at::Tensor> w = get_optional(weight), b = get_optional(bias);
  check_floating(x);
  const at::IntArrayRef shape = list_of("dims", dims, ndim);
  if (ndim < 1) fail(RT_TORCH_INVALID_ARGUMENT, "ndim is 0, expected 1 or more");
  if (ndim > x.dim() || x.sizes().slice(x.dim() - ndim) != shape) {
    fail(RT_TORCH_SHAPE, "shape " + text(x.sizes()) + " does not end in " + text(shape));
  }
  if (w.has_value()) check_same_dtype(x, *w);
  if (b.has_value()) check_same_dtype(x, *b);
  if (w.has_value()) check_shape("weight", *w, shape);
  if (b.has_value()) check_shape("bias", *b, shape);
  return put(at::layer_norm(x, shape, w, b, epsilon));
}

int64_t linear(int64_t tensor, int64_t weight, int64_t bias) {
  const at::Tensor x = get(tensor), w = get(weight);
  const std::optional<at::Tensor> b = get_optional(bias);
  check_ndim("weight", w, 2);
  const at::Tensor columns = kernels::transpose(w, 0, 1);
  check_matmul(x, columns);
  if (b.has_value()) check_same_dtype(x, *b);
  if (b.has_value()) check_shape("bias", *b, {w.size(0)});
  if (x.dim() != 2 || gradients::included()) return put(at::linear(x, w, b));
  return put(b.has_value() ? kernels::addmm(*b, x, columns, 1, 1) : kernels::matmul(x, columns));
}

int64_t embedding(int64_t weight, int64_t indices) {
  const at::Tensor table = get(weight), rows = get(indices);
  check_ndim("weight", table, 2);
  if (rows.scalar_type() != at::kLong && rows.scalar_type() != at::kInt) {
    fail(RT_TORCH_TYPE, "indices are " + text(rows.scalar_type()) + ", expected int64 or int32");
  }
  const auto fail_index = [&] {
    fail(RT_TORCH_INDEX, "an index is out of range for " + std::to_string(table.size(0)) + " rows");
  };
  if (table.size(0) == 0 && rows.numel() > 0) fail_index();
  try {
    return put(at::embedding(table, rows));
  } catch (const c10::IndexError &) {
    fail_index();
    throw;
  }
}

int64_t scaled_dot_product_attention(int64_t query, int64_t key, int64_t value, int64_t mask, int32_t causal,
                                     const double *scale) {
  const at::Tensor q = get(query), k = get(key), v = get(value);
  const std::optional<at::Tensor> m = get_optional(mask);
  check_floating(q);
  check_same_dtype(q, k);
  check_same_dtype(q, v);
  const int64_t n = q.dim();
  if (n < 2 || k.dim() != n || v.dim() != n || k.size(-1) != q.size(-1) || k.size(-2) != v.size(-2)) {
    fail_attention(q, k, v);
  }
  const auto batch = [n](const at::Tensor &t) { return t.sizes().slice(0, n - 2); };
  if (batch(q) != batch(k) || batch(q) != batch(v)) fail_attention(q, k, v);
  const bool is_causal = flag_of("causal", causal);
  if (m.has_value()) {
    if (is_causal) fail(RT_TORCH_INVALID_ARGUMENT, "causal is 1 and a mask is given, expected one of them");
    if (m->scalar_type() != at::kBool) check_same_dtype(q, *m);
    at::DimVector scores(batch(q).begin(), batch(q).end());
    scores.push_back(q.size(-2));
    scores.push_back(k.size(-2));
    check_broadcast_to(m->sizes(), scores);
  }
  const auto factor = scale == nullptr ? std::nullopt : std::optional<double>(*scale);
  return put(at::scaled_dot_product_attention(q, k, v, m, 0.0, is_causal, factor));
}

}  // namespace rt
