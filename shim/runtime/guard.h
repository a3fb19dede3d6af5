// Exception barrier around every exported function.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/util/Exception.h>

#include <cstdint>

#include "runtime/errors.h"

namespace rt {

// Whether this process is a forked child of the one that loaded this library. LibTorch's thread pools do
// not survive a fork: an operator would hang.
bool forked() noexcept;

constexpr const char *kForked =
    "LibTorch does not work in a forked child process; start it with 'spawn' or 'forkserver'";

// Drops LibTorch's warnings: a library must not write to stderr.
c10::WarningHandler &warnings() noexcept;

template <class Return, class Body>
Return guard(const char *operation, Return failure, Body &&body) noexcept {
  if (forked()) [[unlikely]] {
    record(operation, RT_TORCH_UNAVAILABLE, kForked);
    return failure;
  }
  try {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    const c10::WarningUtils::WarningHandlerGuard quiet(&warnings());
    return body();
  } catch (...) {
    record_exception(operation);
    return failure;
  }
}

// For functions that also work in a forked child. They never write the error record.
template <class Return, class Body>
Return guard_in_child(const char *, Return failure, Body &&body) noexcept {
  try {
    return body();
  } catch (...) {
    return failure;
  }
}

}  // namespace rt
