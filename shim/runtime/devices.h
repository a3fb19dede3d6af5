// CUDA devices that this process can use.
#pragma once

#include <cstdint>

namespace rt {

int64_t cuda_devices() noexcept;
const char *why_no_cuda() noexcept;  // "" where CUDA is available

}  // namespace rt
