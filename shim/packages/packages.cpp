// AOTInductor packages as functions of the C ABI.
#include <ATen/ops/empty_strided.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <unordered_map>

#include "exports.h"
#include "packages/package.h"
#include "packages/quiet.h"
#include "runtime/checks.h"
#include "runtime/guard.h"
#include "runtime/handles.h"
#include "runtime/modules.h"
#include "runtime/tensors.h"
#include "runtime/values.h"

namespace rt {
namespace {

void retain(Package *package) {
  c10::raw::intrusive_ptr::incref(package);
}

constinit HandleTable<Package, retain, HandleKind::kPackage> table{};

// A runner that computes nothing else, until the end of the scope.
class Vacancy {
 public:
  explicit Vacancy(std::counting_semaphore<> &vacant) : vacant_(vacant) { vacant_.acquire(); }
  Vacancy(const Vacancy &) = delete;
  Vacancy &operator=(const Vacancy &) = delete;
  ~Vacancy() { vacant_.release(); }

 private:
  std::counting_semaphore<> &vacant_;
};

// The message of the package's code without C++ frames, and without the place where it was raised.
std::string reason_of(const std::exception &error) {
  std::string text = error.what();
  for (const char *mark : {"\nException raised from ", "\nframe #0: "}) {
    const size_t at = text.find(mark);
    if (at != std::string::npos) return text.substr(0, at);
  }
  return text;
}

// Memory that is the package's own is copied: it is freed with the package, or changed by the next call.
at::Tensor owned(const at::Tensor &output) {
  if (!output.defined() || !output.has_storage()) return output;
  const at::DataPtr &memory = output.storage().data_ptr();
  return memory.get() != nullptr && memory.get_context() == nullptr ? output.clone() : output;
}

std::vector<at::Tensor> run(Package &package, std::vector<at::Tensor> inputs) {
  std::unique_lock turn(package.turn);
  const std::shared_lock using_constants(package.lock);
  turn.unlock();
  if (!package.missing.empty()) {
    std::string names;
    for (const std::string &one : package.missing) names += (names.empty() ? "" : ", ") + one;
    fail(
        RT_TORCH_NOT_IMPLEMENTED,
        "the package has no values of these constants, which must be loaded first: " + names.substr(0, 1000));
  }
  const Vacancy runner(package.vacant);
  const QuietErrors quiet;
  try {
    return package.runner->boxed_run(std::move(inputs));
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {
    const std::string reason = reason_of(error);
    const int32_t code = code_of_text(reason);
    fail(code == RT_TORCH_INTERNAL ? RT_TORCH_INVALID_ARGUMENT : code, "the model failed: " + reason);
  }
}

std::vector<std::string> lines_of(const char *text) {
  std::vector<std::string> lines;
  for (const char *at = text; *at != '\0';) {
    lines.emplace_back(at, std::strcspn(at, "\n"));
    at += lines.back().size();
    at += *at == '\n';
  }
  return lines;
}

// A copy with the strides that the model has, in a storage of no more bytes than it needs: LibTorch copies whole
// storages over those of the model.
at::Tensor constant_of(const ModelConstant &constant, const at::Tensor &given) {
  const std::string dtype = text(given.scalar_type());
  if (dtype != constant.dtype) {
    fail(RT_TORCH_TYPE, constant.fqn + ": dtype " + dtype + ", expected " + constant.dtype);
  }
  if (!given.device().is_cpu()) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         constant.fqn + ": it is on " + given.device().str() + ", expected the CPU");
  }
  if (given.sizes() != at::IntArrayRef(constant.shape)) {
    fail(RT_TORCH_SHAPE,
         constant.fqn + ": shape " + text(given.sizes()) + ", expected " + text(constant.shape));
  }
  at::Tensor copy = at::empty_strided(constant.shape, constant.strides, given.options());
  copy.copy_(given);
  return copy;
}

}  // namespace

PackagePointer get_package(int64_t handle) {
  if (Package *package = table.get(handle)) return PackagePointer::reclaim(package);
  if (handle == 0) fail(RT_TORCH_BAD_HANDLE, "expected a package, got handle 0");
  fail(RT_TORCH_BAD_HANDLE,
       "handle " + std::to_string(handle) + " is not a package: freed, never issued, or of another kind");
}

int64_t live_packages() noexcept {
  return table.live();
}

