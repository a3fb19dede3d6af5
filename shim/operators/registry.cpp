// Looks up operators by name.
#include "operators/registry.h"

#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <unordered_map>

#include "exports.h"
#include "runtime/checks.h"

namespace rt {
namespace {

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

}  // namespace

Parameter::Parameter(const c10::Argument &argument)
    : name(argument.name()), type(argument.real_type()), default_value(argument.default_value()) {
  if (!default_value) return;
  rt_torch_value &written = written_default;
  if (default_value->isNone()) {
    written.tag = RT_TORCH_NONE;
  } else if (default_value->isBool()) {
    written.tag = RT_TORCH_TRUTH;
    written.data.i = default_value->toBool() ? 1 : 0;
  } else if (default_value->isInt() && (type.kind == Type::Kind::kInt || type.kind == Type::Kind::kNumber)) {
    written.tag = RT_TORCH_INT;
    written.data.i = default_value->toInt();
  } else if (default_value->isDouble()) {
    written.tag = RT_TORCH_DOUBLE;
    written.data.d = default_value->toDouble();
  } else if (default_value->isString()) {
    written.tag = RT_TORCH_STRING;
    written.length = static_cast<int32_t>(default_value->toStringRef().size());
    written.data.p = default_value->toStringRef().data();
  } else if (default_value->isIntList()) {
    elements = default_value->toIntVector();
    written.tag = RT_TORCH_INT_LIST;
    written.length = static_cast<int32_t>(elements.size());
    written.data.p = elements.data();
  }
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
    parameters.emplace_back(argument);
    const Parameter &last = parameters.back();
    if (!last.type.can_be_argument()) refuse(last.type, "argument '" + last.name + "'");
  }
  for (const c10::Argument &argument : found.schema().returns()) {
    results.emplace_back(argument.real_type());
    if (!results.back().can_be_result()) refuse(results.back(), "a result");
  }
  if (check == nullptr) unboxed = unboxed_call_of(found);
}

const Operator &operator_of(int64_t number) {
  if (number > 0 && number <= kMaxOperators) {
    if (const Operator *found = operators[number - 1].load(std::memory_order_acquire)) return *found;
  }
  fail(RT_TORCH_INVALID_ARGUMENT,
       "op is " + std::to_string(number) + ", expected a number from rt_torch_operator_find()");
}

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

}  // namespace rt
