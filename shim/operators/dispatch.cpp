// Calls to any operator of LibTorch's dispatcher, by name.
#include <dlfcn.h>

#include <algorithm>

#include "exports.h"
#include "operators/registry.h"
#include "operators/written.h"
#include "runtime/checks.h"
#include "runtime/errors.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"
#include "runtime/values.h"

namespace rt {
namespace {

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

void check_count(const Operator &op, const rt_torch_value *arguments, int64_t count) {
  const size_t wanted = op.parameters.size();
  if (count < 0 || static_cast<size_t>(count) > wanted) {
    fail(RT_TORCH_INVALID_ARGUMENT, op.name + ": " + std::to_string(count) + " arguments, expected 0 to " +
                                        std::to_string(wanted) + "; the schema is " + op.schema);
  }
  if (arguments == nullptr && count > 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, op.name + ": arguments is NULL");
  }
}

torch::jit::Stack stack_of(const Operator &op, const rt_torch_value *arguments, int64_t count) {
  const size_t wanted = op.parameters.size();
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

AllWritten written_by(const Operator &op, const torch::jit::Stack &stack) {
  AllWritten all;
  for (const size_t position : op.written) {
    const c10::IValue &value = stack[position];
    if (value.isTensor()) add_written(value.toTensor(), all);
    if (value.isTensorList()) {
      for (const at::Tensor &one : value.toTensorVector()) add_written(one, all);
    }
  }
  return all;
}

// Calls an operator below its name in the error's message, and in autograd's books unless it needs none.
template <class Function>
void call_named(const Operator &op, Function &&function) {
  try {
    if (op.fresh) {
      const gradients::Untracked untracked;
      function();
    } else {
      function();
    }
  } catch (...) {
    const Error error = current_error();
    fail(error.code(), op.name + ": " + first_sentence(error.what()));
  }
}

// The results of a call on a stack.
torch::jit::Stack run(const Operator &op, const rt_torch_value *arguments, int64_t count) {
  torch::jit::Stack stack = stack_of(op, arguments, count);
  const AllWritten written = written_by(op, stack);
  call_named(op, [&] {
    try {
      if (op.check != nullptr) op.check(stack);
      op.handle.callBoxed(stack);
    } catch (...) {
      for (const Written &one : written) one.restore();
      throw;
    }
  });
  return stack;
}

// The same without a stack; false, and nothing is called, if these arguments need one.
bool run_unboxed(const Operator &op, const rt_torch_value *arguments, int64_t count, Tensors &results) {
  if (op.unboxed == nullptr) return false;
  c10::SmallVector<const rt_torch_value *, 12> values;
  for (const Parameter &parameter : op.parameters) {
    const auto position = static_cast<int64_t>(values.size());
    const bool given = position < count && arguments[position].tag != RT_TORCH_DEFAULT;
    values.push_back(given ? arguments + position : &parameter.written_default);
  }
  bool called = false;
  call_named(op, [&] { called = op.unboxed(op.handle, values.data(), results); });
  return called;
}

// Writes count results, and frees those that are there if one fails.
template <class Write>
int64_t write_all(rt_torch_value *results, size_t count, Write &&write_one) {
  size_t done = 0;
  try {
    for (; done < count; ++done) results[done] = write_one(done);
  } catch (...) {
    while (done > 0) release(results[--done]);
    throw;
  }
  return static_cast<int64_t>(done);
}

}  // namespace

int64_t call(int64_t op, const rt_torch_value *arguments, int64_t count, rt_torch_value *results,
             int64_t capacity) {
  const Operator &found = callable(op);
  check_room(found, results, capacity);
  check_count(found, arguments, count);
  const size_t wanted = found.results.size();
  Tensors tensors;
  if (run_unboxed(found, arguments, count, tensors)) {
    const bool one_list = wanted == 1 && found.results[0].kind == Type::Kind::kList;
    return write_all(results, wanted,
                     [&](size_t i) { return one_list ? write(tensors) : write(tensors[i]); });
  }
  const torch::jit::Stack stack = run(found, arguments, count);
  return write_all(results, wanted, [&](size_t i) { return write(stack.at(i), found.results[i]); });
}

int64_t call_one(int64_t op, const rt_torch_value *arguments, int64_t count, int64_t position) {
  const Operator &found = callable(op);
  check_count(found, arguments, count);
  Tensors tensors;
  if (position == -1) {
    if (!run_unboxed(found, arguments, count, tensors)) run(found, arguments, count);
    return -1;
  }
  const auto wanted = static_cast<size_t>(position);
  if (position < 0 || wanted >= found.results.size() || found.results[wanted].kind != Type::Kind::kTensor) {
    fail(RT_TORCH_INVALID_ARGUMENT, found.name + ": position is " + std::to_string(position) +
                                        ", expected -1 or that of a result that is a tensor; the schema is " +
                                        found.schema);
  }
  if (run_unboxed(found, arguments, count, tensors)) {
    return tensors[wanted].defined() ? put_result(tensors[wanted]) : -1;
  }
  const torch::jit::Stack stack = run(found, arguments, count);
  const c10::IValue &result = stack.at(wanted);
  return result.isTensor() && result.toTensor().defined() ? put_result(result.toTensor()) : -1;
}

int64_t call_several(int64_t op, const rt_torch_value *arguments, int64_t count, int64_t *results,
                     int64_t capacity) {
  const Operator &found = callable(op);
  const auto is_tensor = [](const Type &type) { return type.kind == Type::Kind::kTensor; };
  const bool listed = found.results.size() == 1 && found.results[0].kind == Type::Kind::kList &&
                      is_tensor(*found.results[0].element);
  if (!listed && (found.results.empty() || !std::ranges::all_of(found.results, is_tensor))) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         found.name + ": expected an operator whose results are tensors; the schema is " + found.schema);
  }
  check_count(found, arguments, count);
  check_room(results, capacity, listed ? 0 : static_cast<int64_t>(found.results.size()));
  Tensors tensors;
  if (!run_unboxed(found, arguments, count, tensors)) {
    for (const c10::IValue &one : run(found, arguments, count)) {
      if (listed) {
        for (const at::Tensor &element : one.toTensorVector()) tensors.push_back(element);
      } else {
        tensors.push_back(one.isTensor() ? one.toTensor() : at::Tensor());
      }
    }
  }
  check_room(results, capacity, static_cast<int64_t>(tensors.size()));
  for (at::Tensor &one : tensors) one = own_result(one);
  put_all(tensors, results);
  return static_cast<int64_t>(tensors.size());
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
