// The operators of LibTorch's dispatcher, by number.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string>
#include <vector>

#include "operators/unboxed.h"
#include "operators/value_checks.h"
#include "runtime/values.h"

namespace rt {

struct Parameter {
  explicit Parameter(const c10::Argument &argument);

  std::string name;
  Type type;
  std::optional<c10::IValue> default_value;
  // The default value as a caller would write it, with RT_TORCH_DEFAULT if there is none or for a rare kind.
  rt_torch_value written_default{.tag = RT_TORCH_DEFAULT, .length = 0, .data = {}};
  std::vector<int64_t> elements;  // of a default value that is a list
};

struct Operator {
  explicit Operator(const c10::OperatorHandle &found);

  c10::OperatorHandle handle;
  std::string name;  // such as "aten::add.Tensor"
  std::string schema;
  std::string refusal;  // why it cannot be called; "" if it can
  std::vector<Parameter> parameters;
  std::vector<Type> results;
  std::vector<size_t> written;  // positions of the arguments that the operator writes
  bool fresh;                   // whether its results share no memory with its arguments
  ValueCheck check;             // nullptr if none is needed
  Unboxed unboxed = nullptr;    // nullptr if the arguments have to go on a stack
};

// The operator of a number. Fails with INVALID_ARGUMENT.
const Operator &operator_of(int64_t number);

}  // namespace rt
