// Opening a package: the checks of the file, then its code.
#include <ATen/DynamicLibrary.h>

#include <algorithm>

#include "models/json.h"
#include "packages/package.h"
#include "packages/unpacked.h"
#include "runtime/errors.h"

namespace rt {
namespace {

template <class Function>
size_t counted(at::DynamicLibrary &library, const char *name, AOTInductorModelContainerHandle container) {
  size_t count = 0;
  const auto function = reinterpret_cast<Function>(library.sym(name));
  if (function(container, &count) != AOTI_RUNTIME_SUCCESS)
    fail(RT_TORCH_INTERNAL, std::string(name) + " failed");
  return count;
}

Metadata metadata_of(const ModelFiles &files, const std::string &name) {
  Metadata found;
  const std::string text = files.read(name);
  try {
    JsonReader json(text);
    json.object([&](std::string key) { found.insert_or_assign(std::move(key), json.string()); });
    json.end();
  } catch (const Error &error) {
    fail(error.code(), "member '" + name + "': " + error.what());
  }
  return found;
}

std::optional<ModelSource> source_of(const ModelFiles &files, const std::string &name, bool unchecked) {
  std::optional<ModelSource> source;
  const bool there = files.has(name);
  if (there) source = parse_source(files.read(name), files.read_all(".kernel.cpp"));
  if (!source && !unchecked) {
    fail(RT_TORCH_NOT_IMPLEMENTED,
         there ? "the source of the model has an unknown form, so its inputs cannot be checked: set "
                 "unchecked to run "
                 "it without"
               : "the package has no source of the model (" + name +
                     "), so its inputs cannot be checked: set unchecked to run it without");
  }
  return source;
}

// The name of the library without ".so".
std::string stem_of(const ModelFiles &files) {
  const std::string library = files.only(".so");
  if (!library.empty()) return library.substr(0, library.size() - 3);
  fail(RT_TORCH_INVALID_ARGUMENT,
       files.only(".wrapper.cpp").empty()
           ? "the model has no shared library (.so)"
           : "the model has no shared library (.so), only its source: compile the package "
             "without package_cpp_only");
}

// Names that PyTorch knows constants by, of those without a value.
std::vector<std::string> missing_constants(const Package &package) {
  std::vector<std::string> missing;
  if (!package.source) return missing;
  const auto present = package.runner->extract_constants_map(false);
  for (const ModelConstant &one : package.source->constants) {
    if (!one.folded && !present.contains(one.fqn)) missing.push_back(one.fqn);
  }
  return missing;
}

}  // namespace

size_t Runner::inputs() {
  return counted<decltype(&AOTInductorModelContainerGetNumInputs)>(
      *model_so_, "AOTInductorModelContainerGetNumInputs", container_handle_);
}

size_t Runner::outputs() {
  return counted<decltype(&AOTInductorModelContainerGetNumOutputs)>(
      *model_so_, "AOTInductorModelContainerGetNumOutputs", container_handle_);
}

PackagePointer open_package(const char *path, const std::string &model, int64_t runners, bool unchecked) {
  const ModelFiles files(path, model);
  const std::string stem = stem_of(files);
  PackagePointer package = c10::make_intrusive<Package>(runners);
  package->unchecked = unchecked;
  package->metadata = metadata_of(files, stem + "_metadata.json");
  check_machine(package->metadata, unchecked);
  package->source = source_of(files, stem + ".cpp", unchecked);
  Folder folder;
  for (const char *ending : {".so", ".json"}) {  // .json: operators that LibTorch calls by name
    if (files.has(stem + ending)) files.unpack(stem + ending, folder);
  }
  check_library(folder.path_of(stem + ".so"));
  package->runner = std::make_unique<Runner>(folder.path_of(stem + ".so"), static_cast<size_t>(runners));
  const std::string weights = files.only(".blob");
  if (!weights.empty()) {  // which LibTorch maps
    files.unpack(weights, folder);
    package->runner->update_constant_buffer_from_blob(folder.path_of(weights));
  }
  package->inputs = package->runner->inputs();
  package->outputs = package->runner->outputs();
  if (package->source && package->source->inputs.size() != package->inputs) {
    fail(RT_TORCH_INVALID_ARGUMENT, "its source is of another model: it has " +
                                        std::to_string(package->source->inputs.size()) +
                                        " inputs, the library " + std::to_string(package->inputs));
  }
  const std::vector<std::string> specs = package->runner->get_call_spec();
  package->in_spec = specs.at(0);
  package->out_spec = specs.at(1);
  package->missing = missing_constants(*package);
  return package;
}

}  // namespace rt
