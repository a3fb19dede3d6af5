// Gradients: what a tensor has of them, and their computation.
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/node.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <mutex>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

// Against two threads that change the metadata of one tensor. LibTorch leaves that to its callers.
constinit std::mutex metadata;

bool is_leaf(const at::Tensor &tensor) {
  // Its own is_leaf() does not see that a view's base was written to.
  return !tensor.requires_grad() || tensor.grad_fn() == nullptr;
}

// The gradients to begin with; an undefined one where LibTorch takes ones.
std::vector<at::Tensor> initial(const std::vector<at::Tensor> &tensors, const int64_t *handles) {
  std::vector<at::Tensor> gradients(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string number = std::to_string(i);
    if (!tensors[i].requires_grad()) {
      fail(RT_TORCH_INVALID_ARGUMENT, "tensor " + number +
                                          " does not require gradients and was not computed from one that "
                                          "does, or while they were not recorded");
    }
    if (handles == nullptr || handles[i] == 0) {
      if (tensors[i].numel() == 1) continue;
      fail(RT_TORCH_INVALID_ARGUMENT, "tensor " + number + " has shape " + text(tensors[i].sizes()) +
                                          ", expected one element where no gradient is given");
    }
    gradients[i] = get_any(handles[i]);
    if (gradients[i].sizes() != tensors[i].sizes()) {
      fail(RT_TORCH_SHAPE, "gradient " + number + " has shape " + text(gradients[i].sizes()) +
                               ", expected that of its tensor, " + text(tensors[i].sizes()));
    }
  }
  return gradients;
}

}  // namespace

int32_t tensor_set_requires_grad(int64_t tensor, int32_t required) {
  const bool on = flag_of("required", required);
  const at::Tensor t = get_entered(tensor);
  if (on) check_inexact(t);
  const std::lock_guard lock(metadata);
  if (!on && !t.is_leaf()) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "the tensor was made by a recorded operation, so it requires gradients; detach it first");
  }
  t.requires_grad_(on);
  return 0;
}

int32_t tensor_requires_grad(int64_t tensor) {
  return static_cast<int32_t>(
      property_of(tensor, [](const c10::TensorImpl &t) -> int64_t { return t.requires_grad(); }));
}

int32_t tensor_is_leaf(int64_t tensor) {
  return tensor_requires_grad(tensor) == 0 || is_leaf(get_any(tensor));
}

int64_t tensor_grad_fn(int64_t tensor, char *text, int64_t capacity) {
  const at::Tensor t = get_any(tensor);
  const auto &node = t.requires_grad() ? t.grad_fn() : nullptr;
  return copy_out(node == nullptr ? std::string() : node->name(), text, capacity);
}

int64_t tensor_version(int64_t tensor) {
  return get_any(tensor)._version();
}

int64_t tensor_detach(int64_t tensor) {
  const at::Tensor t = get_any(tensor);
  const bool known = t.unsafeGetTensorImpl()->autograd_meta() != nullptr;
  return put(known ? get_entered(tensor).detach() : kernels::detach(t));
}

int32_t tensor_set_data(int64_t tensor, int64_t data) {
  const at::Tensor t = get_entered(tensor);
  const at::Tensor given = get_entered(data).detach();
  if (t.is_view()) fail(RT_TORCH_INVALID_ARGUMENT, "the tensor is a view; write to its memory instead");
  if (t.requires_grad()) check_inexact(given);
  if (t.layout() != given.layout()) {
    fail(RT_TORCH_INVALID_ARGUMENT, "the data has another layout than the tensor");
  }
  const std::lock_guard lock(metadata);
  t.set_data(given);
  return 0;
}

int32_t tensor_has_grad(int64_t tensor) {
  const at::Tensor t = get_any(tensor);
  const std::lock_guard lock(metadata);
  return t.unsafeGetTensorImpl()->grad().defined();
}

int32_t tensor_grad_state(int64_t tensor) {
  const auto has_metadata = [](const c10::TensorImpl &t) -> int64_t { return t.autograd_meta() != nullptr; };
  if (property_of(tensor, has_metadata) == 0) return 0;
  const at::Tensor t = get_any(tensor);
  {
    const std::lock_guard lock(metadata);
    if (t.unsafeGetTensorImpl()->grad().defined()) return 1;
  }
  return is_leaf(t) ? 0 : 2;
}

