// Parser of the C++ source that PyTorch's compiler puts into packages. Only statements of a known form are used.
#include "packages/source.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "packages/ranges.h"
#include "packages/uses.h"

namespace rt {
namespace {

using Text = std::string_view;

template <class Visit>
void each_line(Text text, Visit &&visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    Text line = text.substr(0, end);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    visit(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Reads a line from left to right.
struct Line {
  Text rest;
  bool accept(Text wanted) {
    if (!rest.starts_with(wanted)) return false;
    rest.remove_prefix(wanted.size());
    return true;
  }
  std::optional<int64_t> number() {
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc()) return std::nullopt;
    rest.remove_prefix(static_cast<size_t>(stop - rest.data()));
    return value;
  }
  // Up to the mark, which is removed as well.
  std::optional<Text> until(Text mark) {
    const size_t at = rest.find(mark);
    if (at == Text::npos) return std::nullopt;
    const Text found = rest.substr(0, at);
    rest.remove_prefix(at + mark.size());
    return found;
  }
};

// The text between two marks, and nothing if one is missing.
Text between(Text text, Text begin, Text end) {
  const size_t from = text.find(begin);
  if (from == Text::npos) return {};
  const Text rest = text.substr(from + begin.size());
  const size_t to = rest.find(end);
  return to == Text::npos ? Text() : rest.substr(0, to);
}

template <class Element>
Element &at(std::vector<Element> &list, size_t index) {
  if (list.size() <= index) list.resize(index + 1);
  return list[index];
}

constexpr size_t kMaxAxes = 64;  // as RT_TORCH_MAX_NDIM

std::optional<size_t> axis(Line &line) {
  const auto found = line.number();
  if (!found || *found < 0 || static_cast<size_t>(*found) >= kMaxAxes) return std::nullopt;
  return static_cast<size_t>(*found);
}

// "2L*s0, 3L, " -> its parts.
std::vector<Text> parts_of(Text list) {
  std::vector<Text> parts;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && (list[i] == '(' || list[i] == ')')) depth += list[i] == '(' ? 1 : -1;
    if (i < list.size() && (list[i] != ',' || depth > 0)) continue;
    Text part = list.substr(begin, i - begin);
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    if (!part.empty()) parts.push_back(part);
    begin = i + 1;
  }
  return parts;
}

// ---- The check of an input: what is fixed, and what the compiler assumed

void read_check(Text body, Symbols &symbols, ModelInput &input) {
  each_line(body, [&](Text text) {
    Line line{text};
    if (line.accept("int32_t ")) {
      if (const auto name = line.until("_expected_dtype = aoti_torch_dtype_")) {
        if (const auto dtype = line.until("();")) input.dtype = *dtype;
      } else if (line.until("_expected_device_type = ")) {
        input.device = line.number().value_or(-1);
      }
      return;
    }
    if (!line.accept("if (")) return;
    const Line start = line;
    if (const auto fixed = line.number()) {
      if (!line.accept(" != ")) return;
      const bool size = line.until("_size[").has_value();
      if (!size && !line.until("_stride[")) return;
      if (const auto number = axis(line)) {
        at(size ? input.sizes : input.strides, *number) = Expression::parse(std::to_string(*fixed), symbols);
      }
      return;
    }
    line = start;
    if (!line.until("_size[")) return;
    const auto number = axis(line);
    if (!number || !line.accept("] ")) return;
    const bool low = line.accept("< ");
    if (!low && !line.accept("> ")) return;
    at(low ? input.lows : input.highs, *number) = line.number();
  });
}

// ---- The body of the model

std::optional<size_t> input_named(const ModelSource &source, Text name) {
  for (size_t i = 0; i < source.inputs.size(); ++i) {
    if (source.inputs[i].name == name) return i;
  }
  return std::nullopt;
}

// "int64_t s0 = x_size[0];" or "int64_t s1 = 2L*s0;"; false if it has another form.
bool read_definition(Line line, ModelSource &source) {
  const auto name = line.until(" = "), value = line.until(";");
  if (!name || !value) return false;
  Definition found;
  for (size_t i = 0; i < source.inputs.size() && !found.expression; ++i) {
    Line part{*value};
    if (!part.accept(source.inputs[i].name)) continue;
    found.is_stride = part.accept("_stride[");
    if (!found.is_stride && !part.accept("_size[")) continue;
    const auto number = axis(part);
    if (!number || part.rest != "]") continue;
    found.input = i;
    found.axis = *number;
    found.symbol = source.symbols.emplace(*name, source.symbols.size()).first->second;
    source.definitions.push_back(found);
    return true;
  }
  found.expression = Expression::parse(*value, source.symbols);
  if (!found.expression) return false;
  found.symbol = source.symbols.emplace(*name, source.symbols.size()).first->second;
  source.definitions.push_back(std::move(found));
  return true;
}

// assert_size_stride(x, {s0, 3L}, {3L, 1L}, "input")
void read_assertion(Line line, ModelSource &source) {
  const auto name = line.until(", {");
  if (!name) return;
  const auto input = input_named(source, *name);
  if (!input) return;
  const auto sizes = line.until("}, {"), strides = line.until("}");
  if (!sizes || !strides) return;
  ModelInput &found = source.inputs[*input];
  found.sizes.clear();
  found.strides.clear();
  for (const Text one : parts_of(*sizes)) found.sizes.push_back(Expression::parse(one, source.symbols));
  for (const Text one : parts_of(*strides)) found.strides.push_back(Expression::parse(one, source.symbols));
  found.asserted = found.sizes.size() == found.strides.size();
}

bool read_body(Text body, ModelSource &source) {
  size_t named = 0;
  each_line(between(body, "steal_from_raw_handles_to_raii_handles", "inputs.clear();"), [&](Text text) {
    Line line{text};
    if (!line.accept("auto ")) return;
    const auto name = line.until(" = std::move(inputs[");
    const auto number = name ? line.number() : std::nullopt;
    if (!number || static_cast<size_t>(*number) >= source.inputs.size()) return;
    source.inputs[static_cast<size_t>(*number)].name = *name;
    ++named;
  });
  if (named != source.inputs.size()) return false;
  bool known = true;
  each_line(between(body, "steal_from_raw_handles_to_raii_handles", "inputs.clear();"), [&](Text text) {
    Line line{text};
    if (line.accept("int64_t ") && !read_definition(line, source)) known = false;
  });
  each_line(body, [&](Text text) {
    const size_t begin = text.find("assert_size_stride(");
    if (begin != Text::npos) read_assertion({text.substr(begin + 19)}, source);
  });
  return known;
}

// Fills in the lengths that define a symbol, and decides whether the description is complete.
void complete(ModelSource &source) {
  for (const Definition &one : source.definitions) {
    if (one.expression || one.is_stride || source.inputs[one.input].asserted) continue;
    auto &size = at(source.inputs[one.input].sizes, one.axis);
    const auto name =
        std::ranges::find_if(source.symbols, [&](const auto &s) { return s.second == one.symbol; });
    if (!size) size = Expression::parse(name->first, source.symbols);
  }
  std::vector<bool> defined(source.symbols.size());
  for (const Definition &one : source.definitions) {
    bool all = true;
    if (one.expression) one.expression->each_symbol([&](size_t symbol) { all = all && defined[symbol]; });
    defined[one.symbol] = all;
  }
  const auto is_known = [&](const std::optional<Expression> &one) {
    bool known = one.has_value();
    if (known) one->each_symbol([&](size_t symbol) { known = known && defined[symbol]; });
    return known;
  };
  for (ModelInput &input : source.inputs) {
    const size_t axes = std::max({input.sizes.size(), input.lows.size(), input.highs.size()});
    if (!input.asserted) input.sizes.resize(axes);
    input.lows.resize(input.sizes.size());
    input.highs.resize(input.sizes.size());
    input.complete = input.sizes.size() == input.strides.size() &&
                     std::ranges::all_of(input.sizes, is_known) &&
                     std::ranges::all_of(input.strides, is_known) && (input.asserted || !input.sizes.empty());
  }
}

// ---- Constants

std::vector<int64_t> numbers_of(Text list) {
  std::vector<int64_t> numbers;
  for (const Text part : parts_of(list)) {
    Line line{part};
    numbers.push_back(line.number().value_or(-1));
  }
  return numbers;
}

void read_constants(Text text, std::vector<ModelConstant> &constants) {
  each_line(text, [&](Text one) {
    Line line{one};
    if (!line.accept("constants_info_[")) return;
    const auto number = line.number();
    if (!number || *number < 0 || *number > 1'000'000 || !line.accept("].")) return;
    ModelConstant &constant = at(constants, static_cast<size_t>(*number));
    if (line.accept("name = \"")) constant.name = line.until("\";").value_or("");
    if (line.accept("original_fqn = \"")) constant.fqn = line.until("\";").value_or("");
    if (line.accept("dtype = cached_torch_dtype_")) constant.dtype = line.until(";").value_or("");
    if (line.accept("from_folded = ")) constant.folded = line.accept("true");
    if (line.accept("shape = {")) constant.shape = numbers_of(line.until("}").value_or(""));
    if (line.accept("stride = {")) constant.strides = numbers_of(line.until("}").value_or(""));
  });
}

}  // namespace

std::optional<ModelSource> parse_source(std::string_view text, std::string_view kernels) {
  ModelSource source;
  for (;;) {
    const std::string name = "check_input_" + std::to_string(source.inputs.size());
    const Text body = between(text, "static void " + name + "(", "\n}");
    if (body.empty()) break;
    ModelInput &input = source.inputs.emplace_back();
    read_check(body, source.symbols, input);
    if (input.dtype.empty() || input.device < 0) return std::nullopt;
  }
  const Text body = between(text, "::run_impl(\n", "\n}");
  if (body.empty() || !read_body(body, source)) return std::nullopt;
  for (ModelInput &input : source.inputs) {
    find_uses(body, input.name, input.used, input.written);
    if (input.dtype == "int64") find_range(body, kernels, input.name, input.least, input.greatest);
  }
  complete(source);
  read_constants(text, source.constants);
  return source;
}

}  // namespace rt
