// Reader of the JSON that headers of safetensors files have: objects, arrays, strings, whole numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

// Reads from left to right. Every function fails with INVALID_ARGUMENT, with the position, if the text is not of
// the expected form.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // The next character that is not a space, unless it is another one than wanted.
  void expect(char wanted);
  bool accept(char wanted);

  std::string string();
  uint64_t integer();

  // Calls member(key) for each member of an object, which reads the value.
  template <class Member>
  void object(Member &&member) {
    expect('{');
    if (accept('}')) return;
    do {
      std::string key = string();
      expect(':');
      member(std::move(key));
    } while (accept(','));
    expect('}');
  }

  // Calls element() for each element of an array, which reads it.
  template <class Element>
  void array(Element &&element) {
    expect('[');
    if (accept(']')) return;
    do element();
    while (accept(','));
    expect(']');
  }

  // Only spaces may be left.
  void end();

 private:
  void skip_space();
  [[noreturn]] void unexpected(const char *wanted) const;
  char next();
  uint32_t hexadecimal();
  void escape(std::string &to);

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace rt
