// Reader of JSON.
#include "models/json.h"

#include "runtime/errors.h"

namespace rt {
namespace {

void append_utf8(std::string &to, uint32_t code) {
  const auto continued = [&](uint32_t shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
    to += continued(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12);
    to += continued(6);
    to += continued(0);
  } else {
    to += static_cast<char>(0xf0 | code >> 18);
    to += continued(12);
    to += continued(6);
    to += continued(0);
  }
}

// Bytes of the UTF-8 sequence at the beginning, 0 if it is not valid.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0U; };
  const uint32_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const uint32_t second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f, beyond = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

void JsonReader::unexpected(const char *wanted) const {
  fail(RT_TORCH_INVALID_ARGUMENT,
       "its header is not valid at byte " + std::to_string(at_) + ": expected " + wanted);
}

void JsonReader::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool JsonReader::accept(char wanted) {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != wanted) return false;
  ++at_;
  return true;
}

void JsonReader::expect(char wanted) {
  const char text[] = {'\'', wanted, '\'', '\0'};
  if (!accept(wanted)) unexpected(text);
}

char JsonReader::next() {
  if (at_ >= text_.size()) unexpected("the end of a string");
  return text_[at_++];
}

uint32_t JsonReader::hexadecimal() {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char digit = next();
    const bool letter = (digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F');
    if (!letter && (digit < '0' || digit > '9')) unexpected("a hexadecimal digit");
    value = value << 4 | static_cast<uint32_t>(letter ? (digit | 0x20) - 'a' + 10 : digit - '0');
  }
  return value;
}

void JsonReader::escape(std::string &to) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
  const char name = next();
  if (name == 'u') {
    uint32_t code = hexadecimal();
    if (code >= 0xdc00 && code < 0xe000) unexpected("the first half of a surrogate pair");
    if (code >= 0xd800 && code < 0xdc00) {
      const bool more = next() == '\\' && next() == 'u';
      const uint32_t low = more ? hexadecimal() : 0;
      if (low < 0xdc00 || low >= 0xe000) unexpected("the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(to, code);
    return;
  }
  const size_t found = kNames.find(name);
  if (found == std::string_view::npos) unexpected("an escape sequence");
  to += kValues[found];
}

std::string JsonReader::string() {
  expect('"');
  std::string found;
  for (char one = next(); one != '"'; one = next()) {
    if (one == '\\') {
      escape(found);
      continue;
    }
    const std::string_view rest = text_.substr(at_ - 1);
    const size_t length = utf8_length(rest);
    if (length == 0 || static_cast<uint8_t>(one) < 0x20) unexpected("UTF-8 text");
    found += rest.substr(0, length);
    at_ += length - 1;
  }
  return found;
}

uint64_t JsonReader::integer() {
  skip_space();
  const size_t begin = at_;
  uint64_t value = 0;
  while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
    const auto digit = static_cast<uint64_t>(text_[at_] - '0');
    if (value > (UINT64_MAX - digit) / 10) unexpected("a number below 2^64");
    value = value * 10 + digit;
    ++at_;
  }
  if (at_ == begin || (at_ > begin + 1 && text_[begin] == '0')) unexpected("a whole number, 0 or more");
  return value;
}

void JsonReader::end() {
  skip_space();
  if (at_ < text_.size()) unexpected("its end");
}

}  // namespace rt
