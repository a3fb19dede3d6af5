// TorchScript modules as functions of the C ABI.
#include <fcntl.h>
#include <sys/stat.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <unordered_set>

#include "exports.h"
#include "models/archive.h"
#include "models/script.h"
#include "runtime/checks.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

using torch::jit::Module;

int64_t load(const std::string &name,
             const std::function<std::shared_ptr<caffe2::serialize::ReadAdapterInterface>()> &open,
             int64_t device, int32_t trust) {
  const at::Device target = device_of(device);
  const bool trusted = flag_of("trust", trust);
  try {
    const auto input = open();
    check_archive(input);
    if (!trusted) check_code(input);
    const Module loaded = torch::jit::load(input, target);
    for (const at::Tensor &one : loaded.parameters())
      one.requires_grad_(false);  // until somebody wants to train it
    return put_module(c10::make_intrusive<Script>(loaded, std::make_shared<std::shared_mutex>()));
  } catch (...) {
    const Error error = current_error();
    // A damaged file shows as an exception of any type.
    const bool memory = error.code() == RT_TORCH_OUT_OF_MEMORY;
    fail(memory ? RT_TORCH_OUT_OF_MEMORY : RT_TORCH_INVALID_ARGUMENT, name + ": " + error.what());
  }
}

// ---- Tensors by name

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

bool is_wanted(const c10::ClassType &type, size_t i, const c10::IValue &value, int32_t which) {
  if (!value.isTensor() || !value.toTensor().defined()) return false;
  const bool parameter = type.is_parameter(i);
  if (which == RT_TORCH_PARAMETERS) return parameter;
  const bool buffer = !parameter && type.is_buffer(i);
  return buffer || (which == RT_TORCH_STATE && parameter);
}

// In the order of PyTorch's state_dict(): the parameters of a module, its buffers, then its children.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the modules are nested
void add_tensors(const c10::ivalue::Object &object, const std::string &prefix, int32_t which,
                 std::vector<NamedTensor> &found) {
  const c10::ClassType &type = *object.type();
  for (const bool parameters : {true, false}) {
    for (size_t i = 0; i < type.numAttributes(); ++i) {
      const c10::IValue &value = object.getSlot(i);
      if (type.is_parameter(i) == parameters && is_wanted(type, i, value, which)) {
        found.push_back({prefix + type.getAttributeName(i), value.toTensor()});
      }
    }
  }
  for (size_t i = 0; i < type.numAttributes(); ++i) {
    if (!type.getAttribute(i)->is_module()) continue;
    add_tensors(object.getSlot(i).toObjectRef(), prefix + type.getAttributeName(i) + ".", which, found);
  }
}

std::vector<NamedTensor> tensors_of(const Script &script, int32_t which) {
  if (which < RT_TORCH_PARAMETERS || which > RT_TORCH_STATE) {
    fail(RT_TORCH_INVALID_ARGUMENT, "which is " + std::to_string(which) +
                                        ", expected RT_TORCH_PARAMETERS, RT_TORCH_BUFFERS or RT_TORCH_STATE");
  }
  std::vector<NamedTensor> found;
  const std::shared_lock reading(*script.lock);
  add_tensors(*script.module._ivalue(), "", which, found);
  if (which == RT_TORCH_STATE) return found;
  std::unordered_set<const c10::TensorImpl *> seen;
  std::erase_if(
      found, [&](const NamedTensor &one) { return !seen.insert(one.tensor.unsafeGetTensorImpl()).second; });
  return found;
}