int32_t tensor_is_grad(int64_t tensor, int64_t grad) {
  const at::Tensor t = get_any(tensor), other = get_any(grad);
  const std::lock_guard lock(metadata);
  return t.unsafeGetTensorImpl()->grad().is_same(other);
}

int64_t tensor_grad(int64_t tensor) {
  const at::Tensor t = get_any(tensor);
  at::Tensor grad;
  {
    const std::lock_guard lock(metadata);
    grad = t.unsafeGetTensorImpl()->grad();
  }
  if (!grad.defined()) fail(RT_TORCH_INVALID_ARGUMENT, "the tensor has no gradient");
  return put(std::move(grad));
}

int32_t tensor_set_grad(int64_t tensor, int64_t grad) {
  const at::Tensor t = get_entered(tensor);
  at::Tensor given, before;
  if (grad != 0) {
    given = get_any(grad);
    if (given.is_same(t)) fail(RT_TORCH_INVALID_ARGUMENT, "a tensor cannot be its own gradient");
    if (given.sizes() != t.sizes()) {
      fail(RT_TORCH_SHAPE, "the gradient has shape " + text(given.sizes()) +
                               ", expected that of the tensor, " + text(t.sizes()));
    }
    check_same_dtype(t, given);
    if (given.device() != t.device()) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           "the gradient is on " + given.device().str() + ", expected " + t.device().str());
    }
  }
  const std::lock_guard lock(metadata);
  if (!given.defined() && !t.unsafeGetTensorImpl()->grad().defined()) return 0;
  std::swap(before, t.mutable_grad());
  t.mutable_grad() = std::move(given);
  return 0;
}

int32_t tensor_retain_grad(int64_t tensor) {
  const at::Tensor t = get_any(tensor);
  if (!t.requires_grad()) fail(RT_TORCH_INVALID_ARGUMENT, "the tensor does not require gradients");
  const std::lock_guard lock(metadata);
  t.retain_grad();
  return 0;
}

int32_t grad_enabled() {
  return c10::GradMode::is_enabled();
}

int32_t set_grad_enabled(int32_t enabled) {
  const bool now = flag_of("enabled", enabled), before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(now);
  return before;
}

int32_t backward(const int64_t *tensors, const int64_t *gradients, int64_t count, const int64_t *inputs,
                 int64_t inputs_count, int32_t retain_graph, int32_t create_graph) {
  const bool retain = flag_of("retain_graph", retain_graph), create = flag_of("create_graph", create_graph);
  const std::vector<at::Tensor> from = get_list(tensors, count, get_any), start = initial(from, gradients);
  std::vector<at::Tensor> to;
  if (inputs != nullptr || inputs_count != 0) to = get_list(inputs, inputs_count, get_any);
  gradients::include();
  torch::autograd::backward(from, start, retain, create, to);
  return 0;
}

int32_t grad(const int64_t *outputs, const int64_t *gradients, int64_t count, const int64_t *inputs,
             int64_t *results, int64_t inputs_count, int32_t retain_graph, int32_t create_graph,
             int32_t allow_unused) {
  const bool retain = flag_of("retain_graph", retain_graph), create = flag_of("create_graph", create_graph);
  const bool unused = flag_of("allow_unused", allow_unused);
  const std::vector<at::Tensor> from = get_list(outputs, count, get_any), start = initial(from, gradients);
  const std::vector<at::Tensor> to = get_list(inputs, inputs_count, get_any);
  if (results == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "results is NULL");
  std::fill_n(results, inputs_count, 0);
  for (size_t i = 0; i < to.size(); ++i) {
    if (!to[i].requires_grad()) {
      fail(RT_TORCH_INVALID_ARGUMENT, "input " + std::to_string(i) + " does not require gradients");
    }
  }
  gradients::include();
  const std::vector<at::Tensor> found = torch::autograd::grad(from, to, start, retain, create, unused);
  put_all(found, results);
  return 0;
}

}  // namespace rt
