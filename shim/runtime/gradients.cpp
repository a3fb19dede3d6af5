#include "runtime/gradients.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <utility>

namespace rt::gradients {

void include() {
  auto &keys = c10::impl::raw_local_dispatch_key_set;
  keys.set_excluded(keys.excluded() - c10::autograd_dispatch_keyset);
}

bool included() {
  return !c10::impl::raw_local_dispatch_key_set.excluded().has(c10::DispatchKey::AutogradFunctionality);
}

namespace {

constexpr c10::DispatchKeySet kBooks(c10::DispatchKey::ADInplaceOrView);

}  // namespace

Untracked::Untracked()
    : was_tracked_(!included() && !c10::impl::raw_local_dispatch_key_set.excluded().has_any(kBooks)) {
  auto &keys = c10::impl::raw_local_dispatch_key_set;
  if (was_tracked_) keys.set_excluded(keys.excluded() | kBooks);
}

Untracked::~Untracked() {
  auto &keys = c10::impl::raw_local_dispatch_key_set;
  if (was_tracked_) keys.set_excluded(keys.excluded() - kBooks);
}

bool hold_graph(const c10::TensorImpl &tensor) {
  if (const c10::AutogradMetaInterface *meta = tensor.autograd_meta()) return meta->requires_grad();
  const ViewOrigin *origin = origin_of(tensor);
  return origin != nullptr && origin->base.requires_grad();
}

namespace {

using torch::autograd::CreationMeta;

at::Tensor view_in_books(const at::Tensor &view, const at::Tensor &base, uint32_t version,
                         CreationMeta made) {
  at::Tensor entered = at::detail::make_tensor<c10::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(view.storage()), view.key_set(), view.dtype());
  c10::TensorImpl *impl = entered.unsafeGetTensorImpl();
  impl->set_sizes_and_strides(view.sizes(), view.strides(), view.storage_offset());
  auto meta = std::make_unique<torch::autograd::DifferentiableViewMeta>(
      impl, torch::autograd::ViewInfo(base, nullptr, nullptr), std::nullopt, /*shared_view_info=*/true, made);
  meta->set_attr_version(version);
  impl->set_autograd_meta(std::move(meta));
  return entered;
}

}  // namespace

at::Tensor enter(const at::Tensor &view, const ViewOrigin &origin) {
  return view_in_books(view, origin.base, origin.version,
                       origin.grad_mode ? CreationMeta::DEFAULT : CreationMeta::NO_GRAD_MODE);
}

at::Tensor view_of_function(const at::Tensor &value, const at::Tensor &base) {
  return view_in_books(value, base, base._version(), CreationMeta::IN_CUSTOM_FUNCTION);
}

}  // namespace rt::gradients
