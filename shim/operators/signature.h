// The types of an operator's arguments in C++, and how a plain rt_torch_value becomes a value of each.
//
// Each type has a letter: capital for a value that must be there, small if it may be None.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "runtime/errors.h"
#include "runtime/tensors.h"

namespace rt {

// A parameter of type T. read() returns false for a value of another kind than the plain one; get() is for after it.
template <class T>
struct Argument;

template <>
struct Argument<const at::Tensor &> {
  static constexpr char letter = 'T';
  at::Tensor tensor;

  bool read(const rt_torch_value &value) {
    if (value.tag != RT_TORCH_TENSOR) return false;
    tensor = get_entered(value.data.i);
    return true;
  }
  const at::Tensor &get() const { return tensor; }
};

// A tensor that the operator writes.
template <>
struct Argument<at::Tensor &> {
  static constexpr char letter = 'W';
  mutable at::Tensor tensor;

  bool read(const rt_torch_value &value) {
    if (value.tag != RT_TORCH_TENSOR) return false;
    tensor = get_entered(value.data.i);
    return true;
  }
  at::Tensor &get() const { return tensor; }
};

// Those of one word.
template <class T, char Letter>
struct Word {
  static constexpr char letter = Letter;
  T word{};

  T get() const { return word; }
};

template <>
struct Argument<bool> : Word<bool, 'B'> {
  bool read(const rt_torch_value &value) {
    word = value.data.i == 1;
    return value.tag == RT_TORCH_TRUTH && (value.data.i == 0 || value.data.i == 1);
  }
};

template <>
struct Argument<int64_t> : Word<int64_t, 'I'> {
  bool read(const rt_torch_value &value) {
    word = value.data.i;
    return value.tag == RT_TORCH_INT;
  }
};

template <>
struct Argument<c10::SymInt> : Word<int64_t, 'Y'> {
  bool read(const rt_torch_value &value) {
    word = value.data.i;
    return value.tag == RT_TORCH_INT;
  }
};

template <>
struct Argument<double> : Word<double, 'D'> {
  bool read(const rt_torch_value &value) {
    word = value.tag == RT_TORCH_INT ? static_cast<double>(value.data.i) : value.data.d;
    return value.tag == RT_TORCH_INT || value.tag == RT_TORCH_DOUBLE;
  }
};

template <>
struct Argument<at::ScalarType> : Word<at::ScalarType, 'E'> {
  bool read(const rt_torch_value &value) {
    word = static_cast<at::ScalarType>(value.data.i);
    return value.tag == RT_TORCH_DTYPE && value.data.i >= 0 &&
           value.data.i < static_cast<int64_t>(at::ScalarType::Undefined);
  }
};

template <>
struct Argument<const at::Scalar &> {
  static constexpr char letter = 'S';
  at::Scalar number;

  bool read(const rt_torch_value &value) {
    switch (value.tag) {
      case RT_TORCH_INT:
        number = value.data.i;
        return true;
      case RT_TORCH_DOUBLE:
        number = value.data.d;
        return true;
      case RT_TORCH_TRUTH:
        number = value.data.i == 1;
        return value.data.i == 0 || value.data.i == 1;
      default:
        return false;
    }
  }
  const at::Scalar &get() const { return number; }
};

// Only LibTorch's own: as None.
template <>
struct Argument<at::Generator> {
  static constexpr char letter = 'N';

  bool read(const rt_torch_value & /*value*/) { return false; }
  at::Generator get() const { return {}; }
};

// Lists and texts stay in the memory of the caller.
template <class T, class Element, int32_t Tag, char Letter>
struct Memory {
  static constexpr char letter = Letter;
  at::ArrayRef<Element> memory;

  bool read(const rt_torch_value &value) {
    if (value.tag != Tag || value.length < 0 || value.length > RT_TORCH_MAX_LENGTH) return false;
    if (value.data.p == nullptr && value.length > 0) return false;
    if (reinterpret_cast<uintptr_t>(value.data.p) % alignof(Element) != 0) return false;
    memory = {static_cast<const Element *>(value.data.p), static_cast<size_t>(value.length)};
    return true;
  }
  T get() const { return T(memory.data(), memory.size()); }
};

template <>
struct Argument<at::IntArrayRef> : Memory<at::IntArrayRef, int64_t, RT_TORCH_INT_LIST, 'L'> {};

template <>
struct Argument<at::ArrayRef<double>> : Memory<at::ArrayRef<double>, double, RT_TORCH_DOUBLE_LIST, 'F'> {};

template <>
struct Argument<c10::string_view> : Memory<c10::string_view, char, RT_TORCH_STRING, 'C'> {};

template <>
struct Argument<c10::SymIntArrayRef> {
  static constexpr char letter = 'M';
  Argument<at::IntArrayRef> integers;

  bool read(const rt_torch_value &value) {
    return integers.read(value) && std::ranges::all_of(integers.memory, c10::SymInt::check_range);
  }
  c10::SymIntArrayRef get() const { return c10::fromIntArrayRefUnchecked(integers.memory); }
};

template <>
struct Argument<at::TensorList> {
  static constexpr char letter = 'G';
  Memory<at::IntArrayRef, int64_t, RT_TORCH_TENSOR_LIST, 'G'> handles;
  std::vector<at::Tensor> tensors;

  bool read(const rt_torch_value &value) {
    if (!handles.read(value)) return false;
    tensors.reserve(handles.memory.size());
    for (const int64_t handle : handles.memory) tensors.push_back(strided(get_entered(handle)));
    return true;
  }
  at::TensorList get() const { return tensors; }
};

template <>
struct Argument<const at::ITensorListRef &> {
  static constexpr char letter = 'G';
  Argument<at::TensorList> list;

  bool read(const rt_torch_value &value) { return list.read(value); }
  at::ITensorListRef get() const { return list.get(); }
};

// What may be None: of T as it is passed when it must be there.
template <class Optional, class T>
struct Maybe {
  static constexpr char letter = static_cast<char>(Argument<T>::letter + ('a' - 'A'));
  Argument<T> argument;
  bool there = false;

  bool read(const rt_torch_value &value) {
    there = value.tag != RT_TORCH_NONE;
    return !there || argument.read(value);
  }
  Optional get() const { return there ? Optional(argument.get()) : Optional(std::nullopt); }
};

template <class T>
struct Argument<std::optional<T>> : Maybe<std::optional<T>, T> {};
template <class T>
struct Argument<const std::optional<T> &> : Maybe<std::optional<T>, const T &> {};
template <>
struct Argument<at::OptionalIntArrayRef> : Maybe<at::OptionalIntArrayRef, at::IntArrayRef> {};
template <>
struct Argument<at::OptionalSymIntArrayRef> : Maybe<at::OptionalSymIntArrayRef, c10::SymIntArrayRef> {};

// Results.
template <class T>
struct Result;

template <>
struct Result<at::Tensor> {
  static constexpr std::string_view letters = "T";
};
template <>
struct Result<at::Tensor &> {
  static constexpr std::string_view letters = "W";
};
template <>
struct Result<std::tuple<at::Tensor, at::Tensor>> {
  static constexpr std::string_view letters = "TT";
};
template <>
struct Result<std::tuple<at::Tensor, at::Tensor, at::Tensor>> {
  static constexpr std::string_view letters = "TTT";
};
template <>
struct Result<std::vector<at::Tensor>> {
  static constexpr std::string_view letters = "G";
};

}  // namespace rt
