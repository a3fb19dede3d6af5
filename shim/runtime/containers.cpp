// Tuples, dicts and nested lists: conversion between rt_torch_value and LibTorch's IValue.
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/function_schema.h>

#include <utility>

#include "runtime/tensors.h"
#include "runtime/values.h"

namespace rt {
namespace {

using Kind = Type::Kind;

constexpr int kMaxDepth = 64;

// Depth of nested values on this thread: a list of List[Any] may contain itself.
thread_local int depth = 0;

struct Deeper {
  Deeper() {
    if (depth >= kMaxDepth) invalid("is nested more than " + std::to_string(kMaxDepth) + " levels deep");
    ++depth;
  }
  ~Deeper() { --depth; }
  Deeper(const Deeper &) = delete;
  Deeper &operator=(const Deeper &) = delete;
};

// ---- Arguments

const Type &any_type() {
  static const Type &any = *new Type(c10::AnyType::get());
  return any;
}

bool is_sequence(const rt_torch_value &value) {
  return value.tag == RT_TORCH_LIST || value.tag == RT_TORCH_TUPLE;
}

// The key and the value of each entry in turn.
at::ArrayRef<rt_torch_value> entries(const rt_torch_value &value) {
  const auto keys = elements<rt_torch_value>(value);
  return {keys.data(), 2 * keys.size()};
}

// The type that all values have, or Any.
template <class Values>
c10::TypePtr common_type(const Values &values) {
  c10::TypePtr common;
  for (const c10::IValue &one : values) {
    const c10::TypePtr type = one.type();
    if (common != nullptr && *common != *type) return c10::AnyType::get();
    common = type;
  }
  return common != nullptr ? common : c10::AnyType::get();
}

c10::IValue dict_of(const std::vector<c10::IValue> &keys, const std::vector<c10::IValue> &values,
                    const c10::TypePtr &key_type, const c10::TypePtr &value_type) {
  switch (key_type->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::ComplexType:
    case c10::TypeKind::StringType:
    case c10::TypeKind::TensorType:
    case c10::TypeKind::DeviceObjType:
      break;
    default:
      invalid("has keys of type " + key_type->repr_str() + ", expected str, int, float, bool or Tensor");
  }
  c10::impl::GenericDict dict(key_type, value_type);
  dict.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) dict.insert_or_assign(keys[i], values[i]);
  return dict;
}

c10::IValue infer_sequence(const rt_torch_value &value) {
  std::vector<c10::IValue> all;
  for (const rt_torch_value &one : elements<rt_torch_value>(value)) all.push_back(read(one, any_type()));
  if (value.tag == RT_TORCH_TUPLE) return c10::ivalue::Tuple::create(std::move(all));
  c10::impl::GenericList list(common_type(all));
  for (c10::IValue &one : all) list.push_back(std::move(one));
  return list;
}

c10::IValue infer_dict(const rt_torch_value &value) {
  std::vector<c10::IValue> both[2];
  size_t i = 0;
  for (const rt_torch_value &one : entries(value)) both[i++ % 2].push_back(read(one, any_type()));
  const c10::TypePtr keys = both[0].empty() ? c10::TypePtr(c10::StringType::get()) : common_type(both[0]);
  return dict_of(both[0], both[1], keys, common_type(both[1]));
}

// An argument of a type that its tag stands for.
c10::IValue as_type(const rt_torch_value &value, const c10::TypePtr &type) {
  return read(value, Type(type));
}

c10::IValue infer(const rt_torch_value &value, const Type &type) {
  switch (value.tag) {
    case RT_TORCH_NONE:
      return {};
    case RT_TORCH_TENSOR:
      return as_type(value, c10::TensorType::get());
    case RT_TORCH_INT:
    case RT_TORCH_DOUBLE:
    case RT_TORCH_COMPLEX:
    case RT_TORCH_TRUTH:
      return as_type(value, c10::NumberType::get());
    case RT_TORCH_STRING:
      return as_type(value, c10::StringType::get());
    case RT_TORCH_DTYPE:
      return as_type(value, c10::ScalarTypeType::get());
    case RT_TORCH_DEVICE:
      return as_type(value, c10::DeviceObjType::get());
    case RT_TORCH_LAYOUT:
      return as_type(value, c10::LayoutType::get());
    case RT_TORCH_MEMORY_FORMAT:
      return as_type(value, c10::MemoryFormatType::get());
    case RT_TORCH_TENSOR_LIST:
      return as_type(value, c10::ListType::ofTensors());
    case RT_TORCH_INT_LIST:
      return as_type(value, c10::ListType::ofInts());
    case RT_TORCH_DOUBLE_LIST:
      return as_type(value, c10::ListType::ofFloats());
    case RT_TORCH_TRUTH_LIST:
      return as_type(value, c10::ListType::ofBools());
    case RT_TORCH_LIST:
    case RT_TORCH_TUPLE:
      return infer_sequence(value);
    case RT_TORCH_DICT:
      return infer_dict(value);
    default:
      wrong_tag(value, type);
  }
}

}  // namespace

