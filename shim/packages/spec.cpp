// Description of a package, as JSON and for messages.
#include "packages/package.h"

namespace rt {
namespace {

std::string json_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string found = "\"";
  for (const char one : text) {
    const auto byte = static_cast<unsigned char>(one);
    if (byte < 0x20) {
      found += "\\u00";
      found += kDigits[byte >> 4];
      found += kDigits[byte & 15];
    } else {
      if (one == '"' || one == '\\') found += '\\';
      found += one;
    }
  }
  return found + '"';
}

template <class List, class Text>
std::string joined(const List &list, const char *begin, const char *end, Text &&text) {
  std::string found = begin;
  for (size_t i = 0; i < list.size(); ++i) found += (i == 0 ? "" : ", ") + text(i);
  return found + end;
}

// "2L*s0" without the suffixes of C++.
std::string plain(const std::optional<Expression> &size) {
  if (!size) return "?";
  std::string found;
  const std::string &text = size->text();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 'L' && i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9') continue;
    found += text[i];
  }
  return found;
}

std::string limit(const std::optional<int64_t> &value) {
  return value ? std::to_string(*value) : "null";
}

std::string spec_of(const ModelInput &input) {
  const std::string shape = joined(input.sizes, "[", "]", [&](size_t i) {
    const bool fixed = input.sizes[i] && input.sizes[i]->constant();
    return fixed ? std::to_string(*input.sizes[i]->constant()) : json_text(plain(input.sizes[i]));
  });
  const std::string ranges = joined(input.sizes, "[", "]", [&](size_t i) -> std::string {
    if (input.sizes[i] && input.sizes[i]->constant()) return "null";
    return "[" + limit(input.lows[i]) + ", " + limit(input.highs[i]) + "]";
  });
  return "{\"dtype\": " + json_text(input.dtype) + ", \"shape\": " + shape + ", \"ranges\": " + ranges + "}";
}

std::string spec_of(const ModelConstant &constant) {
  const auto &shape = constant.shape;
  return "{\"name\": " + json_text(constant.fqn) + ", \"dtype\": " + json_text(constant.dtype) +
         ", \"shape\": " + joined(shape, "[", "]", [&](size_t i) { return std::to_string(shape[i]); }) + "}";
}

}  // namespace

std::string text_of(const ModelInput &input) {
  return input.dtype + joined(input.sizes, "[", "]", [&](size_t i) { return plain(input.sizes[i]); });
}

std::string spec_of(const Package &package) {
  std::string inputs = "null", constants = "[]";
  if (package.source) {
    const ModelSource &source = *package.source;
    std::vector<const ModelConstant *> shown;
    for (const ModelConstant &one : source.constants) {
      if (!one.folded) shown.push_back(&one);
    }
    inputs = joined(source.inputs, "[", "]", [&](size_t i) { return spec_of(source.inputs[i]); });
    constants = joined(shown, "[", "]", [&](size_t i) { return spec_of(*shown[i]); });
  }
  std::vector<std::string> metadata;
  for (const auto &[name, value] : package.metadata)
    metadata.push_back(json_text(name) + ": " + json_text(value));
  return "{\"inputs\": " + inputs + ", \"outputs\": " + std::to_string(package.outputs) +
         ", \"in_spec\": " + json_text(package.in_spec) + ", \"out_spec\": " + json_text(package.out_spec) +
         ", \"metadata\": " + joined(metadata, "{", "}", [&](size_t i) { return metadata[i]; }) +
         ", \"constants\": " + constants + "}";
}

}  // namespace rt
