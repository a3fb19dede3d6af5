// Indexing by tensors, and assignment to what they select.
#pragma once

#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace rt {

// One index for each leading axis, or one mask for several; nullopt for a whole axis.
using Indices = c10::List<std::optional<at::Tensor>>;

// How many axes an index tensor indexes. Fails with TYPE unless it is of int64, int32, bool or uint8, which is a mask as
// well, and with SHAPE for a mask without axes.
int64_t axes_of_index(const at::Tensor &index);

// A copy of what the indices select; at least one is a tensor. Below gradients::Untracked.
at::Tensor indexed(const at::Tensor &tensor, Indices indices);

// Overwrites that with values of the same dtype, which may share memory with the target, as the indices may.
void put_indexed(const at::Tensor &target, const Indices &indices, const at::Tensor &values);

}  // namespace rt