c10::IValue read_any(const rt_torch_value &value, const Type &type) {
  const Deeper deeper;
  c10::IValue found = infer(value, type);
  if (!found.type()->isSubtypeOf(*type.native)) {
    invalid("is a " + found.type()->repr_str() + ", expected " + type.name);
  }
  return found;
}

c10::IValue read_tuple(const rt_torch_value &value, const Type &type) {
  const Deeper deeper;
  if (!is_sequence(value)) wrong_tag(value, type);
  const auto given = elements<rt_torch_value>(value);
  if (given.size() != type.parts.size()) {
    invalid("has " + std::to_string(given.size()) + " elements, expected " + type.name);
  }
  std::vector<c10::IValue> parts;
  parts.reserve(given.size());
  for (size_t i = 0; i < given.size(); ++i) parts.push_back(read(given[i], type.parts[i]));
  const auto tuple = type.native->cast<c10::TupleType>();
  if (tuple->schema() != nullptr) return c10::ivalue::Tuple::createNamed(std::move(parts), tuple);
  return c10::ivalue::Tuple::create(std::move(parts));
}

c10::IValue read_dict(const rt_torch_value &value, const Type &type) {
  const Deeper deeper;
  if (value.tag != RT_TORCH_DICT) wrong_tag(value, type);
  std::vector<c10::IValue> both[2];
  size_t i = 0;
  for (const rt_torch_value &one : entries(value)) {
    both[i % 2].push_back(read(one, type.parts[i % 2]));
    ++i;
  }
  const auto &native = type.native->expectRef<c10::DictType>();
  return dict_of(both[0], both[1], native.getKeyType(), native.getValueType());
}

// ---- Results

namespace {

// Values that are freed unless they become part of a result.
class Parts {
 public:
  explicit Parts(size_t count) { values_.reserve(count); }
  Parts(const Parts &) = delete;
  Parts &operator=(const Parts &) = delete;
  ~Parts() {
    for (const rt_torch_value &value : values_) release(value);
  }
  void add(const c10::IValue &value, const Type &type) { values_.push_back(write(value, type)); }
  rt_torch_value moved(int32_t tag, size_t count) {
    const rt_torch_value whole =
        listed(tag, values_.data(), count, count == 0 ? 1 : values_.size() / count * sizeof(rt_torch_value));
    values_.clear();
    return whole;
  }

 private:
  std::vector<rt_torch_value> values_;
};

rt_torch_value write_tuple(const c10::ivalue::Tuple &tuple, const Type &type) {
  const auto &elements = tuple.elements();
  const auto native = type.kind == Kind::kTuple ? type.native->cast<c10::TupleType>() : tuple.type();
  const c10::FunctionSchema *names = native->schema().get();
  const bool known = type.kind == Kind::kTuple && type.parts.size() == elements.size();
  Parts parts(2 * elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    if (names != nullptr) parts.add(names->arguments().at(i).name(), any_type());
    parts.add(elements[i], known ? type.parts[i] : any_type());
  }
  return parts.moved(names != nullptr ? RT_TORCH_NAMED_TUPLE : RT_TORCH_TUPLE, elements.size());
}

rt_torch_value write_dict(const c10::impl::GenericDict &dict, const Type &type) {
  const bool known = type.kind == Kind::kDict;
  Parts parts(2 * dict.size());
  for (const auto &entry : dict) {
    parts.add(entry.key(), known ? type.parts[0] : any_type());
    parts.add(entry.value(), known ? type.parts[1] : any_type());
  }
  return parts.moved(RT_TORCH_DICT, dict.size());
}

}  // namespace

rt_torch_value write_container(const c10::IValue &value, const Type &type) {
  if (depth >= kMaxDepth) {
    fail(RT_TORCH_NOT_IMPLEMENTED,
         "the result is nested more than " + std::to_string(kMaxDepth) + " levels deep");
  }
  const Deeper deeper;
  if (value.isTuple()) return write_tuple(value.toTupleRef(), type);
  if (value.isGenericDict()) return write_dict(value.toGenericDict(), type);
  const c10::ArrayRef<c10::IValue> list = value.toListRef();
  Parts parts(list.size());
  for (const c10::IValue &one : list) parts.add(one, type.element != nullptr ? *type.element : any_type());
  return parts.moved(RT_TORCH_LIST, list.size());
}

}  // namespace rt
