// The signatures of operators that are called by name without boxing.
#include "operators/unboxed.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "operators/kernels.h"
#include "operators/signature.h"
#include "operators/written.h"

namespace rt {
namespace {

// ---- A call

void collect(at::Tensor &&result, Tensors &results) {
  results.push_back(std::move(result));
}

void collect(at::Tensor &result, Tensors &results) {
  results.push_back(result);
}

void collect(std::vector<at::Tensor> &&result, Tensors &results) {
  for (at::Tensor &one : result) results.push_back(std::move(one));
}

template <class... Parts>
void collect(std::tuple<Parts...> &&result, Tensors &results) {
  std::apply([&](auto &...one) { (results.push_back(std::move(one)), ...); }, result);
}

template <class... Args>
bool read_all(std::tuple<Argument<Args>...> &arguments, const rt_torch_value *const *values) {
  try {
    return std::apply([&](auto &...one) { return (one.read(**values++) && ...); }, arguments);
  } catch (const Error &) {
    return false;  // read() of runtime/values.h fails in the same way, and knows the argument's name
  }
}

template <class T>
void note_written(const Argument<T> & /*argument*/, AllWritten & /*all*/) {}
void note_written(const Argument<at::Tensor &> &argument, AllWritten &all) {
  add_written(argument.tensor, all);
}

template <class Signature>
struct Call;

template <class R, class... Args>
struct Call<R(Args...)> {
  template <class Function>
  static bool with(const Function &function, const rt_torch_value *const *values, Tensors &results) {
    std::tuple<Argument<Args>...> arguments;
    if (!read_all<Args...>(arguments, values)) return false;
    AllWritten written;
    std::apply([&](const auto &...one) { (note_written(one, written), ...); }, arguments);
    try {
      collect(std::apply([&](const auto &...one) -> R { return function(one.get()...); }, arguments),
              results);
    } catch (...) {
      for (const Written &one : written) one.restore();
      throw;
    }
    return true;
  }

  static bool by_dispatcher(const c10::OperatorHandle &op, const rt_torch_value *const *values,
                            Tensors &results) {
    const auto typed = op.typed<R(Args...)>();
    return with([&](Args... one) -> R { return typed.call(std::forward<Args>(one)...); }, values, results);
  }

