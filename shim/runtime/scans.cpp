#include "runtime/scans.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/loops.h"

namespace rt::scans {
namespace {

bool is_dense(const at::Tensor &x) {
  return x.is_cpu() && x.is_non_overlapping_and_dense();
}

// Whether the test holds for any value.
template <class Value, class Test>
bool any_of(const void *memory, int64_t count, const Test &test) {
  using Flag = std::conditional_t<sizeof(Value) == 8, int64_t, int32_t>;
  const auto loop = [&test](const Value *data, int64_t left) {
    for (; left >= loops::kLanes; left -= loops::kLanes, data += loops::kLanes) {
      Flag found[loops::kLanes], any = 0;
      for (int64_t i = 0; i < loops::kLanes; ++i) found[i] = test(data[i]) ? 1 : 0;
      for (int64_t i = 0; i < loops::kLanes; ++i) any |= found[i];
      if (any != 0) return true;
    }
    return std::any_of(data, data + left, test);
  };
  return loops::vectorized(loop, static_cast<const Value *>(memory), count);
}

}  // namespace

bool is_dense_real(const at::Tensor &x) {
  return (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) && is_dense(x);
}

bool all_finite(const at::Tensor &x) {
  const auto not_finite = [](auto value) { return !(value - value == 0); };
  if (is_dense(x)) {
    switch (x.scalar_type()) {
      case at::kFloat:
        return !any_of<float>(x.const_data_ptr(), x.numel(), not_finite);
      case at::kDouble:
        return !any_of<double>(x.const_data_ptr(), x.numel(), not_finite);
      case at::kComplexFloat:
        return !any_of<float>(x.const_data_ptr(), 2 * x.numel(), not_finite);
      case at::kComplexDouble:
        return !any_of<double>(x.const_data_ptr(), 2 * x.numel(), not_finite);
      default:
        break;
    }
  }
  return x.detach().isfinite().all().item<bool>();
}

bool any_infinite(const at::Tensor &x) {
  const auto infinite = [](auto value) {
    return std::abs(value) == std::numeric_limits<decltype(value)>::infinity();
  };
  if (is_dense_real(x) && x.scalar_type() == at::kFloat)
    return any_of<float>(x.const_data_ptr(), x.numel(), infinite);
  if (is_dense_real(x)) return any_of<double>(x.const_data_ptr(), x.numel(), infinite);
  return x.detach().isinf().any().item<bool>();
}

bool all_indices(const at::Tensor &x, int64_t length) {
  const auto outside = [length](int64_t value) {
    return static_cast<uint64_t>(value) >= static_cast<uint64_t>(length);
  };
  if (is_dense(x)) return !any_of<int64_t>(x.const_data_ptr(), x.numel(), outside);
  return x.ge(0).logical_and_(x.lt(length)).all().item<bool>();
}

bool is_nan(const at::Tensor &x, int64_t place) {
  if (x.scalar_type() == at::kFloat) return std::isnan(static_cast<const float *>(x.const_data_ptr())[place]);
  return std::isnan(static_cast<const double *>(x.const_data_ptr())[place]);
}

bool all_numbers(const at::Tensor &x) {
  const auto nan = [](auto value) { return value != value; };
  if (x.scalar_type() == at::kFloat) return !any_of<float>(x.const_data_ptr(), x.numel(), nan);
  return !any_of<double>(x.const_data_ptr(), x.numel(), nan);
}

}  // namespace rt::scans