int64_t package_load(const char *path, const char *model, int64_t runners, int32_t trust, int32_t unchecked) {
  if (path == nullptr || *path == '\0') fail(RT_TORCH_INVALID_ARGUMENT, "path is NULL or empty");
  if (model == nullptr || *model == '\0') fail(RT_TORCH_INVALID_ARGUMENT, "model is NULL or empty");
  if (runners < 1 || runners > RT_TORCH_MAX_THREADS) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "runners is " + std::to_string(runners) + ", expected 1 to " + std::to_string(RT_TORCH_MAX_THREADS));
  }
  const bool trusted = flag_of("trust", trust), lenient = flag_of("unchecked", unchecked);
  try {
    if (!trusted) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           "an AOTInductor package is native code, which can do whatever this process can: load it with "
           "trust if you "
           "know where it comes from");
    }
    const QuietErrors quiet;
    PackagePointer package = open_package(path, model, runners, lenient);
    const int64_t handle = table.put(package.get(), true);
    package.release();  // the table owns it now
    return handle;
  } catch (const Error &error) {
    fail(error.code(), std::string(path) + ": " + error.what());
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {  // of the dynamic linker, or of the package's code
    const std::string reason = reason_of(error);
    const bool other = reason.find("undefined symbol") != std::string::npos;
    fail(RT_TORCH_INVALID_ARGUMENT, std::string(path) + ": " + reason +
                                        (other ? "; was it compiled with another version of PyTorch?" : ""));
  }
}

int32_t package_free(int64_t package) {
  const QuietErrors quiet;
  return free_handle<PackagePointer>(table, package, forked());
}

int64_t package_spec(int64_t package, char *text, int64_t capacity) {
  return copy_out(spec_of(*get_package(package)), text, capacity);
}

int64_t package_call(int64_t package, const int64_t *inputs, int64_t count, rt_torch_value *result) {
  const PackagePointer found = get_package(package);
  if (count < 0 || count > RT_TORCH_MAX_TENSORS) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "count is " + std::to_string(count) + ", expected 0 to " + std::to_string(RT_TORCH_MAX_TENSORS));
  }
  if (inputs == nullptr && count > 0) fail(RT_TORCH_INVALID_ARGUMENT, "inputs is NULL");
  if (result == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "result is NULL");
  std::vector<at::Tensor> given;
  if (count > 0) given = get_list(inputs, count);
  for (at::Tensor &one : given)
    one = one.requires_grad() ? one.detach() : one;  // compiled code has no gradient
  check_inputs(*found, given);
  c10::List<at::Tensor> outputs;
  for (const at::Tensor &one : run(*found, std::move(given))) outputs.push_back(owned(one));
  *result = write(outputs, Type(c10::ListType::ofTensors()));
  return static_cast<int64_t>(outputs.size());
}

int32_t package_load_constants(int64_t package, const char *names, const int64_t *tensors, int64_t count,
                               int32_t full) {
  const PackagePointer found = get_package(package);
  const bool whole = flag_of("full", full);
  if (count < 0 || count > RT_TORCH_MAX_TENSORS) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "count is " + std::to_string(count) + ", expected 0 to " + std::to_string(RT_TORCH_MAX_TENSORS));
  }
  if (names == nullptr || (tensors == nullptr && count > 0)) {
    fail(RT_TORCH_INVALID_ARGUMENT, names == nullptr ? "names is NULL" : "tensors is NULL");
  }
  const std::vector<std::string> lines = lines_of(names);
  if (lines.size() != static_cast<size_t>(count)) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         std::to_string(lines.size()) + " names for " + std::to_string(count) + " tensors");
  }
  if (!found->source) {
    fail(RT_TORCH_NOT_IMPLEMENTED, "the package has no source, so the shapes of its constants are not known");
  }
  std::unordered_map<std::string, at::Tensor> constants;
  std::set<std::string> given;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!given.insert(lines[i]).second) fail(RT_TORCH_INVALID_ARGUMENT, lines[i] + " is given twice");
    bool known = false;
    for (const ModelConstant &one : found->source->constants) {
      if (one.folded || one.fqn != lines[i]) continue;
      constants.insert_or_assign(one.name, constant_of(one, get(tensors[i])));
      known = true;
    }
    if (!known) fail(RT_TORCH_INVALID_ARGUMENT, "there is no constant '" + lines[i] + "'");
  }
  if (whole) {
    for (const ModelConstant &one : found->source->constants) {
      if (one.folded || given.contains(one.fqn)) continue;
      fail(RT_TORCH_INVALID_ARGUMENT, "the constant " + one.fqn + " is not given");
    }
  }
  const std::lock_guard turn(found->turn);
  const std::unique_lock changing(found->lock);
  const QuietErrors quiet;
  found->runner->update_constant_buffer(constants, false, false);
  std::erase_if(found->missing, [&](const std::string &one) { return given.contains(one); });
  return 0;
}

}  // namespace rt
