// Exception barrier around every exported function.
#pragma once

#include <c10/core/impl/LocalDispatchKeySet.h>
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

// Keeps a call below autograd's keys, until one of its operands requires gradients: see runtime/gradients.h. Views
// and writes stay in LibTorch's books in any case.
class BelowAutograd {
 public:
  BelowAutograd() : keys_(c10::impl::raw_local_dispatch_key_set), before_(keys_) {
    keys_.set_excluded(before_.excluded() | c10::autograd_dispatch_keyset);
  }
  BelowAutograd(const BelowAutograd &) = delete;
  BelowAutograd &operator=(const BelowAutograd &) = delete;
  ~BelowAutograd() { keys_ = before_; }

 private:
  c10::impl::PODLocalDispatchKeySet &keys_;  // of this thread; looking it up is a call
  c10::impl::PODLocalDispatchKeySet before_;
};

// For functions in which LibTorch has nothing to warn of: to drop its warnings takes a sixth of a short call.
template <class Return, class Body>
Return guard_without_warnings(const char *operation, Return failure, Body &&body) noexcept {
  if (forked()) [[unlikely]] {
    record(operation, RT_TORCH_UNAVAILABLE, kForked);
    return failure;
  }
  try {
    const BelowAutograd below_autograd;
    return body();
  } catch (...) {
    record_exception(operation);
    return failure;
  }
}

template <class Return, class Body>
Return guard(const char *operation, Return failure, Body &&body) noexcept {
  return guard_without_warnings(operation, failure, [&]() -> Return {
    const c10::WarningUtils::WarningHandlerGuard quiet(&warnings());
    return body();
  });
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
