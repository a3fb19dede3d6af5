// Translation of C++ exceptions to the per-thread error record that C reads.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "rt_torch.h"

namespace rt {

// The exception of this library's own checks. The guard prefixes the message with the operation's name.
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

// Records the exception that is being handled. Call inside catch (...).
void record_exception(const char *operation) noexcept;

// The code of an exception of LibTorch that only its text tells.
int32_t code_of_text(std::string_view text);

// Converts the exception that is being handled. Call inside catch (...).
Error current_error();

}  // namespace rt
