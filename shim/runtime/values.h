// Conversion between rt_torch_value and LibTorch's IValue, according to the types of a schema.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/errors.h"

namespace rt {

// A type of a schema, parsed once, so that a call only switches on kind.
struct Type {
  enum class Kind {
    kTensor,
    kInt,
    kDouble,
    kTruth,
    kNumber,
    kString,
    kDType,
    kDevice,
    kLayout,
    kMemoryFormat,
    kGenerator,
    kList,
    kTuple,
    kDict,
    kNone,
    kAny,    // also a union: the tag decides
    kOther,  // not representable as an rt_torch_value
  };

  explicit Type(const c10::TypePtr &type);

  Kind kind;
  bool optional = false;
  std::unique_ptr<Type> element;  // for a list
  std::vector<Type> parts;        // for a tuple its elements, for a dict its keys and its values
  c10::TypePtr native;            // the type inside Optional
  std::string name;               // as in the schema

  // Whether an operator can be called by name with it: tuples and dicts are left to modules.
  bool can_be_argument() const;
  bool can_be_result() const;
};

// Converts an argument. Fails with BAD_HANDLE, and with INVALID_ARGUMENT if the tag, the length or the value
// is wrong for the type; the message continues a sentence that begins "argument 'x' ".
c10::IValue read(const rt_torch_value &value, const Type &type);

// Converts a result. The caller owns its handles and its memory.
rt_torch_value write(const c10::IValue &value, const Type &type);
rt_torch_value write(const at::Tensor &tensor);
rt_torch_value write(at::TensorList tensors);

// Parts of read(): tuples, dicts, and values whose tag decides on their type.
c10::IValue read_tuple(const rt_torch_value &value, const Type &type);
c10::IValue read_dict(const rt_torch_value &value, const Type &type);
c10::IValue read_any(const rt_torch_value &value, const Type &type);

// A result as a new TensorImpl: an operator may return its argument, and a later change of the result (of its shape,
// say) must not affect the argument. Undefined ones stay so.
at::Tensor own_result(const at::Tensor &tensor);

// Its handle.
int64_t put_result(const at::Tensor &tensor);

// Part of write(): tuples, dicts, and lists other than those of tensors and numbers.
rt_torch_value write_container(const c10::IValue &value, const Type &type);

// Frees the handles and the memory of a result. Returns how many values hold memory that was not issued.
int64_t release(const rt_torch_value &value) noexcept;

// ---- For the files that implement these functions

[[noreturn]] void invalid(const std::string &message);
[[noreturn]] void wrong_tag(const rt_torch_value &value, const Type &type);

// Fails if length or pointer of a list or a string cannot be read.
void check_elements(const rt_torch_value &value, size_t alignment);

// The elements of a list, or the bytes of a string.
template <class Element>
at::ArrayRef<Element> elements(const rt_torch_value &value) {
  check_elements(value, alignof(Element));
  return {static_cast<const Element *>(value.data.p), static_cast<size_t>(value.length)};
}

// A result that holds a copy of count elements.
rt_torch_value listed(int32_t tag, const void *data, size_t count, size_t size);

}  // namespace rt
