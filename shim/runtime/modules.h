// Counting modules, for files that need not know what a module is.
#pragma once

#include <cstdint>

namespace rt {

int64_t live_modules() noexcept;

}  // namespace rt
