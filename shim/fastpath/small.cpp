// One loop for each of the most common dtypes: float32, float64, int32, int64.
#include "fastpath/small.h"

#include <functional>
#include <type_traits>

#include "fastpath/allocate.h"

namespace rt::small {
namespace {

bool is_small(const at::Tensor &x) {
  return x.is_contiguous() && static_cast<int64_t>(x.nbytes()) <= kSmallBytes;
}

// Dispatches on dtype, passing a value of the C type. Unsigned, because signed overflow is undefined.
template <class Loop>
void with_type(at::ScalarType dtype, Loop &&loop) {
  switch (dtype) {
    case at::kFloat:
      return loop(0.0F);
    case at::kDouble:
      return loop(0.0);
    case at::kInt:
      return loop(0U);
    case at::kLong:
      return loop(0UL);
    default:
      return;
  }
}

template <class Operation>
std::optional<at::Tensor> binary(const at::Tensor &x, const at::Tensor &y, Operation operation) {
  const at::ScalarType dtype = x.scalar_type();
  if (dtype != y.scalar_type() || x.sizes() != y.sizes() || !is_small(x) || !is_small(y)) {
    return std::nullopt;
  }
  std::optional<at::Tensor> result;
  with_type(dtype, [&]<class T>(T) {
    result = empty_cpu(x.sizes(), dtype);
    const T *a = static_cast<const T *>(x.const_data_ptr()), *b = static_cast<const T *>(y.const_data_ptr());
    T *out = static_cast<T *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = operation(a[i], b[i]);
  });
  return result;
}

}  // namespace

std::optional<at::Tensor> add(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::plus());
}
std::optional<at::Tensor> sub(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::minus());
}
std::optional<at::Tensor> mul(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::multiplies());
}

std::optional<at::Tensor> relu(const at::Tensor &x) {
  if (!is_small(x)) return std::nullopt;
  std::optional<at::Tensor> result;
  with_type(x.scalar_type(), [&]<class T>(T) {
    // Unsigned values above half the range are negative integers. NaN and -0.0 pass through.
    const auto negative = [](T value) {
      if constexpr (std::is_unsigned_v<T>) return value > ~T() / 2;
      return value < 0;
    };
    result = empty_cpu(x.sizes(), x.scalar_type());
    const T *in = static_cast<const T *>(x.const_data_ptr());
    T *out = static_cast<T *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = negative(in[i]) ? T() : in[i];
  });
  return result;
}

}  // namespace rt::small
