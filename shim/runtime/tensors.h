// From handles to tensors and back.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "runtime/errors.h"

namespace rt {

// The tensor behind a handle. Fails with BAD_HANDLE.
at::Tensor get(int64_t handle);

// The tensor behind a handle, or none for handle 0.
std::optional<at::Tensor> get_optional(int64_t handle);

// The tensors behind count handles, 1 to RT_TORCH_MAX_TENSORS.
std::vector<at::Tensor> get_list(const int64_t *handles, int64_t count);

// A new handle that owns the tensor.
int64_t put(at::Tensor tensor);

// For memory whose address somebody else gets: it cannot be resized any more, which would move it.
inline void keep_in_place(const at::Tensor &tensor) {
  if (tensor.has_storage()) tensor.storage().unsafeGetStorageImpl()->set_resizable(false);
}

}  // namespace rt