  // As letters: the arguments, then the result.
  static constexpr auto letters() {
    constexpr std::string_view result = Result<R>::letters;
    std::array<char, sizeof...(Args) + 1 + result.size()> all{Argument<Args>::letter..., '>'};
    std::ranges::copy(result, all.begin() + sizeof...(Args) + 1);
    return all;
  }
  static constexpr auto text = letters();
};

struct Entry {
  std::string_view signature;
  Unboxed call;
  bool (*registered)(const c10::OperatorHandle &op);  // whether the operator's kernels have this signature
};

template <class Signature>
bool is_registered(const c10::OperatorHandle &op) {
  try {
    (void)op.typed<Signature>();
    return true;
  } catch (const c10::Error &) {
    return false;
  }
}

template <class Signature>
constexpr Entry by_dispatcher{
    {Call<Signature>::text.data(), Call<Signature>::text.size()},
    Call<Signature>::by_dispatcher,
    is_registered<Signature>,
};

using at::IntArrayRef;
using at::OptionalIntArrayRef;
using at::OptionalSymIntArrayRef;
using at::Scalar;
using at::ScalarType;
using at::Tensor;
using at::TensorList;
using c10::string_view;
using c10::SymInt;
using c10::SymIntArrayRef;
using MaybeTensor = const std::optional<Tensor> &;
using MaybeScalar = const std::optional<Scalar> &;
using Two = std::tuple<Tensor, Tensor>;
using Three = std::tuple<Tensor, Tensor, Tensor>;
using Many = std::vector<Tensor>;
using MaybeGenerator = std::optional<at::Generator>;
using T = const Tensor &;
using W = Tensor &;  // is written
using S = const Scalar &;

// Signatures of several operators, and of those that models call often.
constexpr Entry kSignatures[] = {
    // Elementwise
    by_dispatcher<Tensor(T)>,
    by_dispatcher<Tensor(T, T)>,
    by_dispatcher<Tensor(T, T, T)>,
    by_dispatcher<Tensor(T, S)>,
    by_dispatcher<Tensor(S, T)>,
    by_dispatcher<Tensor(T, S, S)>,
    by_dispatcher<Tensor(T, S, S, S)>,
    by_dispatcher<Tensor(T, T, S)>,
    by_dispatcher<Tensor(T, S, T)>,
    by_dispatcher<Tensor(T, T, T, S)>,
    by_dispatcher<Tensor(T, MaybeScalar, MaybeScalar)>,
    by_dispatcher<Tensor(T, MaybeTensor, MaybeTensor)>,
    by_dispatcher<Tensor(T, string_view)>,
    by_dispatcher<Tensor(T, T, std::optional<string_view>)>,
    by_dispatcher<Tensor(T, S, std::optional<string_view>)>,
    // In place
    by_dispatcher<W(W)>,
    by_dispatcher<W(W, T)>,
    by_dispatcher<W(W, S)>,
    by_dispatcher<W(W, T, S)>,
    by_dispatcher<W(W, S, S)>,
    by_dispatcher<W(W, T, T)>,
    by_dispatcher<W(W, T, T, S)>,
    by_dispatcher<W(W, T, bool)>,
    by_dispatcher<W(W, int64_t)>,
    by_dispatcher<W(W, SymInt)>,
    by_dispatcher<W(W, MaybeScalar, MaybeScalar)>,
    by_dispatcher<W(W, int64_t, T, T)>,
    by_dispatcher<W(W, int64_t, T, S)>,
    by_dispatcher<W(W, MaybeGenerator)>,
    by_dispatcher<W(W, double, MaybeGenerator)>,
    by_dispatcher<W(W, double, double, MaybeGenerator)>,
    // Reductions, scans and sorting
    by_dispatcher<Tensor(T, bool)>,
    by_dispatcher<Tensor(T, std::optional<ScalarType>)>,
    by_dispatcher<Tensor(T, int64_t, bool)>,
    by_dispatcher<Tensor(T, std::optional<int64_t>, bool)>,
    by_dispatcher<Tensor(T, IntArrayRef, bool)>,
    by_dispatcher<Tensor(T, OptionalIntArrayRef, bool)>,
    by_dispatcher<Tensor(T, int64_t, std::optional<ScalarType>)>,
    by_dispatcher<Tensor(T, int64_t, bool, std::optional<ScalarType>)>,
    by_dispatcher<Tensor(T, OptionalIntArrayRef, bool, std::optional<ScalarType>)>,
    by_dispatcher<Tensor(T, OptionalIntArrayRef, MaybeScalar, bool)>,
    by_dispatcher<Tensor(T, S, OptionalIntArrayRef, bool, std::optional<ScalarType>)>,
    by_dispatcher<Two(T, bool)>,
    by_dispatcher<Two(T, int64_t)>,
    by_dispatcher<Two(T, int64_t, bool)>,
    by_dispatcher<Two(T, int64_t, int64_t, bool)>,
    by_dispatcher<Two(T, SymInt, int64_t, bool)>,
    by_dispatcher<Two(T, SymInt, int64_t, bool, bool)>,
    by_dispatcher<Two(T, OptionalIntArrayRef, MaybeScalar, bool)>,
    // Shapes
    by_dispatcher<Tensor(T, int64_t)>,
    by_dispatcher<Tensor(T, SymInt)>,
    by_dispatcher<Tensor(T, int64_t, int64_t)>,
    by_dispatcher<Tensor(T, int64_t, SymInt)>,
    by_dispatcher<Tensor(T, int64_t, int64_t, int64_t)>,
    by_dispatcher<Tensor(T, int64_t, SymInt, SymInt)>,
    by_dispatcher<Tensor(T, int64_t, std::optional<SymInt>, std::optional<SymInt>, SymInt)>,
    by_dispatcher<Tensor(T, IntArrayRef)>,
    by_dispatcher<Tensor(T, SymIntArrayRef)>,
    by_dispatcher<Tensor(T, SymIntArrayRef, bool)>,
    by_dispatcher<Tensor(T, SymIntArrayRef, IntArrayRef)>,
    by_dispatcher<Tensor(T, int64_t, SymIntArrayRef)>,
    by_dispatcher<Tensor(T, SymIntArrayRef, S)>,
    by_dispatcher<Tensor(T, SymIntArrayRef, string_view, std::optional<double>)>,
    by_dispatcher<Tensor(TensorList)>,
    by_dispatcher<Tensor(TensorList, int64_t)>,
    by_dispatcher<Tensor(const at::ITensorListRef &, int64_t)>,
    by_dispatcher<Tensor(string_view, TensorList, OptionalIntArrayRef)>,
    by_dispatcher<Many(T, int64_t)>,
    by_dispatcher<Many(T, int64_t, int64_t)>,
    by_dispatcher<Many(T, SymInt, int64_t)>,
    by_dispatcher<Many(T, SymIntArrayRef, int64_t)>,
    // Indices
    by_dispatcher<Tensor(T, int64_t, T)>,
    by_dispatcher<Tensor(T, int64_t, T, T)>,
    by_dispatcher<Tensor(T, int64_t, T, S)>,
    by_dispatcher<Tensor(T, int64_t, T, bool)>,
    by_dispatcher<Tensor(T, T, SymInt, bool, bool)>,
    // Matrices
    by_dispatcher<Tensor(T, T, T, S, S)>,
    by_dispatcher<Tensor(T, T, MaybeTensor)>,
    by_dispatcher<Tensor(T, T, T, MaybeTensor)>,
    by_dispatcher<Tensor(T, T, T, MaybeTensor, double, bool, std::optional<double>, bool)>,
    // Normalization
    by_dispatcher<Tensor(T, double, bool)>,
    by_dispatcher<Tensor(T, int64_t, MaybeTensor, MaybeTensor, double, bool)>,
    by_dispatcher<Tensor(T, SymIntArrayRef, MaybeTensor, MaybeTensor, double, bool)>,
    by_dispatcher<Tensor(T, SymIntArrayRef, MaybeTensor, std::optional<double>)>,
    by_dispatcher<Tensor(T, MaybeTensor, MaybeTensor, MaybeTensor, MaybeTensor, bool, double, double, bool)>,
    by_dispatcher<Three(T, SymIntArrayRef, MaybeTensor, MaybeTensor, double)>,
    by_dispatcher<Three(T, MaybeTensor, MaybeTensor, T, T, double, double)>,
    // Convolutions, pooling and interpolation
    by_dispatcher<Tensor(T, T, MaybeTensor, SymIntArrayRef, SymIntArrayRef, SymIntArrayRef, SymInt)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, SymIntArrayRef, string_view, SymIntArrayRef, SymInt)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, SymIntArrayRef, SymIntArrayRef, SymIntArrayRef, SymInt,
                         SymIntArrayRef)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, SymIntArrayRef, SymIntArrayRef, SymIntArrayRef, bool,
                         SymIntArrayRef, SymInt)>,
    by_dispatcher<Tensor(T, IntArrayRef, IntArrayRef, IntArrayRef, bool, bool)>,
    by_dispatcher<Tensor(T, IntArrayRef, IntArrayRef, IntArrayRef, bool, bool, std::optional<int64_t>)>,
    by_dispatcher<Tensor(T, IntArrayRef, IntArrayRef, IntArrayRef, IntArrayRef, bool)>,
    by_dispatcher<Two(T, IntArrayRef, IntArrayRef, IntArrayRef, IntArrayRef, bool)>,
    by_dispatcher<Two(T, IntArrayRef)>,
    by_dispatcher<Tensor(T, OptionalSymIntArrayRef, std::optional<at::ArrayRef<double>>)>,
    by_dispatcher<Tensor(T, OptionalSymIntArrayRef, bool, std::optional<at::ArrayRef<double>>)>,
    // Losses
    by_dispatcher<Tensor(T, T, int64_t)>,
    by_dispatcher<Tensor(T, T, bool)>,
    by_dispatcher<Tensor(T, T, int64_t, bool)>,
    by_dispatcher<Tensor(T, T, int64_t, double)>,
    by_dispatcher<Tensor(T, T, double, int64_t)>,
    by_dispatcher<Tensor(T, T, double, double, bool)>,
    by_dispatcher<Tensor(T, T, T, double, int64_t)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, int64_t)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, MaybeTensor, int64_t)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, int64_t, SymInt)>,
    by_dispatcher<Tensor(T, T, MaybeTensor, int64_t, SymInt, double)>,
};

