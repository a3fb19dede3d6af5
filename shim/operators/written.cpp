// See written.h.
#include "operators/written.h"

#include "runtime/checks.h"

namespace rt {
namespace {

bool fits_storage(const at::Tensor &tensor) {
  const auto size = static_cast<int64_t>(tensor.element_size());
  const int64_t offset = tensor.storage_offset() * size,
                reach = reach_of(tensor.sizes(), tensor.strides(), size);
  return tensor.numel() == 0 ||
         (reach >= 0 && reach <= static_cast<int64_t>(tensor.storage().nbytes()) - offset);
}

}  // namespace

Written::Written(const at::Tensor &given)
    : tensor(given),
      storage(given.storage()),
      sizes(given.sizes()),
      strides(given.strides()),
      offset(given.storage_offset()) {}

void Written::restore() const {
  if (fits_storage(tensor)) return;
  c10::TensorImpl *impl = tensor.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(storage);
  impl->set_sizes_and_strides(sizes, strides, offset);
  if (!fits_storage(tensor)) impl->set_sizes_contiguous({0});
}

void add_written(const at::Tensor &tensor, AllWritten &all) {
  if (tensor.defined() && tensor.has_storage() && tensor.layout() == at::kStrided) all.emplace_back(tensor);
}

}  // namespace rt
