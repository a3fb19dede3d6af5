// Counting the handles that are not of tensors, for files that need not know what they are of.
#pragma once

#include <cstdint>

namespace rt {

int64_t live_modules() noexcept;
int64_t live_packages() noexcept;
int64_t live_safetensors() noexcept;

}  // namespace rt
