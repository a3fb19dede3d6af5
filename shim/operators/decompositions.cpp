// Linear algebra of matrices, with LAPACK. The axes before the last two are a batch.
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_det.h>
#include <ATen/ops/linalg_eig.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvals.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/linalg_matrix_power.h>
#include <ATen/ops/linalg_matrix_rank.h>
#include <ATen/ops/linalg_pinv.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_slogdet.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_svdvals.h>

#include <array>
#include <cmath>
#include <tuple>

#include "exports.h"
#include "operators/kernels.h"
#include "operators/totals.h"
#include "runtime/checks.h"
#include "runtime/scans.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

void check_matrices(const at::Tensor &t) {
  if (t.dim() < 2) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + " has fewer than 2 axes");
}

void check_square(const at::Tensor &t) {
  check_matrices(t);
  if (t.size(-1) != t.size(-2))
    fail(RT_TORCH_SHAPE, "expected square matrices, got shape " + text(t.sizes()));
}

// Some routines of LAPACK crash for NaN and infinity, or do not end.
void check_finite(const at::Tensor &t) {
  if (!scans::all_finite(t)) fail(RT_TORCH_INVALID_ARGUMENT, "input contains NaN or inf");
}

at::Tensor matrices(int64_t tensor) {
  at::Tensor t = get(tensor);
  check_precise(t);
  check_matrices(t);
  return t;
}

at::Tensor square(int64_t tensor) {
  at::Tensor t = get(tensor);
  check_precise(t);
  check_square(t);
  return t;
}

at::Tensor finite_matrices(int64_t tensor) {
  at::Tensor t = matrices(tensor);
  check_finite(t);
  return t;
}

at::Tensor finite_square(int64_t tensor) {
  at::Tensor t = square(tensor);
  check_finite(t);
  return t;
}

int64_t put_one(const at::Tensor &result) {
  return put(materialized(result));
}

// The results of a function that LibTorch returns in a tuple.
template <size_t count, class Compute>
int64_t put_tuple(int64_t *results, int64_t capacity, const Compute &compute) {
  check_room(results, capacity, count);
  put_all(
      std::apply([](const auto &...all) { return std::vector<at::Tensor>{materialized(all)...}; }, compute()),
      results);
  return count;
}

std::optional<double> tolerance(const double *rtol) {
  return rtol == nullptr ? std::nullopt : std::optional(*rtol);
}

}  // namespace

int64_t tensor_cholesky(int64_t tensor, int32_t upper) {
  const at::Tensor t = finite_square(tensor);
  return put_one(at::linalg_cholesky(t, flag_of("upper", upper)));
}

int64_t tensor_det(int64_t tensor) {
  return put_one(at::linalg_det(square(tensor)));
}

int64_t tensor_inv(int64_t tensor) {
  return put_one(at::linalg_inv(square(tensor)));
}

int64_t tensor_matrix_power(int64_t tensor, int64_t n) {
  const at::Tensor t = square(tensor), power = at::linalg_matrix_power(t, n);
  return put_one(power.is_alias_of(t) ? power.clone() : power);
}

int64_t tensor_eigvals(int64_t tensor) {
  return put_one(at::linalg_eigvals(finite_square(tensor)));
}

int64_t tensor_eigvalsh(int64_t tensor) {
  return put_one(at::linalg_eigvalsh(finite_square(tensor)));
}

int64_t tensor_svdvals(int64_t tensor) {
  return put_one(at::linalg_svdvals(finite_matrices(tensor)));
}

int64_t tensor_pinv(int64_t tensor, const double *rtol) {
  return put_one(at::linalg_pinv(finite_matrices(tensor), std::optional<double>(), tolerance(rtol)));
}

int64_t tensor_matrix_rank(int64_t tensor, const double *rtol) {
  return put_one(at::linalg_matrix_rank(finite_matrices(tensor), std::optional<double>(), tolerance(rtol)));
}

int64_t tensor_solve(int64_t a, int64_t b) {
  const at::Tensor matrix = square(a);
  at::Tensor right = get(b);
  check_same_dtype(matrix, right);
  const bool vector = right.dim() == 1;
  if (vector) right = kernels::unsqueeze(right, 1);
  check_matrices(right);
  if (right.size(-2) != matrix.size(-1)) {
    fail(RT_TORCH_SHAPE,
         "shapes " + text(matrix.sizes()) + " and " + text(right.sizes()) + " differ in the number of rows");
  }
  check_broadcast(matrix.sizes().slice(0, matrix.dim() - 2), right.sizes().slice(0, right.dim() - 2));
  // As many axes as the matrix: LibTorch would read fewer as a batch of vectors.
  while (right.dim() < matrix.dim()) right = kernels::unsqueeze(right, 0);
  const at::Tensor result = at::linalg_solve(matrix, right);
  return put_one(vector ? kernels::squeeze(result, result.dim() - 1) : result);
}

int64_t tensor_matrix_norm(int64_t tensor, const double *order, int32_t keepdim) {
  const at::Tensor t = get(tensor);
  check_inexact(t);
  check_matrices(t);
  const bool keep = flag_of("keepdim", keepdim);
  if (order == nullptr) return put(totals::vector_norm(t, at::IntArrayRef({-2, -1}), 2, keep));
  const double size = std::abs(*order);
  if (size != 1 && size != 2 && !std::isinf(size)) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "order is " + std::to_string(*order) + ", expected 1, 2 or infinity, or the negative of one");
  }
  at::Tensor values;
  if (size == 2) {
    check_precise(t);
    check_finite(t);
    values = at::linalg_svdvals(t);
  } else {
    const at::Tensor magnitudes = t.abs();
    values = totals::sum(magnitudes, at::IntArrayRef(size == 1 ? -2 : -1), false, magnitudes.scalar_type());
  }
  if (values.size(-1) == 0) fail(RT_TORCH_SHAPE, "no values along an empty axis of shape " + text(t.sizes()));
  const at::Tensor result = *order > 0 ? at::amax(values, -1) : at::amin(values, -1);
  if (!keep) return put(result);
  return put(kernels::unsqueeze(kernels::unsqueeze(result, result.dim()), result.dim() + 1));
}

int64_t tensor_eig(int64_t tensor, int64_t *results, int64_t capacity) {
  const at::Tensor t = finite_square(tensor);
  return put_tuple<2>(results, capacity, [&] { return at::linalg_eig(t); });
}

int64_t tensor_eigh(int64_t tensor, int64_t *results, int64_t capacity) {
  const at::Tensor t = finite_square(tensor);
  return put_tuple<2>(results, capacity, [&] { return at::linalg_eigh(t); });
}

int64_t tensor_qr(int64_t tensor, int32_t complete, int64_t *results, int64_t capacity) {
  const at::Tensor t = matrices(tensor);
  const bool whole = flag_of("complete", complete);
  return put_tuple<2>(results, capacity, [&] { return at::linalg_qr(t, whole ? "complete" : "reduced"); });
}

int64_t tensor_slogdet(int64_t tensor, int64_t *results, int64_t capacity) {
  const at::Tensor t = square(tensor);
  return put_tuple<2>(results, capacity, [&] { return at::linalg_slogdet(t); });
}

int64_t tensor_svd(int64_t tensor, int32_t full_matrices, int64_t *results, int64_t capacity) {
  const at::Tensor t = finite_matrices(tensor);
  const bool full = flag_of("full_matrices", full_matrices);
  return put_tuple<3>(results, capacity, [&] { return at::linalg_svd(t, full); });
}

}  // namespace rt
