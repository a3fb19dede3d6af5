// Checks of the arguments of operators called by name, where LibTorch's kernel trusts their values.
#pragma once

#include <torch/csrc/jit/runtime/operator.h>

#include <string>

namespace rt {

// Fails with INVALID_ARGUMENT or INDEX for values with which the kernel would crash or write out of bounds.
using ValueCheck = void (*)(const torch::jit::Stack &arguments);

// The check of an operator such as "aten::div.Tensor_mode"; nullptr if it needs none.
ValueCheck value_check_of(const std::string &name);

}  // namespace rt