// Writes a file, so that a failure leaves no part of one: to another name first, unless it is a device.
class Output {
 public:
  explicit Output(std::string path) : path_(std::move(path)) {
    static std::atomic<int> number{0};
    struct stat status{};
    const bool direct = stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
    written_ = direct ? path_ : path_ + "." + std::to_string(getpid()) + "-" + std::to_string(++number);
    descriptor_ = open(written_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (direct ? 0 : O_EXCL), 0666);
    if (descriptor_ < 0) check(errno);
  }
  Output(const Output &) = delete;
  Output &operator=(const Output &) = delete;
  ~Output() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!done_ && written_ != path_) unlink(written_.c_str());
  }

  // LibTorch's writer ends the process if this fails: finish() reports what went wrong.
  size_t write(const void *data, size_t count) noexcept {
    for (size_t done = 0; done < count && error_ == 0;) {
      const ssize_t put = ::write(descriptor_, static_cast<const char *>(data) + done, count - done);
      if (put > 0) done += static_cast<size_t>(put);
      if (put < 0 && errno != EINTR) error_ = errno;
    }
    return count;
  }

  void finish() {
    check(error_);
    check(close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno);
    if (written_ != path_) check(rename(written_.c_str(), path_.c_str()) == 0 ? 0 : errno);
    done_ = true;
  }

 private:
  static void check(int error) {
    if (error != 0) fail(RT_TORCH_INVALID_ARGUMENT, std::generic_category().message(error));
  }

  std::string path_, written_;
  int descriptor_ = -1, error_ = 0;
  bool done_ = false;
};

std::vector<std::string> lines_of(const char *text) {
  std::vector<std::string> lines;
  for (const char *at = text == nullptr ? "" : text; *at != '\0';) {
    const std::string line(at, std::strcspn(at, "\n"));
    at += line.size() + (at[line.size()] == '\n');
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

[[noreturn]] void fail_argument(const Method &method, size_t position, const std::string &message,
                                int32_t code) {
  fail(code, method.function->name() + ": argument '" + method.parameters[position].name + "' (position " +
                 std::to_string(position) + ") " + message + "; the schema is " + method.schema);
}

c10::IValue argument_of(const Method &method, size_t position, const rt_torch_value *value) {
  const MethodParameter &parameter = method.parameters[position];
  if (value == nullptr || value->tag == RT_TORCH_DEFAULT) {
    if (!parameter.default_value) {
      fail_argument(method, position, "is missing and has no default", RT_TORCH_INVALID_ARGUMENT);
    }
    const c10::IValue &known = *parameter.default_value;
    return known.isList() || known.isGenericDict() ? known.deepcopy() : known;
  }
  try {
    return read(*value, parameter.type);
  } catch (const Error &error) {
    const char *link = error.code() == RT_TORCH_BAD_HANDLE ? "is not a tensor: " : "";
    fail_argument(method, position, link + std::string(error.what()), error.code());
  }
}

}  // namespace

int64_t module_load(const char *path, int64_t device, int32_t trust) {
  if (path == nullptr || *path == '\0') fail(RT_TORCH_INVALID_ARGUMENT, "path is NULL or empty");
  return load(path, [path] { return open_file(path); }, device, trust);
}

int64_t module_load_data(const void *data, int64_t nbytes, int64_t device, int32_t trust) {
  constexpr int64_t most = int64_t{1} << 47;  // no process has more memory
  if (nbytes < 0 || nbytes > most) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "nbytes is " + std::to_string(nbytes) + ", expected 0 to " + std::to_string(most));
  }
  if (data == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "data is NULL");
  return load("the data", [data, nbytes] { return over_memory(data, nbytes); }, device, trust);
}

int64_t module_methods(int64_t module, char *text, int64_t capacity) {
  std::string lines;
  for (const auto &[name, method] : get_module(module)->methods) lines += method.schema + "\n";
  return copy_out(lines, text, capacity);
}

int32_t module_call(int64_t module, const char *method, const rt_torch_value *arguments, int64_t count,
                    rt_torch_value *result) {
  const ScriptPointer script = get_module(module);
  const Method &found = script->method(method);
  const size_t wanted = found.parameters.size();
  if (count < 0 || static_cast<size_t>(count) > wanted) {
    fail(RT_TORCH_INVALID_ARGUMENT, found.function->name() + ": " + std::to_string(count) +
                                        " arguments, expected 0 to " + std::to_string(wanted) +
                                        "; the schema is " + found.schema);
  }
  if (arguments == nullptr && count > 0) fail(RT_TORCH_INVALID_ARGUMENT, "arguments is NULL");
  if (result == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "result is NULL");
  std::vector<c10::IValue> stack;
  stack.reserve(wanted + 1);
  stack.emplace_back(script->module._ivalue());
  for (size_t i = 0; i < wanted; ++i) {
    stack.push_back(argument_of(found, i, i < static_cast<size_t>(count) ? arguments + i : nullptr));
  }
  *result = write(run_method(*script, found, std::move(stack)), found.result);
  return 0;
}

