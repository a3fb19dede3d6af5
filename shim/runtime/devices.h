// CUDA as far as this process can use it.
#pragma once

#include <cstdint>

namespace rt {

int64_t cuda_devices() noexcept;
const char *cuda_off_because() noexcept;  // "" where it is on

}  // namespace rt
