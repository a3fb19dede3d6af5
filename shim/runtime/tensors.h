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

// A number of 0 or more that LibTorch stores in a tensor, without the atomic operations of a reference to it. Other
// layouts, views that may have to be entered into autograd's books, and failures are left to the function given last.
using Property = int64_t (*)(const c10::TensorImpl &);
int64_t property_of(int64_t handle, Property property, at::Tensor (*otherwise)(int64_t) = get_any);

// The tensor of a handle, if it is strided: the others have neither strides nor memory to read. Fails with INVALID_ARGUMENT.
at::Tensor get(int64_t handle);

// The tensor itself. Fails with INVALID_ARGUMENT for another layout than strided.
at::Tensor strided(at::Tensor tensor);

// The tensor of a handle, of any layout, in autograd's books if it is a view: for operators called by name, which may
// write to it or make views of it.
at::Tensor get_entered(int64_t handle);

// The tensor that an in-place call writes to, once all operands are known: one that takes part in gradients.
at::Tensor writable(int64_t handle, const at::Tensor &tensor);

// "strided", "sparse_coo", "mkldnn", ...
std::string layout_of(const at::Tensor &tensor);

// The tensor of a handle, or nullopt for handle 0.
std::optional<at::Tensor> get_optional(int64_t handle);

// The tensors of count handles, 1 to RT_TORCH_MAX_TENSORS.
std::vector<at::Tensor> get_list(const int64_t *handles, int64_t count, at::Tensor (*one)(int64_t) = get);

// A new handle that owns the tensor.
int64_t put(at::Tensor tensor);

// New handles that own the tensors, 0 for an undefined one. On failure all that is written is 0.
void put_all(at::TensorList tensors, int64_t *handles);

// For results of a caller who has room for capacity handles: fails unless that is enough for count, and then put_all().
void check_room(const int64_t *results, int64_t capacity, int64_t count);

// The tensor without lazy conjugation and negation, and not a zero tensor without memory: callers of the C ABI read the
// memory as it is.
at::Tensor materialized(const at::Tensor &tensor);

// Makes the storage non-resizable, because its address is about to be exported.
void pin_storage(const at::Tensor &tensor);

}  // namespace rt
