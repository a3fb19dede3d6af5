// C++ exceptions on one side, an error record for C on the other.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "rt_torch.h"

namespace rt {

// What a check of this library throws. The guard puts the operation's name before the message.
class Error : public std::exception {
 public:
  Error(int32_t code, std::string message) : code_(code), message_(std::move(message)) {}
  int32_t code() const noexcept { return code_; }
  const char *what() const noexcept override { return message_.c_str(); }

 private:
  int32_t code_;
  std::string message_;
};

[[noreturn]] inline void fail(int32_t code, std::string message) {
  throw Error(code, std::move(message));
}

// Overwrites this thread's error record.
void record(const char *operation, int32_t code, std::string_view message) noexcept;

// The same for the exception that is being handled. Call inside catch (...).
void record_exception(const char *operation) noexcept;

// That exception as one of this library's own. Call inside catch (...).
Error current_error();

}  // namespace rt
