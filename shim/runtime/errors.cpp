// The per-thread error record, and the error code of each LibTorch exception.
#include "runtime/errors.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "exports.h"
#include "runtime/guard.h"

namespace rt {
namespace {

// Trivial: writing it cannot fail, and thread exit runs no destructor.
struct Record {
  int32_t code;
  char text[RT_TORCH_ERROR_BYTES];
};
thread_local Record last;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The longest prefix of at most limit bytes that does not end inside a UTF-8 sequence.
size_t whole_characters(const char *text, size_t length, size_t limit) {
  if (length <= limit) return length;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return limit;
}

// Length of the UTF-8 sequence at text, 0 if it is invalid, also if a NUL cuts it off.
size_t sequence(const char *text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = byte(0) < 0x80   ? 1
                        : byte(0) < 0xC2 ? 0
                        : byte(0) < 0xE0 ? 2
                        : byte(0) < 0xF0 ? 3
                        : byte(0) < 0xF5 ? 4
                                         : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// Replaces invalid bytes by '?': a message may quote text of the caller.
void make_utf8(char *text) {
  while (*text != '\0') {
    const size_t length = sequence(text);
    if (length == 0) *text = '?';
    text += length == 0 ? 1 : length;
  }
}

int32_t code_of(const c10::Error &error) {
  if (dynamic_cast<const c10::OutOfMemoryError *>(&error)) return RT_TORCH_OUT_OF_MEMORY;
  if (dynamic_cast<const c10::IndexError *>(&error)) return RT_TORCH_INDEX;
  if (dynamic_cast<const c10::TypeError *>(&error)) return RT_TORCH_TYPE;
  if (dynamic_cast<const c10::LinAlgError *>(&error)) return RT_TORCH_LINALG;
  if (dynamic_cast<const c10::NotImplementedError *>(&error)) return RT_TORCH_NOT_IMPLEMENTED;
  return code_of_text(error.what_without_backtrace());
}

// LibTorch's message, replaced where it is unhelpful.
std::string_view message_of(const c10::Error &error) {
  const std::string_view message = error.what_without_backtrace();
  return message == "ZeroDivisionError" ? "integer division by zero" : message;
}

// Calls use(code, message) for the exception that is being handled.
template <class Use>
auto with_current_exception(Use &&use) {
  try {
    throw;
  } catch (const Error &error) {
    return use(error.code(), error.what());
  } catch (const c10::Error &error) {
    return use(code_of(error), message_of(error));
  } catch (const std::bad_alloc &) {
    return use(RT_TORCH_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &error) {
    return use(RT_TORCH_INTERNAL, error.what());
  } catch (...) {
    return use(RT_TORCH_INTERNAL, "unknown exception");
  }
}

}  // namespace

// LibTorch throws these as plain c10::Error; they differ only in their text.
int32_t code_of_text(std::string_view text) {
  constexpr std::string_view allocator = "[enforce fail at alloc_cpu.cpp";
  // Without memory the message itself may be cut off.
  if (text.starts_with(allocator) || allocator.starts_with(text)) return RT_TORCH_OUT_OF_MEMORY;
  if (has(text, "DefaultCPUAllocator") || has(text, "out of memory")) return RT_TORCH_OUT_OF_MEMORY;
  if (has(text, "ould not allocate memory")) return RT_TORCH_OUT_OF_MEMORY;
  if (has(text, "INTERNAL ASSERT FAILED")) return RT_TORCH_INTERNAL;
  if (has(text, "not implemented for")) return RT_TORCH_NOT_IMPLEMENTED;
  if (has(text, "shape mismatch")) return RT_TORCH_SHAPE;
  return RT_TORCH_INVALID_ARGUMENT;
}

c10::WarningHandler &warnings() noexcept {
  struct Drop final : c10::WarningHandler {
    void process(const c10::Warning &) override {}
  };
  static constinit Drop drop;
  return drop;
}

void record(const char *operation, int32_t code, std::string_view message) noexcept {
  last.code = code;
  size_t used = 0;
  const auto append = [&used](std::string_view part) {
    const size_t room = sizeof last.text - 1 - used;
    const size_t length = whole_characters(part.data(), part.size(), room);
    std::memcpy(last.text + used, part.data(), length);
    used += length;
  };
  append(operation);
  append(": ");
  append(message);
  last.text[used] = '\0';
  make_utf8(last.text);
}

void record_exception(const char *operation) noexcept {
  with_current_exception(
      [operation](int32_t code, std::string_view message) { record(operation, code, message); });
}

Error current_error() {
  return with_current_exception(
      [](int32_t code, std::string_view message) { return Error(code, std::string(message)); });
}

int32_t last_error(char *text, int64_t capacity) {
  if (text == nullptr || capacity < 1) return last.code;
  const size_t room = static_cast<size_t>(std::min<int64_t>(capacity, RT_TORCH_ERROR_BYTES)) - 1;
  const size_t length = whole_characters(last.text, std::strlen(last.text), room);
  std::memcpy(text, last.text, length);
  text[length] = '\0';
  return last.code;
}

}  // namespace rt
