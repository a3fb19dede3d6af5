// Process-wide state: versions, devices, threads, seed.
#include "runtime/devices.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/headeronly/version.h>

#include <string>

#include "exports.h"
#include "runtime/checks.h"
#include "runtime/errors.h"

namespace rt {

int64_t cuda_devices() noexcept {
  try {
    const at::CUDAHooksInterface &hooks = at::detail::getCUDAHooks();
    return hooks.hasCUDA() ? std::max<int64_t>(hooks.deviceCount(), 0) : 0;
  } catch (...) {
    return 0;
  }
}

const char *why_no_cuda() noexcept {
  if (cuda_devices() > 0) return "";
  try {
    if (!at::CUDAHooksRegistry()->Has("CUDAHooks")) {
      return "this LibTorch was built without CUDA, or its CUDA libraries could not be loaded";
    }
  } catch (...) {
    return "LibTorch failed to report whether it has CUDA";
  }
  return "LibTorch found no CUDA device: no GPU, no driver, or CUDA_VISIBLE_DEVICES hides it";
}

int32_t available() {
  return 1;
}
const char *version() {
  return TORCH_VERSION;
}
int32_t abi_version() {
  return RT_TORCH_ABI_VERSION;
}
const char *header_digest() {
  return RT_TORCH_HEADER_DIGEST;
}

int32_t cuda_available() {
  return cuda_devices() > 0;
}
int64_t cuda_device_count() {
  return cuda_devices();
}
const char *cuda_reason() {
  return why_no_cuda();
}

int32_t synchronize(int64_t device) {
  const at::Device place = device_of(device);
  if (place.is_cuda()) c10::impl::VirtualGuardImpl(at::kCUDA).synchronizeDevice(place.index());
  return 0;
}

int32_t seed(int64_t seed) {
  at::manual_seed(static_cast<uint64_t>(seed));
  return 0;
}

int64_t num_threads() {
  return at::get_num_threads();
}

int32_t set_num_threads(int64_t threads) {
  if (threads < 1 || threads > RT_TORCH_MAX_THREADS) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "threads is " + std::to_string(threads) + ", expected 1 to " + std::to_string(RT_TORCH_MAX_THREADS));
  }
  at::set_num_threads(static_cast<int>(threads));
  return 0;
}

}  // namespace rt
