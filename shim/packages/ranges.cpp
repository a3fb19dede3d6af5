// Index checks in the source of kernels, traced back to the inputs that they read.
#include "packages/ranges.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rt {
namespace {

using Text = std::string_view;

Text trimmed(Text text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  const size_t last = text.find_last_not_of(" \n");
  return text.substr(0, last == Text::npos ? 0 : last + 1);
}

bool accept(Text &text, Text wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

bool accept_end(Text &text, Text wanted) {
  if (!text.ends_with(wanted)) return false;
  text.remove_suffix(wanted.size());
  return true;
}

// "300L"
std::optional<int64_t> integer(Text text) {
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && Text(stop, text.data() + text.size() - stop) == "L";
  return whole ? std::optional(value) : std::nullopt;
}

std::vector<Text> arguments_of(Text list) {
  std::vector<Text> found;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && (list[i] == '(' || list[i] == ')')) depth += list[i] == '(' ? 1 : -1;
    if (i < list.size() && (list[i] != ',' || depth > 0)) continue;
    found.push_back(trimmed(list.substr(begin, i - begin)));
    begin = i + 1;
  }
  return found;
}

// A variable of a kernel: the input's element, the same plus a number, whether it is negative, the element with the
// number added if it is negative (as Python counts from the end), or a number.
struct Variable {
  enum class Kind { kElement, kShifted, kIsNegative, kWrapped, kNumber } kind;
  int64_t number = 0;
};
using Kind = Variable::Kind;
using Variables = std::map<Text, Variable>;

const Variable *find(const Variables &known, Text name, std::initializer_list<Kind> kinds) {
  const auto found = known.find(name);
  if (found == known.end()) return nullptr;
  return std::ranges::find(kinds, found->second.kind) == kinds.end() ? nullptr : &found->second;
}

std::optional<Variable> value_of(Text value, Text parameter, const Variables &known) {
  Text rest = value;
  if (accept(rest, parameter) && rest.starts_with('[')) return Variable{Kind::kElement};
  if (const auto number = integer(value)) return Variable{Kind::kNumber, *number};
  rest = value;
  if (accept(rest, "c10::convert<int64_t>(") && accept_end(rest, ")")) value = rest;
  if (const auto same = known.find(value); same != known.end()) return same->second;
  rest = value;
  if (accept_end(rest, " < 0") && find(known, rest, {Kind::kElement})) return Variable{Kind::kIsNegative};
  rest = value;
  if (accept(rest, "int64_t(") && accept_end(rest, ")")) {
    const size_t plus = rest.find(" + ");
    if (plus == Text::npos || !find(known, rest.substr(0, plus), {Kind::kElement})) return std::nullopt;
    const Variable *added = find(known, rest.substr(plus + 3), {Kind::kNumber});
    return added ? std::optional(Variable{Kind::kShifted, added->number}) : std::nullopt;
  }
  const size_t question = value.find(" ? "), colon = value.find(" : ");
  if (question == Text::npos || colon == Text::npos || colon < question) return std::nullopt;
  const Variable *shifted = find(known, value.substr(question + 3, colon - question - 3), {Kind::kShifted});
  const bool wraps = shifted && find(known, value.substr(0, question), {Kind::kIsNegative}) &&
                     find(known, value.substr(colon + 3), {Kind::kElement});
  return wraps ? std::optional(Variable{Kind::kWrapped, shifted->number}) : std::nullopt;
}

// AOTI_TORCH_CHECK((0 <= tmp8) & (tmp8 < 300L), "index out of bounds: ...
void read_check(Text line, const Variables &known, int64_t &low, int64_t &high) {
  const size_t middle = line.find(") & (");
  if (middle == Text::npos) return;
  const Text name = line.substr(0, middle);
  Text rest = line.substr(middle + 5);
  if (!accept(rest, name) || !accept(rest, " < ")) return;
  const auto limit = integer(rest.substr(0, rest.find(')')));
  const Variable *checked = find(known, name, {Kind::kElement, Kind::kWrapped});
  if (!limit || checked == nullptr) return;
  low = std::max(low, -checked->number);
  high = std::min(high, *limit - 1);
}

void read_kernel(Text kernel, Text parameter, int64_t &low, int64_t &high) {
  const bool parallel = kernel.find("#pragma omp parallel") != Text::npos;
  if (!parallel || kernel.find("[&]") != Text::npos)
    return;  // a check in a lambda may be of some elements only
  Variables known;
  while (!kernel.empty()) {
    const size_t end = std::min(kernel.find('\n'), kernel.size());
    Text line = trimmed(kernel.substr(0, end));
    kernel.remove_prefix(std::min(end + 1, kernel.size()));
    if (accept(line, "AOTI_TORCH_CHECK((0 <= ")) {
      read_check(line, known, low, high);
    } else if (accept(line, "auto ") && accept_end(line, ";")) {
      const size_t equals = line.find(" = ");
      if (equals == Text::npos) continue;
      known.erase(line.substr(0, equals));
      const auto value = value_of(line.substr(equals + 3), parameter, known);
      if (value) known.emplace(line.substr(0, equals), *value);
    }
  }
}

}  // namespace

void find_range(std::string_view body, std::string_view kernels, std::string_view input, int64_t &low,
                int64_t &high) {
  const std::string given = "(" + std::string(input) + ".data_ptr())";
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const Text line = trimmed(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    const size_t open = line.find('(');
    if (!line.starts_with("cpp_") || open == Text::npos || !line.ends_with(");")) continue;
    const auto arguments = arguments_of(line.substr(open + 1, line.size() - open - 3));
    const std::string start = std::string(line.substr(0, open)) + "(";
    const size_t definition = kernels.find(" " + start);
    if (definition == Text::npos) continue;
    const Text kernel = kernels.substr(definition + 1 + start.size());
    const auto parameters = arguments_of(kernel.substr(0, std::min(kernel.find(')'), kernel.size())));
    for (size_t i = 0; i < arguments.size() && arguments.size() == parameters.size(); ++i) {
      if (!arguments[i].starts_with("(const ") || !arguments[i].ends_with(given)) continue;
      const size_t name = parameters[i].find_last_of(" *");
      if (name == Text::npos) continue;
      read_kernel(kernel.substr(0, kernel.find("\n}")), parameters[i].substr(name + 1), low, high);
    }
  }
}

}  // namespace rt
