// Calls to any operator of LibTorch's dispatcher, by name.
#include <ATen/core/dispatch/Dispatcher.h>
#include <dlfcn.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>

#include "exports.h"
#include "operators/value_checks.h"
#include "runtime/checks.h"
#include "runtime/errors.h"
#include "runtime/gradients.h"
#include "runtime/values.h"

namespace rt {
namespace {

struct Parameter {
  std::string name;
  Type type;
  std::optional<c10::IValue> default_value;
};

struct Operator {
  explicit Operator(const c10::OperatorHandle &found);

  c10::OperatorHandle handle;
  std::string name;  // such as "aten::add.Tensor"
  std::string schema;
  std::string refusal;  // why it cannot be called; "" if it can
  std::vector<Parameter> parameters;
  std::vector<Type> results;
  std::vector<size_t> written;  // positions of the arguments that the operator writes
  bool fresh;                   // whether its results share no memory with its arguments
  ValueCheck check;             // nullptr if none is needed
};

// Operators with a kernel of their own say so in their schema; those composed of others may return an argument or a view
// of one, and so may those of other libraries.
bool makes_fresh(const c10::OperatorHandle &found) {
  const auto aliases = [](const c10::Argument &one) { return one.alias_info() != nullptr; };
  const auto has = [&](c10::DispatchKey key) { return found.hasKernelForDispatchKey(key); };
  return found.schema().name().starts_with("aten::") && has(c10::DispatchKey::CPU) &&
         !has(c10::DispatchKey::CompositeImplicitAutograd) &&
         std::ranges::none_of(found.schema().arguments(), aliases) &&
         std::ranges::none_of(found.schema().returns(), aliases);
}

Operator::Operator(const c10::OperatorHandle &found)
    : handle(found),
      name(c10::toString(found.operator_name())),
      schema(c10::toString(found.schema())),
      fresh(makes_fresh(found)),
      check(value_check_of(name)) {
  const auto refuse = [this](const Type &type, const std::string &which) {
    if (refusal.empty()) refusal = which + " is a " + type.name + ", which rt_torch_value cannot hold";
  };
  if (found.schema().is_vararg() || found.schema().is_varret()) {
    refusal = "it is variadic";
  }
  for (const c10::Argument &argument : found.schema().arguments()) {
    const c10::AliasInfo *alias = argument.alias_info();
    if (alias != nullptr && alias->isWrite()) written.push_back(parameters.size());
    parameters.push_back({argument.name(), Type(argument.real_type()), argument.default_value()});
    const Parameter &last = parameters.back();
    if (!last.type.can_be_argument()) refuse(last.type, "argument '" + last.name + "'");
  }
  for (const c10::Argument &argument : found.schema().returns()) {
    results.emplace_back(argument.real_type());
    if (!results.back().can_be_result()) refuse(results.back(), "a result");
  }
}

// Operators looked up so far. An entry is written once and never removed, so reading takes no lock.
constexpr int64_t kMaxOperators = 65536;
constinit std::atomic<const Operator *> operators[kMaxOperators]{};

struct Numbers {
  std::mutex mutex;
  std::unordered_map<std::string, int64_t> by_name;
};

Numbers &numbers() {
  static Numbers &all = *new Numbers;  // never destroyed: used until process exit
  return all;
}

const Operator &operator_of(int64_t number) {
  if (number > 0 && number <= kMaxOperators) {
    if (const Operator *found = operators[number - 1].load(std::memory_order_acquire)) return *found;
  }
  fail(RT_TORCH_INVALID_ARGUMENT,
       "op is " + std::to_string(number) + ", expected a number from rt_torch_operator_find()");
}

[[noreturn]] void fail_absent(const c10::OperatorName &name) {
  const std::string text = c10::toString(name);
  if (c10::Dispatcher::singleton().findOp(name)) {
    fail(RT_TORCH_NOT_IMPLEMENTED, text + " has kernels but no schema, so it cannot be called by name");
  }
  const std::vector<std::string> known = [&] {
    std::vector<std::string> overloads;
    for (const auto &one : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name.name))) {
      if (one->schema().overload_name() == name.overload_name) {
        fail(RT_TORCH_NOT_IMPLEMENTED,
             text + " is an operator of TorchScript's interpreter only: the dispatcher does not have it");
      }
      if (one->isC10Op()) overloads.push_back(one->schema().overload_name());
    }
    return overloads;
  }();
  std::string there;
  for (const std::string &overload : known) {
    there += (there.empty() ? "; its overloads are " : ", ") + (overload.empty() ? "''" : overload);
  }
  fail(RT_TORCH_INVALID_ARGUMENT, "there is no operator " + text + there);
}

