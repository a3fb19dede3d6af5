// A loaded TorchScript module, and the table of its handles.
#pragma once

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/module.h>

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "runtime/modules.h"
#include "runtime/values.h"

namespace rt {

struct MethodParameter {
  std::string name;
  Type type;
  std::optional<c10::IValue> default_value;
};

struct Method {
  explicit Method(torch::jit::Function &found);

  torch::jit::Function *function;
  std::string schema;  // without self
  std::vector<MethodParameter> parameters;
  Type result;
};

struct Script : c10::intrusive_ptr_target {
  // The lock is shared by modules with the same code: freezing adds to it.
  Script(torch::jit::Module loaded, std::shared_ptr<std::shared_mutex> shared_lock);

  torch::jit::Module module;
  std::map<std::string, Method, std::less<>> methods;
  // Held exclusively by what changes the module. LibTorch does not lock attributes: a thread that reads one
  // while another thread replaces it would use freed memory.
  std::shared_ptr<std::shared_mutex> lock;
  std::vector<at::Tensor> parameters;
  bool changes_itself;  // whether a call may replace an attribute, or change a list or dict

  const Method &method(const char *name) const;
};

using ScriptPointer = c10::intrusive_ptr<Script>;

// The module of a handle. Fails with BAD_HANDLE.
ScriptPointer get_module(int64_t handle);

// A new handle that owns the module.
int64_t put_module(ScriptPointer script);

// Calls a method. The message of a failure begins with the reason, then says where in the code it happened.
c10::IValue run_method(const Script &script, const Method &method, std::vector<c10::IValue> stack);

}  // namespace rt
