// Global handle table, its counters, and fork detection.
#include "runtime/handles.h"

#include <c10/core/GradMode.h>
#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>

#include "exports.h"
#include "runtime/gradients.h"
#include "runtime/guard.h"
#include "runtime/modules.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

using Pointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

void retain(c10::TensorImpl *tensor) {
  c10::raw::intrusive_ptr::incref(tensor);
}

// Zero-initialized and trivially destroyed, so usable during static initialization and process exit.
constinit HandleTable<c10::TensorImpl, retain> table{};

std::atomic<bool> in_child{false};
[[maybe_unused]] const int watching_forks =
    pthread_atfork(nullptr, nullptr, [] { in_child.store(true, std::memory_order_relaxed); });

}  // namespace

bool forked() noexcept {
  return in_child.load(std::memory_order_relaxed);
}

namespace {

// A view of fastpath/, entered into autograd's books. The handle has that tensor from then on, so what autograd learns
// about it stays; other threads that use the handle at this moment have either.
at::Tensor enter(int64_t handle, const at::Tensor &view, const ViewOrigin &origin) {
  at::Tensor entered = gradients::enter(view, origin);
  c10::TensorImpl *impl = entered.unsafeGetTensorImpl();
  retain(impl);
  if (c10::TensorImpl *old = table.replace(handle, view.unsafeGetTensorImpl(), impl)) {
    Pointer::reclaim(old).reset();
    return entered;
  }
  Pointer::reclaim(impl).reset();
  return get_any(handle);  // another thread was first
}

}  // namespace

at::Tensor get_any(int64_t handle) {
  if (c10::TensorImpl *found = table.get(handle)) [[likely]] {
    at::Tensor tensor(Pointer::reclaim(found));
    if (found->autograd_meta() == nullptr) [[likely]] {
      const ViewOrigin *origin = origin_of(*found);
      if (origin == nullptr || !origin->base.requires_grad()) return tensor;
      tensor = enter(handle, tensor, *origin);
    }
    if (c10::GradMode::is_enabled() && tensor.requires_grad()) gradients::include();
    return tensor;
  }
  if (handle == 0) fail(RT_TORCH_BAD_HANDLE, "expected a tensor, got handle 0");
  fail(RT_TORCH_BAD_HANDLE, "handle " + std::to_string(handle) + " is not valid: freed or never issued");
}

namespace {

constexpr c10::DispatchKeySet kNotStrided = c10::sparse_ks | c10::sparse_csr_ks | c10::mkldnn_ks |
                                            c10::DispatchKeySet(c10::DispatchKey::NestedTensor);

}  // namespace

int64_t property_of(int64_t handle, Property property, at::Tensor (*otherwise)(int64_t)) {
  const int64_t found = table.read(handle, [property](const c10::TensorImpl &tensor) -> int64_t {
    const bool plain = !tensor.key_set().has_any(kNotStrided) &&
                       (tensor.autograd_meta() != nullptr || origin_of(tensor) == nullptr);
    return plain ? property(tensor) : -1;
  });
  return found >= 0 ? found : property(*otherwise(handle).unsafeGetTensorImpl());
}

at::Tensor get(int64_t handle) {
  return strided(get_any(handle));
}

at::Tensor strided(at::Tensor tensor) {
  if (tensor.key_set().has_any(kNotStrided)) [[unlikely]] {
    const std::string layout = layout_of(tensor);
    fail(RT_TORCH_INVALID_ARGUMENT,
         "the tensor has the layout " + layout + ", expected strided: " +
             (layout == "nested" ? "aten::unbind makes strided tensors of its parts"
                                 : "aten::to_dense makes a strided copy") +
             ", and operators called by name may take it");
  }
  return tensor;
}

std::string layout_of(const at::Tensor &tensor) {
  if (tensor.is_nested()) return "nested";
  switch (tensor.layout()) {
    case at::kStrided:
      return "strided";
    case at::kSparse:
      return "sparse_coo";
    case at::kSparseCsr:
      return "sparse_csr";
    case at::kSparseCsc:
      return "sparse_csc";
    case at::kSparseBsr:
      return "sparse_bsr";
    case at::kSparseBsc:
      return "sparse_bsc";
    case at::kMkldnn:
      return "mkldnn";
    default:
      return "unknown";
  }
}

