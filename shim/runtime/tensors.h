// Conversion between handles and tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/errors.h"

namespace rt {

// The tensor of a handle, of any layout. Fails with BAD_HANDLE.
at::Tensor get_any(int64_t handle);

// The same, if it is strided: the others have neither strides nor memory to read. Fails with INVALID_ARGUMENT.
at::Tensor get(int64_t handle);

// "strided", "sparse_coo", "mkldnn", ...
std::string layout_of(const at::Tensor &tensor);

// The tensor of a handle, or nullopt for handle 0.
std::optional<at::Tensor> get_optional(int64_t handle);

// The tensors of count handles, 1 to RT_TORCH_MAX_TENSORS.
std::vector<at::Tensor> get_list(const int64_t *handles, int64_t count);

// A new handle that owns the tensor.
int64_t put(at::Tensor tensor);

// Makes the storage non-resizable, because its address is about to be exported.
void pin_storage(const at::Tensor &tensor);

}  // namespace rt
