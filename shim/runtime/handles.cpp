// Global handle table, its counters, and fork detection.
#include "runtime/handles.h"

#include <pthread.h>

#include <mutex>
#include <string>
#include <unordered_set>

#include "exports.h"
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

at::Tensor get_any(int64_t handle) {
  if (c10::TensorImpl *tensor = table.get(handle)) return at::Tensor(Pointer::reclaim(tensor));
  if (handle == 0) fail(RT_TORCH_BAD_HANDLE, "expected a tensor, got handle 0");
  fail(RT_TORCH_BAD_HANDLE, "handle " + std::to_string(handle) + " is not valid: freed or never issued");
}

at::Tensor get(int64_t handle) {
  constexpr c10::DispatchKeySet others = c10::sparse_ks | c10::sparse_csr_ks | c10::mkldnn_ks |
                                         c10::DispatchKeySet(c10::DispatchKey::NestedTensor);
  at::Tensor tensor = get_any(handle);
  if (tensor.key_set().has_any(others)) [[unlikely]] {
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

std::optional<at::Tensor> get_optional(int64_t handle) {
  if (handle == 0) return std::nullopt;
  return get(handle);
}

std::vector<at::Tensor> get_list(const int64_t *handles, int64_t count) {
  if (count < 1 || count > RT_TORCH_MAX_TENSORS) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "count is " + std::to_string(count) + ", expected 1 to " + std::to_string(RT_TORCH_MAX_TENSORS));
  }
  if (handles == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "the list of tensors is NULL");
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int64_t i = 0; i < count; ++i) tensors.push_back(get(handles[i]));
  return tensors;
}

namespace {

constexpr size_t kLargeBytes = 4096;

// Whether to free promptly: large storage, or memory borrowed from elsewhere.
bool large_or_borrowed(const at::Tensor &tensor) {
  if (!tensor.has_storage()) return true;
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

void pin_storage(const at::Tensor &tensor) {
  static constinit std::mutex writing;  // LibTorch's flag is not atomic, and threads may share a storage
  if (!tensor.has_storage()) return;
  const std::lock_guard lock(writing);
  tensor.storage().unsafeGetStorageImpl()->set_resizable(false);
}

int32_t tensor_free(int64_t tensor) {
  return free_handle<Pointer>(table, tensor, forked());
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
