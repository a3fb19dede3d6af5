// Text for the caller's buffer.
#include <algorithm>
#include <cstring>

#include "runtime/checks.h"

namespace rt {

int64_t copy_out(const std::string &from, char *text, int64_t capacity) {
  if (capacity < 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, "capacity is " + std::to_string(capacity) + ", expected 0 or more");
  }
  if (text == nullptr && capacity > 0) fail(RT_TORCH_INVALID_ARGUMENT, "text is NULL");
  if (capacity > 0) {
    const size_t length = std::min(from.size(), static_cast<size_t>(capacity) - 1);
    std::memcpy(text, from.data(), length);
    text[length] = '\0';
  }
  return static_cast<int64_t>(from.size());
}

}  // namespace rt