// Sorts the overloads of an operator by registration order, which is the order torch.ops tries them in.
std::vector<std::string> overloads_in_order(const std::string &name, std::vector<std::string> overloads) {
  std::map<std::string, size_t> position;
  for (const auto &one : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name))) {
    if (one->isC10Op()) position.emplace(one->schema().overload_name(), position.size());
  }
  std::ranges::sort(overloads, {}, [&](const std::string &overload) {
    const auto found = position.find(overload);
    return std::pair(found == position.end() ? position.size() : found->second, overload);
  });
  return overloads;
}

[[noreturn]] void fail_argument(const Operator &op, size_t position, const std::string &message,
                                int32_t code = RT_TORCH_INVALID_ARGUMENT) {
  fail(code, op.name + ": argument '" + op.parameters[position].name + "' (position " +
                 std::to_string(position) + ") " + message + "; the schema is " + op.schema);
}

c10::IValue argument_of(const Operator &op, size_t position, const rt_torch_value *value) {
  const Parameter &parameter = op.parameters[position];
  if (value == nullptr || value->tag == RT_TORCH_DEFAULT) {
    if (!parameter.default_value) fail_argument(op, position, "is missing and has no default");
    return *parameter.default_value;
  }
  try {
    return read(*value, parameter.type);
  } catch (const Error &error) {
    const char *link = error.code() == RT_TORCH_BAD_HANDLE         ? "is not a tensor: "
                       : error.code() == RT_TORCH_INVALID_ARGUMENT ? ""
                                                                   : "cannot be used: ";
    fail_argument(op, position, link + std::string(error.what()), error.code());
  }
}

torch::jit::Stack stack_of(const Operator &op, const rt_torch_value *arguments, int64_t count) {
  const size_t wanted = op.parameters.size();
  if (count < 0 || static_cast<size_t>(count) > wanted) {
    fail(RT_TORCH_INVALID_ARGUMENT, op.name + ": " + std::to_string(count) + " arguments, expected 0 to " +
                                        std::to_string(wanted) + "; the schema is " + op.schema);
  }
  if (arguments == nullptr && count > 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, op.name + ": arguments is NULL");
  }
  torch::jit::Stack stack;
  stack.reserve(std::max(wanted, op.results.size()));
  for (size_t i = 0; i < wanted; ++i) {
    stack.push_back(argument_of(op, i, i < static_cast<size_t>(count) ? arguments + i : nullptr));
  }
  return stack;
}

void check_room(const Operator &op, const rt_torch_value *results, int64_t capacity) {
  const size_t wanted = op.results.size();
  if (capacity < 0 || static_cast<size_t>(capacity) < wanted) {
    fail(RT_TORCH_INVALID_ARGUMENT, op.name + ": capacity is " + std::to_string(capacity) + ", expected " +
                                        std::to_string(wanted) + " results or more");
  }
  if (results == nullptr && wanted > 0) fail(RT_TORCH_INVALID_ARGUMENT, op.name + ": results is NULL");
}

const Operator &callable(int64_t op) {
  const Operator &found = operator_of(op);
  if (!found.refusal.empty()) {
    fail(RT_TORCH_NOT_IMPLEMENTED, found.name + ": " + found.refusal + "; the schema is " + found.schema);
  }
  return found;
}

// The message without LibTorch's list of every backend that has a kernel.
std::string first_sentence(const std::string &text) {
  const bool listed = text.starts_with("Could not run") || text.starts_with("There were no tensor arguments");
  return listed ? text.substr(0, text.find(". ")) : text;
}

bool fits_storage(const at::Tensor &tensor) {
  const auto size = static_cast<int64_t>(tensor.element_size());
  const int64_t offset = tensor.storage_offset() * size,
                reach = reach_of(tensor.sizes(), tensor.strides(), size);
  return tensor.numel() == 0 ||
         (reach >= 0 && reach <= static_cast<int64_t>(tensor.storage().nbytes()) - offset);
}

// The memory and the shape of a tensor that an operator writes.
struct Written {
  at::Tensor tensor;
  c10::Storage storage;
  at::DimVector sizes, strides;
  int64_t offset;

  explicit Written(const at::Tensor &given)
      : tensor(given),
        storage(given.storage()),
        sizes(given.sizes()),
        strides(given.strides()),
        offset(given.storage_offset()) {}

  // For a failed operator: resize_() and its like change the shape before they find that the storage cannot grow.
  void restore() const {
    if (fits_storage(tensor)) return;
    c10::TensorImpl *impl = tensor.unsafeGetTensorImpl();
    impl->set_storage_keep_dtype(storage);
    impl->set_sizes_and_strides(sizes, strides, offset);
    if (!fits_storage(tensor)) impl->set_sizes_contiguous({0});
  }
};

using AllWritten = c10::SmallVector<Written, 1>;

