// Calls of operators by name that hand C++ values to the kernel, instead of a stack of IValues.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/SmallVector.h>

#include "runtime/errors.h"

namespace rt {

// The results of a call: tensors, or the elements of one list of tensors.
using Tensors = c10::SmallVector<at::Tensor, 3>;

// Calls an operator with a value for each of its parameters. Returns false, and calls nothing, if a value is not of
// the plain kind for its parameter: it needs read() of runtime/values.h, which converts it or fails.
using Unboxed = bool (*)(const c10::OperatorHandle &op, const rt_torch_value *const *arguments,
                         Tensors &results);

// The unboxed call of an operator; nullptr for a signature that is not in the list of unboxed.cpp.
Unboxed unboxed_call_of(const c10::OperatorHandle &op);

}  // namespace rt
