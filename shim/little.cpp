// One loop for each of the dtypes that most little tensors have.
#include "little.h"

#include <functional>
#include <type_traits>

#include "fresh.h"

namespace rt::little {
namespace {

bool plain(const at::Tensor &x) {
  return x.is_contiguous() && static_cast<int64_t>(x.nbytes()) <= kLittle;
}

// Calls loop with a zero of the C type of a dtype. Integers count modulo 2^n, as LibTorch's do: so unsigned.
template <class Loop>
void typed(at::ScalarType dtype, Loop &&loop) {
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
  if (dtype != y.scalar_type() || x.sizes() != y.sizes() || !plain(x) || !plain(y)) return std::nullopt;
  std::optional<at::Tensor> result;
  typed(dtype, [&]<class T>(T) {
    result = fresh(x.sizes(), dtype);
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
  if (!plain(x)) return std::nullopt;
  std::optional<at::Tensor> result;
  typed(x.scalar_type(), [&]<class T>(T) {
    // An unsigned number from the middle on is a negative one. A NaN stays one, and a negative zero too.
    const auto negative = [](T value) {
      if constexpr (std::is_unsigned_v<T>) return value > ~T() / 2;
      return value < 0;
    };
    result = fresh(x.sizes(), x.scalar_type());
    const T *in = static_cast<const T *>(x.const_data_ptr());
    T *out = static_cast<T *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = negative(in[i]) ? T() : in[i];
  });
  return result;
}

}  // namespace rt::little
