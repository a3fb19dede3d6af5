// A loaded AOTInductor package, and the table of its handles.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/inductor/aoti_runner/model_container_runner_cpu.h>

#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <shared_mutex>
#include <string>
#include <vector>

#include "packages/machine.h"
#include "packages/source.h"

namespace rt {

// LibTorch's runner of a shared library, with the counts that it keeps to itself.
class Runner final : public torch::inductor::AOTIModelContainerRunnerCpu {
 public:
  using AOTIModelContainerRunnerCpu::AOTIModelContainerRunnerCpu;
  size_t inputs();
  size_t outputs();
};

struct Package : c10::intrusive_ptr_target {
  explicit Package(std::ptrdiff_t runners) : vacant(runners) {}

  std::unique_ptr<Runner> runner;
  std::optional<ModelSource> source;
  Metadata metadata;
  std::string in_spec, out_spec;
  size_t inputs = 0, outputs = 0;
  bool unchecked = false;

  // Held exclusively by what replaces constants: LibTorch does not lock them. Whoever wants it takes the turn
  // first, so that a stream of calls does not keep a replacement waiting.
  std::mutex turn;
  std::shared_mutex lock;
  std::vector<std::string> missing;  // constants that have no value yet
  // Runners that compute nothing. LibTorch would wait for one as well, but for ever if the call before fails.
  std::counting_semaphore<> vacant;
};

using PackagePointer = c10::intrusive_ptr<Package>;

// The package of a handle. Fails with BAD_HANDLE.
PackagePointer get_package(int64_t handle);

// Reads and starts the model of a file. The messages of failures do not name the file.
PackagePointer open_package(const char *path, const std::string &model, int64_t runners, bool unchecked);

// Fails unless the inputs fit the model; makes copies of those that must have other strides.
void check_inputs(const Package &package, std::vector<at::Tensor> &inputs);

// The description that rt_torch_package_spec() copies out.
std::string spec_of(const Package &package);

// "float32[s0, 3]"
std::string text_of(const ModelInput &input);

// The dtype of a name such as "float32"; nullopt if this library does not have it.
std::optional<at::ScalarType> dtype_named(const std::string &name);

}  // namespace rt