AllWritten written_by(const Operator &op, const torch::jit::Stack &stack) {
  AllWritten all;
  const auto add = [&all](const at::Tensor &tensor) {
    if (tensor.defined() && tensor.has_storage() && tensor.layout() == at::kStrided) all.emplace_back(tensor);
  };
  for (const size_t position : op.written) {
    const c10::IValue &value = stack[position];
    if (value.isTensor()) add(value.toTensor());
    if (value.isTensorList()) std::ranges::for_each(value.toTensorVector(), add);
  }
  return all;
}

// Calls an operator and returns its results.
torch::jit::Stack run(const Operator &op, const rt_torch_value *arguments, int64_t count) {
  torch::jit::Stack stack = stack_of(op, arguments, count);
  const AllWritten written = written_by(op, stack);
  try {
    if (op.check != nullptr) op.check(stack);
    if (op.fresh) {
      const gradients::Untracked untracked;
      op.handle.callBoxed(stack);
    } else {
      op.handle.callBoxed(stack);
    }
  } catch (...) {
    for (const Written &one : written) one.restore();
    const Error error = current_error();
    fail(error.code(), op.name + ": " + first_sentence(error.what()));
  }
  return stack;
}

}  // namespace

int64_t operator_find(const char *name, const char *overload) {
  if (name == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "name is NULL");
  const c10::OperatorName wanted(name, overload == nullptr ? "" : overload);
  const std::string key = c10::toString(wanted);
  const std::lock_guard lock(numbers().mutex);
  auto &by_name = numbers().by_name;
  if (const auto known = by_name.find(key); known != by_name.end()) return known->second;
  if (wanted.name.find("::") == std::string::npos) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "'" + wanted.name + "' has no namespace, expected one such as 'aten::add'");
  }
  const auto found = c10::Dispatcher::singleton().findSchema(wanted);
  if (!found) fail_absent(wanted);
  const int64_t number = static_cast<int64_t>(by_name.size()) + 1;
  if (number > kMaxOperators) fail(RT_TORCH_OUT_OF_MEMORY, "too many operators");
  auto entry = std::make_unique<const Operator>(*found);
  by_name.emplace(key, number);
  operators[number - 1].store(entry.release(), std::memory_order_release);
  return number;
}

int64_t operator_schema(int64_t op, char *text, int64_t capacity) {
  return copy_out(operator_of(op).schema, text, capacity);
}

int64_t operator_names(char *text, int64_t capacity) {
  std::map<std::string, std::vector<std::string>> overloads;
  for (const c10::OperatorName &name : c10::Dispatcher::singleton().getAllOpNames()) {
    overloads[name.name].push_back(name.overload_name);
  }
  std::string lines;
  for (const auto &[name, unordered] : overloads) {
    for (const std::string &overload : overloads_in_order(name, unordered)) {
      lines.append(name).append(overload.empty() ? "" : ".").append(overload).append("\n");
    }
  }
  return copy_out(lines, text, capacity);
}

int64_t call(int64_t op, const rt_torch_value *arguments, int64_t count, rt_torch_value *results,
             int64_t capacity) {
  const Operator &found = callable(op);
  check_room(found, results, capacity);
  const torch::jit::Stack stack = run(found, arguments, count);
  int64_t done = 0;
  try {
    for (; done < static_cast<int64_t>(found.results.size()); ++done) {
      results[done] = write(stack.at(done), found.results[done]);
    }
  } catch (...) {
    while (done > 0) release(results[--done]);
    throw;
  }
  return done;
}

int64_t call_one(int64_t op, const rt_torch_value *arguments, int64_t count, int64_t position) {
  const Operator &found = callable(op);
  if (position == -1) {
    run(found, arguments, count);
    return -1;
  }
  const auto wanted = static_cast<size_t>(position);
  if (position < 0 || wanted >= found.results.size() || found.results[wanted].kind != Type::Kind::kTensor) {
    fail(RT_TORCH_INVALID_ARGUMENT, found.name + ": position is " + std::to_string(position) +
                                        ", expected -1 or that of a result that is a tensor; the schema is " +
                                        found.schema);
  }
  const torch::jit::Stack stack = run(found, arguments, count);
  const c10::IValue &result = stack.at(wanted);
  return result.isTensor() && result.toTensor().defined() ? put_result(result.toTensor()) : -1;
}

int32_t load_library(const char *path) {
  if (path == nullptr || *path == '\0') fail(RT_TORCH_INVALID_ARGUMENT, "path is NULL or empty");
  if (dlopen(path, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char *reason = dlerror();
    fail(RT_TORCH_INVALID_ARGUMENT, reason == nullptr ? "the library cannot be opened" : reason);
  }
  return 0;
}

}  // namespace rt
