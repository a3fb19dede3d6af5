// Matrix products.
#include <ATen/ops/addmm.h>

#include <cmath>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

// LibTorch would truncate a fraction.
void check_factor(const char *name, double value, const at::Tensor &tensor) {
  if (c10::isIntegralType(tensor.scalar_type(), true) && value != std::trunc(value)) {
    fail(RT_TORCH_INVALID_ARGUMENT, std::string(name) + " is " + std::to_string(value) +
                                        ", expected a whole number for " + text(tensor.scalar_type()));
  }
}

}  // namespace

int64_t tensor_matmul(int64_t a, int64_t b) {
  const at::Tensor x = get(a), y = get(b);
  check_matmul(x, y);
  return put(kernels::matmul(x, y));
}

int64_t tensor_addmm(int64_t bias, int64_t a, int64_t b, double beta, double alpha) {
  const at::Tensor c = get(bias), x = get(a), y = get(b);
  check_ndim("a", x, 2);
  check_ndim("b", y, 2);
  check_matmul(x, y);
  check_same_dtype(c, x);
  check_broadcast_to(c.sizes(), {x.size(0), y.size(1)});
  check_factor("beta", beta, x);
  check_factor("alpha", alpha, x);
  return put(at::addmm(c, x, y, beta, alpha));
}

}  // namespace rt