// ---- Kernels called without the dispatcher

struct Kernel {
  std::string_view name;  // of the operator, without overload
  std::string_view signature;
  Unboxed call;
};

template <class Signature, Signature *function>
bool directly(const c10::OperatorHandle & /*op*/, const rt_torch_value *const *values, Tensors &results) {
  return Call<Signature>::with(*function, values, results);
}

template <class Signature, Signature *function>
constexpr Kernel kernel(std::string_view name) {
  return {name, {Call<Signature>::text.data(), Call<Signature>::text.size()}, directly<Signature, function>};
}

#define RT_ONE(name, kernel_class) kernel<Tensor(T), structured::name>("aten::" #name),
#define RT_TWO(name, kernel_class) kernel<Tensor(T, T), structured::name>("aten::" #name),
#define RT_MORE(name, kernel_class, parameters, arguments) \
  kernel<Tensor parameters, structured::name>("aten::" #name),
#if RT_FASTPATH
constexpr Kernel kKernels[] = {RT_STRUCTURED(RT_ONE, RT_TWO, RT_MORE, RT_MORE)};
#else
constexpr std::array<Kernel, 0> kKernels{};
#endif
#undef RT_ONE
#undef RT_TWO
#undef RT_MORE

// ---- The signature of an operator

char letter_of(const c10::Type &type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType:
      return 'T';
    case c10::TypeKind::BoolType:
      return 'B';
    case c10::TypeKind::IntType:
      return 'I';
    case c10::TypeKind::SymIntType:
      return 'Y';
    case c10::TypeKind::FloatType:
      return 'D';
    case c10::TypeKind::ScalarTypeType:
      return 'E';
    case c10::TypeKind::NumberType:
      return 'S';
    case c10::TypeKind::StringType:
      return 'C';
    case c10::TypeKind::GeneratorType:
      return 'N';
    case c10::TypeKind::ListType: {
      constexpr std::string_view elements = "IYDT", lists = "LMFG";
      const size_t found = elements.find(letter_of(*type.expectRef<c10::ListType>().getElementType()));
      return found == elements.npos ? '?' : lists[found];
    }
    case c10::TypeKind::OptionalType: {
      const char letter = letter_of(*type.expectRef<c10::OptionalType>().getElementType());
      return static_cast<char>(letter == '?' ? letter : letter + ('a' - 'A'));
    }
    default:
      return '?';
  }
}

std::string letters_of(const c10::FunctionSchema &schema) {
  std::string letters;
  const auto add = [&letters](const c10::Argument &one) {
    const char letter = letter_of(*one.real_type());
    const bool written = one.alias_info() != nullptr && one.alias_info()->isWrite();
    letters += !written ? letter : letter == 'T' ? 'W' : '?';
  };
  std::ranges::for_each(schema.arguments(), add);
  letters += '>';
  std::ranges::for_each(schema.returns(), add);
  return letters;
}

}  // namespace

Unboxed unboxed_call_of(const c10::OperatorHandle &op) {
  const std::string letters = letters_of(op.schema());
  const auto same_kernel = [&](const Kernel &one) {
    return one.name == op.schema().name() && one.signature == letters;
  };
  if (const auto *found = std::ranges::find_if(kKernels, same_kernel); found != std::end(kKernels)) {
    return found->call;
  }
  const auto same_signature = [&](const Entry &one) {
    return one.signature == letters && one.registered(op);
  };
  const auto *found = std::ranges::find_if(kSignatures, same_signature);
  return found == std::end(kSignatures) ? nullptr : found->call;
}

}  // namespace rt
