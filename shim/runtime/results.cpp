// Results: conversion to rt_torch_value, and the ownership of their memory.
#include <ATen/ops/alias.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "exports.h"
#include "runtime/tensors.h"
#include "runtime/values.h"

namespace rt {
namespace {

using Kind = Type::Kind;

// Memory handed out with results, with its size. rt_torch_values_free() frees no other.
struct Issued {
  std::mutex mutex;
  std::unordered_map<const void *, size_t> sizes;
};

Issued &issued() {
  static Issued &all = *new Issued;  // never destroyed: used until process exit
  return all;
}

// Copies elements to memory that rt_torch_values_free() accepts. Never NULL.
void *issue(const void *data, size_t bytes) {
  void *memory = std::malloc(bytes + 1);
  if (memory == nullptr) throw std::bad_alloc();
  if (bytes > 0) std::memcpy(memory, data, bytes);
  static_cast<char *>(memory)[bytes] = '\0';
  try {
    const std::lock_guard lock(issued().mutex);
    issued().sizes.emplace(memory, bytes);
  } catch (...) {
    std::free(memory);
    throw;
  }
  return memory;
}

// Bytes of the elements that a tag has at its pointer, for each of length; 0 if it has no memory.
size_t element_size(int32_t tag) {
  switch (tag) {
    case RT_TORCH_STRING:
    case RT_TORCH_TRUTH_LIST:
      return 1;
    case RT_TORCH_TENSOR_LIST:
    case RT_TORCH_INT_LIST:
    case RT_TORCH_DOUBLE_LIST:
      return sizeof(int64_t);
    case RT_TORCH_LIST:
    case RT_TORCH_TUPLE:
      return sizeof(rt_torch_value);
    case RT_TORCH_DICT:
    case RT_TORCH_NAMED_TUPLE:
      return 2 * sizeof(rt_torch_value);
    default:
      return 0;
  }
}

bool fits(const rt_torch_value &value, size_t bytes) {
  return value.length >= 0 && static_cast<size_t>(value.length) * element_size(value.tag) <= bytes;
}

bool is_issued(const rt_torch_value &value) {
  const std::lock_guard lock(issued().mutex);
  const auto found = issued().sizes.find(value.data.p);
  return found != issued().sizes.end() && fits(value, found->second);
}

// Removes memory from the list; the caller frees it.
bool take_back(const rt_torch_value &value) {
  const std::lock_guard lock(issued().mutex);
  const auto found = issued().sizes.find(value.data.p);
  if (found == issued().sizes.end() || !fits(value, found->second)) return false;
  issued().sizes.erase(found);
  return true;
}

rt_torch_value tagged(int32_t tag) {
  rt_torch_value value{};
  value.tag = tag;
  return value;
}

rt_torch_value whole(int32_t tag, int64_t number) {
  rt_torch_value value = tagged(tag);
  value.data.i = number;
  return value;
}

}  // namespace

at::Tensor materialized(const at::Tensor &tensor) {
  if (tensor._is_zerotensor()) return tensor.clone();
  return tensor.is_conj() || tensor.is_neg() ? tensor.resolve_conj().resolve_neg() : tensor;
}

rt_torch_value listed(int32_t tag, const void *data, size_t count, size_t size) {
  if (count > INT32_MAX)
    fail(RT_TORCH_OUT_OF_MEMORY, "the result has " + std::to_string(count) + " elements");
  rt_torch_value value = tagged(tag);
  value.length = static_cast<int32_t>(count);
  value.data.p = issue(data, count * size);
  return value;
}

at::Tensor own_result(const at::Tensor &tensor) {
  if (!tensor.defined()) return tensor;
  const bool shared = tensor.use_count() > 1;
  return materialized(shared ? at::alias(tensor) : tensor);
}

int64_t put_result(const at::Tensor &tensor) {
  return put(own_result(tensor));
}

rt_torch_value write(const at::Tensor &tensor) {
  if (!tensor.defined()) return tagged(RT_TORCH_NONE);
  rt_torch_value value = whole(RT_TORCH_TENSOR, put_result(tensor));
  value.length = static_cast<int32_t>(tensor.scalar_type());
  return value;
}

rt_torch_value write(at::TensorList tensors) {
  std::vector<int64_t> handles;
  handles.reserve(tensors.size());
  try {
    for (const at::Tensor &tensor : tensors) handles.push_back(tensor.defined() ? put_result(tensor) : 0);
    return listed(RT_TORCH_TENSOR_LIST, handles.data(), handles.size(), sizeof(int64_t));
  } catch (...) {
    for (const int64_t handle : handles) tensor_free(handle);
    throw;
  }
}

namespace {

int32_t tag_of_int(Kind kind) {
  switch (kind) {
    case Kind::kDType:
      return RT_TORCH_DTYPE;
    case Kind::kLayout:
      return RT_TORCH_LAYOUT;
    case Kind::kMemoryFormat:
      return RT_TORCH_MEMORY_FORMAT;
    default:
      return RT_TORCH_INT;
  }
}

}  // namespace

rt_torch_value write(const c10::IValue &value, const Type &type) {
  if (value.isNone()) return tagged(RT_TORCH_NONE);
  if (value.isTensor()) return write(value.toTensor());
  if (value.isInt()) return whole(tag_of_int(type.kind), value.toInt());
  if (value.isBool()) return whole(RT_TORCH_TRUTH, value.toBool());
  if (value.isTensorList()) return write(value.toTensorVector());
  if (value.isDouble()) {
    rt_torch_value result = tagged(RT_TORCH_DOUBLE);
    result.data.d = value.toDouble();
    return result;
  }
  if (value.isComplexDouble()) {
    rt_torch_value result = tagged(RT_TORCH_COMPLEX);
    result.data.c[0] = value.toComplexDouble().real();
    result.data.c[1] = value.toComplexDouble().imag();
    return result;
  }
  if (value.isIntList()) {
    const std::vector<int64_t> list = value.toIntVector();
    return listed(RT_TORCH_INT_LIST, list.data(), list.size(), sizeof(int64_t));
  }
  if (value.isDoubleList()) {
    const std::vector<double> list = value.toDoubleVector();
    return listed(RT_TORCH_DOUBLE_LIST, list.data(), list.size(), sizeof(double));
  }
  if (value.isBoolList()) {
    const c10::List<bool> list = value.toBoolList();
    const std::vector<uint8_t> bytes(list.begin(), list.end());
    return listed(RT_TORCH_TRUTH_LIST, bytes.data(), bytes.size(), 1);
  }
  if (value.isString())
    return listed(RT_TORCH_STRING, value.toStringRef().data(), value.toStringRef().size(), 1);
  if (value.isTuple() || value.isList() || value.isGenericDict()) return write_container(value, type);
  if (value.isDevice() && (value.toDevice().is_cpu() || value.toDevice().is_cuda())) {
    const int64_t index = value.toDevice().index();
    return whole(RT_TORCH_DEVICE, value.toDevice().is_cpu() ? int64_t{RT_TORCH_CPU} : index);
  }
  fail(RT_TORCH_NOT_IMPLEMENTED, "the result is a " + value.tagKind() + ", which rt_torch_value cannot hold");
}

int64_t release(const rt_torch_value &value) noexcept {
  if (value.tag == RT_TORCH_TENSOR) tensor_free(value.data.i);
  const size_t size = element_size(value.tag);
  if (size == 0) return 0;
  // Not listed any more before its elements are freed: a caller may have put it into itself.
  if (!take_back(value)) return 1;
  int64_t foreign = 0;
  if (value.tag == RT_TORCH_TENSOR_LIST) {
    for (int32_t i = 0; i < value.length; ++i) tensor_free(static_cast<const int64_t *>(value.data.p)[i]);
  } else if (size >= sizeof(rt_torch_value)) {
    const auto *inner = static_cast<const rt_torch_value *>(value.data.p);
    const size_t count = static_cast<size_t>(value.length) * (size / sizeof(rt_torch_value));
    for (size_t i = 0; i < count; ++i) foreign += release(inner[i]);
  }
  std::free(const_cast<void *>(value.data.p));
  return foreign;
}

int32_t values_free(rt_torch_value *values, int64_t count) {
  if (count < 0 || count > RT_TORCH_MAX_LENGTH) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "count is " + std::to_string(count) + ", expected 0 to " + std::to_string(RT_TORCH_MAX_LENGTH));
  }
  if (values == nullptr && count > 0) fail(RT_TORCH_INVALID_ARGUMENT, "values is NULL");
  int64_t foreign = 0;
  for (int64_t i = 0; i < count; ++i) {
    rt_torch_value &value = values[i];
    if (value.tag != RT_TORCH_TENSOR && element_size(value.tag) == 0) continue;
    if (value.tag != RT_TORCH_TENSOR && !is_issued(value)) {
      ++foreign;
      continue;
    }
    foreign += release(value);
    value = tagged(RT_TORCH_NONE);
  }
  if (foreign > 0)
    fail(RT_TORCH_INVALID_ARGUMENT,
         std::to_string(foreign) + " of the values hold memory that this library did not allocate");
  return 0;
}

int64_t value_take(rt_torch_value *values, int64_t index, int64_t element) {
  if (values == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "values is NULL");
  if (index < 0 || index >= RT_TORCH_MAX_LENGTH)
    fail(RT_TORCH_INVALID_ARGUMENT, "index is " + std::to_string(index) + ", out of range");
  rt_torch_value &value = values[index];
  int64_t *handle = &value.data.i;
  const bool single = value.tag == RT_TORCH_TENSOR;
  const int64_t length = single ? 1 : value.length;
  if (!single && (value.tag != RT_TORCH_TENSOR_LIST || !is_issued(value)))
    fail(RT_TORCH_INVALID_ARGUMENT, "the value has no tensor to take");
  if (element < 0 || element >= length)
    fail(RT_TORCH_INVALID_ARGUMENT,
         "element is " + std::to_string(element) + ", expected 0 to " + std::to_string(length - 1));
  if (!single) handle = static_cast<int64_t *>(const_cast<void *>(value.data.p)) + element;
  const int64_t taken = std::exchange(*handle, 0);
  if (single) value = tagged(RT_TORCH_NONE);
  if (taken == 0) fail(RT_TORCH_INVALID_ARGUMENT, "the value has no tensor to take");
  return taken;
}

}  // namespace rt