int64_t module_names(int64_t module, int32_t which, char *text, int64_t capacity) {
  std::string lines;
  for (const NamedTensor &one : tensors_of(*get_module(module), which)) lines += one.name + "\n";
  return copy_out(lines, text, capacity);
}

int64_t module_tensors(int64_t module, int32_t which, rt_torch_value *result) {
  const ScriptPointer script = get_module(module);
  if (result == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "result is NULL");
  c10::List<at::Tensor> tensors;
  for (const NamedTensor &one : tensors_of(*script, which)) tensors.push_back(one.tensor);
  *result = write(tensors, Type(c10::ListType::ofTensors()));
  return result->length;
}

int32_t module_train(int64_t module, int32_t on) {
  const ScriptPointer script = get_module(module);
  const bool training = flag_of("on", on);
  const std::unique_lock changing(*script->lock);
  script->module.train(training);
  return 0;
}

int32_t module_training(int64_t module) {
  const ScriptPointer script = get_module(module);
  const std::shared_lock reading(*script->lock);
  return script->module.hasattr("training") && script->module.is_training();
}

int32_t module_to(int64_t module, int64_t device) {
  const ScriptPointer script = get_module(module);
  const at::Device target = device_of(device);
  const std::unique_lock changing(*script->lock);
  script->module.to(target);
  return 0;
}

int64_t module_freeze(int64_t module, const char *preserved, int32_t mode) {
  const ScriptPointer script = get_module(module);
  if (mode < RT_TORCH_FREEZE || mode > RT_TORCH_FREEZE_FOR_INFERENCE) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "mode is " + std::to_string(mode) + ", expected a RT_TORCH_FREEZE constant");
  }
  const std::vector<std::string> names = lines_of(preserved);
  const std::unique_lock changing(*script->lock);
  if (!script->module.find_method("forward")) fail(RT_TORCH_INVALID_ARGUMENT, "the module has no forward()");
  for (const std::string &name : names) {
    if (!script->module.find_method(name) && !script->module.hasattr(name)) {
      fail(RT_TORCH_INVALID_ARGUMENT, "there is no method or attribute '" + name + "'");
    }
  }
  if (script->module.hasattr("training") && script->module.is_training()) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "the module is in training mode: call rt_torch_module_train(module, 0) first");
  }
  Module frozen = script->module.hasattr("training")
                      ? torch::jit::freeze(script->module, names, mode != RT_TORCH_FREEZE)
                      : script->module.clone();
  if (mode == RT_TORCH_FREEZE_FOR_INFERENCE) frozen = torch::jit::optimize_for_inference(frozen, names);
  return put_module(c10::make_intrusive<Script>(std::move(frozen), script->lock));
}

int32_t module_save(int64_t module, const char *path) {
  const ScriptPointer script = get_module(module);
  if (path == nullptr || *path == '\0') fail(RT_TORCH_INVALID_ARGUMENT, "path is NULL or empty");
  try {
    for (const auto &[name, method] : script->methods) {
      const std::string code = torch::jit::toGraphFunction(*method.function).graph()->toString();
      if (code.find("prim::ConstantMKLDNNTensor") == code.npos) continue;
      fail(RT_TORCH_NOT_IMPLEMENTED, "a module that was optimized for inference cannot be saved");
    }
    Output output(path);
    const std::shared_lock reading(*script->lock);
    torch::jit::ExportModule(script->module,
                             [&output](const void *data, size_t count) { return output.write(data, count); });
    output.finish();
  } catch (...) {
    const Error error = current_error();
    fail(error.code(), std::string(path) + ": " + error.what());
  }
  return 0;
}

}  // namespace rt
