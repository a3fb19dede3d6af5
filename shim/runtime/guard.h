// What stands around every exported function: nothing gets past it but a return value.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/util/Exception.h>

#include <cstdint>

#include "runtime/errors.h"

namespace rt {

// Whether this process is a forked child of the one that loaded this library. LibTorch's thread pools do
// not survive a fork: an operator would wait for ever.
bool forked() noexcept;

constexpr const char *kForked =
    "LibTorch does not work in a forked child process; start the process by 'spawn' or 'forkserver'";

// Where LibTorch's warnings go. By default it writes them to stderr, which is not a library's to use.
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

// For what must work in a forked child too, and never touches the error record.
template <class Return, class Body>
Return guard_in_child(const char *, Return failure, Body &&body) noexcept {
  try {
    return body();
  } catch (...) {
    return failure;
  }
}

}  // namespace rt