at::Tensor get_entered(int64_t handle) {
  at::Tensor tensor = get_any(handle);
  const ViewOrigin *origin = origin_of(*tensor.unsafeGetTensorImpl());
  if (origin != nullptr) tensor = enter(handle, tensor, *origin);
  if (tensor.requires_grad()) gradients::include();  // some kernels refuse it also while gradients are off
  return tensor;
}

at::Tensor writable(int64_t handle, const at::Tensor &tensor) {
  return gradients::included() ? get_entered(handle) : tensor;
}

std::optional<at::Tensor> get_optional(int64_t handle) {
  if (handle == 0) return std::nullopt;
  return get(handle);
}

std::vector<at::Tensor> get_list(const int64_t *handles, int64_t count, at::Tensor (*one)(int64_t)) {
  if (count < 1 || count > RT_TORCH_MAX_TENSORS) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "count is " + std::to_string(count) + ", expected 1 to " + std::to_string(RT_TORCH_MAX_TENSORS));
  }
  if (handles == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "the list of tensors is NULL");
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int64_t i = 0; i < count; ++i) tensors.push_back(one(handles[i]));
  return tensors;
}

namespace {

constexpr size_t kLargeBytes = 4096;

// Whether to free promptly: large storage, memory borrowed from elsewhere, or the graph of a gradient.
bool large_or_borrowed(const at::Tensor &tensor) {
  if (!tensor.has_storage() || tensor.requires_grad()) return true;
  const c10::StorageImpl *storage = tensor.unsafeGetTensorImpl()->unsafe_storage().unsafeGetStorageImpl();
  return storage->nbytes() > kLargeBytes || storage->allocator() == nullptr;
}

}  // namespace

int64_t put(at::Tensor tensor) {
  if (!tensor.defined()) fail(RT_TORCH_INTERNAL, "LibTorch returned an undefined tensor");
  const int64_t handle = table.put(tensor.unsafeGetTensorImpl(), large_or_borrowed(tensor));
  tensor.unsafeReleaseTensorImpl();  // the table owns it now
  return handle;
}

void check_room(const int64_t *results, int64_t capacity, int64_t count) {
  if (results == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "results is NULL");
  if (capacity < count) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "capacity is " + std::to_string(capacity) + ", expected " + std::to_string(count) + " or more");
  }
}

void put_all(at::TensorList tensors, int64_t *handles) {
  std::fill_n(handles, tensors.size(), 0);
  try {
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i].defined()) handles[i] = put(tensors[i]);
    }
  } catch (...) {
    for (size_t i = 0; i < tensors.size(); ++i) tensor_free(std::exchange(handles[i], 0));
    throw;
  }
}

void pin_storage(const at::Tensor &tensor) {
  static constinit std::mutex writing;  // LibTorch's flag is not atomic, and threads may share a storage
  if (!tensor.has_storage()) return;
  const std::lock_guard lock(writing);
  tensor.storage().unsafeGetStorageImpl()->set_resizable(false);
}

int32_t tensor_free(int64_t tensor) {
  return free_handle<Pointer>(table, tensor, forked());
}

int64_t tensor_free_unless_slow(int64_t tensor) {
  if (tensor == 0) return 0;
  c10::TensorImpl *last = table.take(tensor, forked());
  if (last == nullptr) return -1;
  const Pointer held = Pointer::reclaim(last);
  if (!gradients::hold_graph(*last)) return 0;
  try {
    const int64_t other = table.put(last, true);
    retain(last);
    return other;
  } catch (const std::bad_alloc &) {
    return 0;  // every slot is in use, and that of the handle was retired: freed here
  }
}

int64_t live_handles() {
  return table.live() + live_modules() + live_packages() + live_safetensors();
}
int64_t peak_handles() {
  return table.peak();
}
int64_t created_handles() {
  return table.created();
}

int64_t live_bytes() {
  std::unordered_set<const c10::StorageImpl *> seen;
  int64_t bytes = 0;
  table.for_each([&](c10::TensorImpl *tensor) {
    const at::Tensor held(Pointer::reclaim(tensor));
    if (!held.has_storage()) return;
    const c10::StorageImpl *storage = held.storage().unsafeGetStorageImpl();
    if (seen.insert(storage).second) bytes += static_cast<int64_t>(storage->nbytes());
  });
  return bytes;
}

}  // namespace rt
