// TorchScript modules: their methods, calls, and handles.
#include "models/script.h"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/jit_exception.h>

#include <algorithm>
#include <mutex>

#include "exports.h"
#include "runtime/gradients.h"
#include "runtime/guard.h"
#include "runtime/handles.h"

namespace rt {

// ---- Handles

namespace {

void retain(Script *script) {
  c10::raw::intrusive_ptr::incref(script);
}

constinit HandleTable<Script, retain, HandleKind::kModule> table{};

}  // namespace

ScriptPointer get_module(int64_t handle) {
  if (Script *script = table.get(handle)) return ScriptPointer::reclaim(script);
  if (handle == 0) fail(RT_TORCH_BAD_HANDLE, "expected a module, got handle 0");
  fail(RT_TORCH_BAD_HANDLE,
       "handle " + std::to_string(handle) + " is not a module: freed, never issued, or a tensor");
}

int64_t put_module(ScriptPointer script) {
  const int64_t handle = table.put(script.get(), true);
  script.release();  // the table owns it now
  return handle;
}

int64_t live_modules() noexcept {
  return table.live();
}

int32_t module_free(int64_t module) {
  return free_handle<ScriptPointer>(table, module, forked());
}

// ---- Methods

namespace {

c10::FunctionSchema without_self(const torch::jit::Function &function) {
  const c10::FunctionSchema &schema = const_cast<torch::jit::Function &>(function).getSchema();
  std::vector<c10::Argument> arguments(schema.arguments().begin() + 1, schema.arguments().end());
  return {function.name(), "", std::move(arguments), schema.returns()};
}

bool changes_metadata(std::string_view name) {
  constexpr std::string_view names[] = {"resize_",     "resize_as_",
                                        "set_",        "set_data",
                                        "squeeze_",    "unsqueeze_",
                                        "transpose_",  "t_",
                                        "swapaxes_",   "swapdims_",
                                        "as_strided_", "detach_",
                                        "swapdims_",   "copy_sparse_to_sparse_"};
  return std::ranges::find(names, name) != std::end(names);
}

// Whether an instruction replaces an attribute, changes a list or a dict, or the memory of a tensor.
bool changes_objects(const torch::jit::Node &node) {
  if (node.kind() == c10::prim::SetAttr) return true;
  const c10::FunctionSchema *schema = node.maybeSchema();
  if (schema == nullptr) return false;
  return std::ranges::any_of(schema->arguments(), [&](const c10::Argument &argument) {
    if (argument.alias_info() == nullptr || !argument.alias_info()->isWrite()) return false;
    return argument.type()->kind() != c10::TypeKind::TensorType || argument.is_out() ||
           changes_metadata(node.kind().toUnqualString());
  });
}

// NOLINTNEXTLINE(misc-no-recursion): blocks are nested as deep as the code
bool changes_objects(torch::jit::Block *block) {
  return std::ranges::any_of(block->nodes(), [](torch::jit::Node *node) {
    return changes_objects(*node) || std::ranges::any_of(node->blocks(), [](torch::jit::Block *inner) {
             return changes_objects(inner);
           });
  });
}

// LibTorch calls these as it loads and saves; nobody else does.
bool is_internal(const torch::jit::Function &function) {
  return function.name() == "__setstate__" || function.name() == "__getstate__";
}

bool changes_objects(const torch::jit::Module &module) {
  const auto functions = module._ivalue()->compilation_unit()->get_functions();
  return std::ranges::any_of(functions, [](torch::jit::Function *function) {
    if (is_internal(*function)) return false;
    if (!function->isGraphFunction()) return true;
    return changes_objects(torch::jit::toGraphFunction(*function).graph()->block());
  });
}

}  // namespace

Method::Method(torch::jit::Function &found)
    : function(&found),
      schema(c10::toString(without_self(found))),
      result(found.getSchema().returns().at(0).type()) {
  const auto &arguments = found.getSchema().arguments();
  for (size_t i = 1; i < arguments.size(); ++i) {
    parameters.push_back({arguments[i].name(), Type(arguments[i].type()), arguments[i].default_value()});
  }
}

Script::Script(torch::jit::Module loaded, std::shared_ptr<std::shared_mutex> shared_lock)
    : module(std::move(loaded)), lock(std::move(shared_lock)), changes_itself(changes_objects(module)) {
  for (const at::Tensor &one : module.parameters()) parameters.push_back(one);
  for (const torch::jit::Method &one : module.get_methods()) {
    if (!is_internal(one.function())) methods.emplace(one.name(), one.function());
  }
}

const Method &Script::method(const char *name) const {
  if (name == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "method is NULL");
  const auto found = methods.find(name);
  if (found != methods.end()) return found->second;
  std::string all;
  for (const auto &[known, one] : methods) all += (all.empty() ? "" : ", ") + known;
  fail(RT_TORCH_INVALID_ARGUMENT, "there is no method '" + std::string(name) + "'; its methods are " + all);
}

// ---- Calls

namespace {

int32_t code_of_class(std::string_view name) {
  const std::string_view bare = name.substr(name.rfind('.') + 1);
  if (bare == "IndexError" || bare == "KeyError") return RT_TORCH_INDEX;
  if (bare == "TypeError") return RT_TORCH_TYPE;
  if (bare == "NotImplementedError") return RT_TORCH_NOT_IMPLEMENTED;
  return RT_TORCH_INVALID_ARGUMENT;
}

// The interpreter's message is a traceback and, at its end, the reason: put first, because long texts are cut.
std::string reason_first(const std::string &text) {
  constexpr std::string_view head = "The following operation failed in the TorchScript interpreter.\n";
  constexpr std::string_view mark = "\nRuntimeError: ";
  const size_t at = text.rfind(mark);
  if (!text.starts_with(head) || at == std::string::npos) return text;
  return text.substr(at + mark.size()) + text.substr(head.size(), at - head.size());
}

[[noreturn]] void fail_call(const Method &method) {
  const std::string prefix = method.function->name() + ": ";
  try {
    throw;
  } catch (const torch::jit::JITException &error) {  // raised by the code of the module
    const std::string name = error.getPythonClassName().value_or("RuntimeError");
    const std::string reason = error.getOriginalMsg().value_or(error.what());
    fail(code_of_class(name),
         prefix + name.substr(name.rfind('.') + 1) + ": " + reason + "\n" + error.what());
  } catch (const c10::Error &) {
    const Error error = current_error();
    fail(error.code(), prefix + reason_first(error.what()));
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {  // the interpreter's own, with the text of a c10::Error
    const std::string text = reason_first(error.what());
    fail(code_of_text(text), prefix + text);
  }
}

}  // namespace

c10::IValue run_method(const Script &script, const Method &method, std::vector<c10::IValue> stack) {
  std::shared_lock shared(*script.lock, std::defer_lock);
  std::unique_lock exclusive(*script.lock, std::defer_lock);
  if (script.changes_itself) {
    exclusive.lock();
  } else {
    shared.lock();
  }
  const auto required = [](const at::Tensor &one) { return one.requires_grad(); };
  if (at::GradMode::is_enabled() && std::ranges::any_of(script.parameters, required)) gradients::include();
  try {
    method.function->run(stack);
    return std::move(stack.at(0));
  } catch (...) {
    fail_call(method);
  }
}

}  // namespace rt
