// Tagged values of the C ABI <-> LibTorch's IValue, by the types of a schema.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <memory>
#include <string>

#include "runtime/errors.h"

namespace rt {

// A type of a schema, read once: every call only looks at the kind.
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
    kOther,  // no value can hold it
  };

  explicit Type(const c10::TypePtr &type);

  Kind kind;
  bool optional = false;
  std::unique_ptr<Type> element;  // of a list
  c10::TypePtr native;            // without the optional around it
  std::string name;               // as a schema spells it

  bool can_be_argument() const;
  bool can_be_result() const;
};

// A value as LibTorch wants it. Fails with INVALID_ARGUMENT where the tag, the length or the value does not
// fit, in words that continue "argument 'x' ", and with BAD_HANDLE.
c10::IValue read(const rt_torch_value &value, const Type &type);

// What LibTorch gave as a value. Its handles and its memory are the caller's.
rt_torch_value written(const c10::IValue &value, const Type &type);

// Gives the handles and the memory back.
void drop(const rt_torch_value &value) noexcept;

}  // namespace rt
