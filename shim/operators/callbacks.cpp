// Functions of the caller that LibTorch calls while it computes gradients.
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "exports.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

using torch::autograd::SavedVariable;

// The context of a callback, with what is called when it is no longer needed.
class Context {
 public:
  Context(void *context, void (*deleter)(void *)) : context_(context), deleter_(deleter) {}
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;
  ~Context() {
    if (kept_ && deleter_ != nullptr) deleter_(context_);
  }
  // Until now the caller keeps it.
  void keep() { kept_ = true; }
  void *get() const { return context_; }

 private:
  void *context_;
  void (*deleter_)(void *);
  bool kept_ = false;
};

// Handles that are freed at the end.
class Handles {
 public:
  explicit Handles(size_t count) : handles_(count) {}
  explicit Handles(const std::vector<at::Tensor> &tensors) : Handles(tensors.size()) {
    put_all(tensors, handles_.data());
  }
  Handles(const Handles &) = delete;
  Handles &operator=(const Handles &) = delete;
  ~Handles() {
    for (const int64_t handle : handles_) tensor_free(handle);
  }
  int64_t *data() { return handles_.data(); }
  int64_t size() const { return static_cast<int64_t>(handles_.size()); }
  const std::vector<int64_t> &list() const { return handles_; }

 private:
  std::vector<int64_t> handles_;
};

using Backward = int32_t (*)(void *, const int64_t *, int64_t, const int64_t *, int64_t, int64_t *, int64_t);

// A node of the graph whose gradient a callback computes.
class CallbackNode final : public torch::autograd::Node {
 public:
  CallbackNode(Backward backward, std::unique_ptr<Context> context)
      : backward_(backward), context_(std::move(context)) {}

  std::string name() const override { return "rt_torch_function"; }

  void save(const at::Tensor &tensor, bool is_result) { saved_.emplace_back(tensor, is_result); }

  void keep_context() { context_->keep(); }

  torch::autograd::variable_list apply(torch::autograd::variable_list &&gradients) override {
    Handles given(gradients), saved(unpacked()), found(num_outputs());
    const int32_t status = backward_(context_->get(), given.data(), given.size(), saved.data(), saved.size(),
                                     found.data(), found.size());
    if (status != 0) {
      std::ranges::fill_n(found.data(), found.size(), 0);
      fail(RT_TORCH_INVALID_ARGUMENT, "a function's backward failed");
    }
    torch::autograd::variable_list results(num_outputs());
    for (size_t i = 0; i < results.size(); ++i) {
      if (found.list()[i] != 0) results[i] = get_any(found.list()[i]);
    }
    return results;
  }

  void release_variables() override {
    const std::lock_guard lock(mutex_);
    released_ = true;
    saved_.clear();
  }

 private:
  std::vector<at::Tensor> unpacked() {
    const std::lock_guard lock(mutex_);
    if (released_) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           "what was recorded has been freed by an earlier call, expected one with retain_graph 1");
    }
    std::vector<at::Tensor> tensors;
    tensors.reserve(saved_.size());
    for (const SavedVariable &one : saved_) tensors.push_back(one.unpack(getptr()));
    return tensors;
  }

  Backward backward_;
  std::unique_ptr<Context> context_;
  std::vector<SavedVariable> saved_;
  bool released_ = false;
};

// The result for a value: another tensor over its memory, in autograd's books as a view if it is one of an input.
at::Tensor result_of(const at::Tensor &value, const std::vector<at::Tensor> &inputs) {
  const auto of = std::ranges::find_if(inputs, [&](const at::Tensor &one) { return value.is_alias_of(one); });
  if (of == inputs.end()) return value.detach();
  return gradients::view_of_function(value, of->is_view() ? at::Tensor(of->_base()) : *of);
}

std::vector<at::Tensor> saved_list(const int64_t *saved, int64_t count) {
  return count == 0 ? std::vector<at::Tensor>() : get_list(saved, count);
}

}  // namespace

int64_t tensor_add_hook(int64_t tensor, int64_t (*hook)(void *context, int64_t gradient),
                        void (*deleter)(void *context), void *context) {
  if (hook == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "hook is NULL");
  const at::Tensor t = get_any(tensor);
  if (!t.requires_grad()) fail(RT_TORCH_INVALID_ARGUMENT, "the tensor does not require gradients");
  const auto owner = std::make_shared<Context>(context, deleter);
  const unsigned position = t.register_hook([hook, owner](const at::Tensor &gradient) {
    const int64_t answer = hook(owner->get(), put(gradient));
    if (answer < 0) fail(RT_TORCH_INVALID_ARGUMENT, "a hook failed");
    if (answer == 0) return gradient;
    at::Tensor replacement = get(answer);
    tensor_free(answer);
    return replacement;
  });
  owner->keep();
  return int64_t{position} + 1;
}

int32_t tensor_remove_hook(int64_t tensor, int64_t number) {
  const at::Tensor t = get_any(tensor);
  if (number < 1 || number > RT_TORCH_MAX_LENGTH) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "number is " + std::to_string(number) + ", expected one from rt_torch_tensor_add_hook()");
  }
  t.remove_hook(static_cast<unsigned>(number - 1));
  return 0;
}

int32_t function(const int64_t *inputs, int64_t inputs_count, const int64_t *values, int64_t values_count,
                 const int64_t *saved, int64_t saved_count, int64_t *results, Backward backward,
                 void (*deleter)(void *context), void *context) {
  if (results == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "results is NULL");
  if (backward == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "backward is NULL");
  const std::vector<at::Tensor> from = get_list(inputs, inputs_count, get_entered);
  const std::vector<at::Tensor> made = get_list(values, values_count);
  const std::vector<at::Tensor> kept = saved_list(saved, saved_count);
  std::fill_n(results, values_count, 0);
  const bool recorded = c10::GradMode::is_enabled() && torch::autograd::any_variable_requires_grad(from);
  auto owner = std::make_unique<Context>(context, deleter);
  std::vector<at::Tensor> outputs;
  outputs.reserve(made.size());
  for (const at::Tensor &value : made) outputs.push_back(recorded ? result_of(value, from) : value.detach());
  if (!recorded) {
    put_all(outputs, results);
    owner->keep();
    return 0;
  }
  const auto node = c10::make_intrusive<CallbackNode>(backward, std::move(owner));
  node->set_next_edges(torch::autograd::collect_next_edges(from));
  for (at::Tensor &output : outputs) {
    if (at::isFloatingType(output.scalar_type()) || output.is_complex()) {
      torch::autograd::create_gradient_edge(output, node);
    } else {
      node->add_input_metadata(torch::autograd::Node::undefined_input());
    }
  }
  for (const at::Tensor &tensor : kept) {
    const auto same = std::ranges::find_if(made, [&](const at::Tensor &one) { return one.is_same(tensor); });
    const bool is_result = same != made.end();
    node->save(is_result ? outputs[same - made.begin()] : tensor, is_result);
  }
  put_all(outputs, results);
  node->keep_context();
  return 1;
}

}  // namespace rt
