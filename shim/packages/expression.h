// Arithmetic on sizes, as the compiler wrote it in C++: "2L*s0", "c10::div_floor_integer(s0 + 1L, 2L)".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// Numbers of the symbols in the order in which they were met first.
using Symbols = std::map<std::string, size_t, std::less<>>;

class Expression {
 public:
  // nullopt if the text has an unknown form. Symbols that are new are added.
  static std::optional<Expression> parse(std::string_view text, Symbols &symbols);

  // The value, truncated as C++ does; nullopt for an overflow or a division by zero.
  std::optional<int64_t> evaluate(const std::vector<int64_t> &values) const;

  // The symbol that this is, or -1.
  int64_t symbol() const;
  // The number that this is, or nullopt.
  std::optional<int64_t> constant() const;
  // Calls visit(number) for each symbol.
  template <class Visit>
  void each_symbol(Visit &&visit) const {
    for (const Step &step : steps_) {
      if (step.kind == Kind::kSymbol) visit(static_cast<size_t>(step.number));
    }
  }
  const std::string &text() const { return text_; }

 private:
  enum class Kind : uint8_t {
    kInteger,
    kReal,
    kSymbol,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kRest,
    kFloor,
    kMax,
    kMin
  };
  struct Step {
    Kind kind;
    int64_t number = 0;
    double real = 0;
  };
  struct Value;
  class Parser;
  static bool apply(Kind kind, const Value &a, const Value &b, Value &result);

  std::vector<Step> steps_;  // in reverse Polish notation
  std::string text_;
};

}  // namespace rt
