// The memory and the shape of tensors that an operator writes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/SmallVector.h>

namespace rt {

struct Written {
  explicit Written(const at::Tensor &given);

  // For a failed operator: resize_() and its like change the shape before they find that the storage cannot grow.
  void restore() const;

  at::Tensor tensor;
  c10::Storage storage;
  at::DimVector sizes, strides;
  int64_t offset;
};

using AllWritten = c10::SmallVector<Written, 1>;

// Adds a tensor, unless it has no memory of its own.
void add_written(const at::Tensor &tensor, AllWritten &all);

}  // namespace rt
