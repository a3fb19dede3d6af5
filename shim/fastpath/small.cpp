// One loop for each of the most common dtypes: float32, float64, int32, int64, bool where it has the operation, and
// complex numbers where nothing else has it.
#include "fastpath/small.h"

#include <c10/util/TypeCast.h>

#include <algorithm>
#include <functional>
#include <type_traits>

#include "fastpath/allocate.h"

namespace rt::small {
namespace {

bool is_small(const at::Tensor &x) {
  return x.is_contiguous() && static_cast<int64_t>(x.nbytes()) <= kSmallBytes;
}

// Dispatches on dtype, passing a value of the C type.
template <bool also_bool, class Loop>
void with_type(at::ScalarType dtype, Loop &&loop) {
  if constexpr (also_bool) {
    if (dtype == at::kBool) return loop(false);
  }
  switch (dtype) {
    case at::kFloat:
      return loop(0.0F);
    case at::kDouble:
      return loop(0.0);
    case at::kInt:
      return loop(int32_t{0});
    case at::kLong:
      return loop(int64_t{0});
    default:
      return;
  }
}

// Integers in unsigned arithmetic, because signed overflow is undefined.
template <class Operation>
struct Modular {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      using Unsigned = std::make_unsigned_t<T>;
      return static_cast<T>(Operation()(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
    } else {
      return Operation()(a, b);
    }
  }
};

// The dtype of the result is that of the operands, or bool where the operation returns bool.
template <class Operation>
std::optional<at::Tensor> binary(const at::Tensor &x, const at::Tensor &y, Operation operation) {
  const at::ScalarType dtype = x.scalar_type();
  if (dtype != y.scalar_type() || x.sizes() != y.sizes() || !is_small(x) || !is_small(y)) {
    return std::nullopt;
  }
  std::optional<at::Tensor> result;
  constexpr bool is_test = std::is_same_v<std::invoke_result_t<Operation, float, float>, bool>;
  with_type<is_test>(dtype, [&]<class T>(T) {
    using Result = std::invoke_result_t<Operation, T, T>;
    result = empty_cpu(x.sizes(), std::is_same_v<Result, bool> ? at::kBool : dtype);
    const T *a = static_cast<const T *>(x.const_data_ptr()), *b = static_cast<const T *>(y.const_data_ptr());
    Result *out = static_cast<Result *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = operation(a[i], b[i]);
  });
  return result;
}

}  // namespace

std::optional<at::Tensor> add(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, Modular<std::plus<>>());
}
std::optional<at::Tensor> sub(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, Modular<std::minus<>>());
}
std::optional<at::Tensor> mul(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, Modular<std::multiplies<>>());
}
std::optional<at::Tensor> div(const at::Tensor &x, const at::Tensor &y) {
  if (!x.is_floating_point()) return std::nullopt;  // integers are divided in floating point
  return binary(x, y, std::divides());
}
std::optional<at::Tensor> eq(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::equal_to());
}
std::optional<at::Tensor> ne(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::not_equal_to());
}
std::optional<at::Tensor> lt(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::less());
}
std::optional<at::Tensor> le(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::less_equal());
}
std::optional<at::Tensor> gt(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::greater());
}
std::optional<at::Tensor> ge(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::greater_equal());
}

std::optional<at::Tensor> logical_and(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::logical_and());
}
std::optional<at::Tensor> logical_or(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, std::logical_or());
}
std::optional<at::Tensor> logical_xor(const at::Tensor &x, const at::Tensor &y) {
  return binary(x, y, [](auto a, auto b) { return static_cast<bool>(a) != static_cast<bool>(b); });
}

std::optional<at::Tensor> logical_not(const at::Tensor &x) {
  if (!is_small(x)) return std::nullopt;
  std::optional<at::Tensor> result;
  with_type<true>(x.scalar_type(), [&]<class T>(T) {
    result = empty_cpu(x.sizes(), at::kBool);
    const T *in = static_cast<const T *>(x.const_data_ptr());
    bool *out = static_cast<bool *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = !static_cast<bool>(in[i]);
  });
  return result;
}

std::optional<at::Tensor> to_dtype(const at::Tensor &x, at::ScalarType dtype) {
  constexpr int64_t kMostBytes = 1 << 12;  // one loop takes less time than LibTorch's preparation of a copy
  if (!x.is_contiguous() || static_cast<int64_t>(x.nbytes()) > kMostBytes) return std::nullopt;
  std::optional<at::Tensor> result;
  with_type<true>(x.scalar_type(), [&]<class From>(From) {
    const auto loop = [&]<class To>(To) {
      result = empty_cpu(x.sizes(), dtype);
      const From *in = static_cast<const From *>(x.const_data_ptr());
      To *out = static_cast<To *>(result->mutable_data_ptr());
      for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = c10::convert<To>(in[i]);
    };
    with_type<true>(dtype, loop);
    if (dtype == at::kComplexFloat) loop(c10::complex<float>());
    if (dtype == at::kComplexDouble) loop(c10::complex<double>());
  });
  return result;
}

std::optional<at::Tensor> conj_physical(const at::Tensor &x) {
  if (!is_small(x)) return std::nullopt;
  std::optional<at::Tensor> result;
  const auto loop = [&]<class T>(T) {
    result = empty_cpu(x.sizes(), x.scalar_type());
    const T *in = static_cast<const T *>(x.const_data_ptr());
    T *out = static_cast<T *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i) out[i] = std::conj(in[i]);
  };
  if (x.scalar_type() == at::kComplexFloat) loop(c10::complex<float>());
  if (x.scalar_type() == at::kComplexDouble) loop(c10::complex<double>());
  return result;
}

std::optional<at::Tensor> count_nonzero(const at::Tensor &x) {
  if (!is_small(x)) return std::nullopt;
  std::optional<at::Tensor> result;
  with_type<true>(x.scalar_type(), [&]<class T>(T) {
    const T *in = static_cast<const T *>(x.const_data_ptr());
    result = empty_cpu({}, at::kLong);
    *static_cast<int64_t *>(result->mutable_data_ptr()) =
        std::count_if(in, in + x.numel(), [](T value) { return static_cast<bool>(value); });
  });
  return result;
}

bool fill(const at::Tensor &x, const at::Scalar &value) {
  bool filled = false;
  if (!is_small(x)) return filled;
  with_type<true>(x.scalar_type(), [&]<class T>(T) {
    std::fill_n(static_cast<T *>(x.mutable_data_ptr()), x.numel(), value.to<T>());
    filled = true;
  });
  return filled;
}

std::optional<at::Tensor> relu(const at::Tensor &x) {
  if (!is_small(x)) return std::nullopt;
  std::optional<at::Tensor> result;
  with_type<false>(x.scalar_type(), [&]<class T>(T) {
    result = empty_cpu(x.sizes(), x.scalar_type());
    const T *in = static_cast<const T *>(x.const_data_ptr());
    T *out = static_cast<T *>(result->mutable_data_ptr());
    for (int64_t i = 0, n = x.numel(); i < n; ++i)
      out[i] = in[i] < 0 ? T() : in[i];  // NaN and -0.0 pass through
  });
  return result;
}

}  // namespace rt::small
