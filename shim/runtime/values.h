// Conversion between rt_torch_value and LibTorch's IValue, according to the types of a schema.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <memory>
#include <string>

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
    kOther,  // not representable as an rt_torch_value
  };

  explicit Type(const c10::TypePtr &type);

  Kind kind;
  bool optional = false;
  std::unique_ptr<Type> element;  // for a list
  c10::TypePtr native;            // the type inside Optional
  std::string name;               // as in the schema

  bool can_be_argument() const;
  bool can_be_result() const;
};

// Converts an argument. Fails with BAD_HANDLE, and with INVALID_ARGUMENT if the tag, the length or the value
// is wrong for the type; the message continues a sentence that begins "argument 'x' ".
c10::IValue read(const rt_torch_value &value, const Type &type);

// Converts a result. The caller owns its handles and its memory.
rt_torch_value write(const c10::IValue &value, const Type &type);

// A handle of a result, to a new TensorImpl.
int64_t put_result(const at::Tensor &tensor);

// Frees the handles and the memory of a result.
void release(const rt_torch_value &value) noexcept;

}  // namespace rt
