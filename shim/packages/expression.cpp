// Parser and evaluator of arithmetic on sizes.
#include "packages/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace rt {

// C++ has both types: (1.0/2.0)*s0 is computed in double.
struct Expression::Value {
  bool is_real = false;
  int64_t integer = 0;
  double real = 0;
  double as_real() const { return is_real ? real : static_cast<double>(integer); }
};

class Expression::Parser {
 public:
  Parser(std::string_view text, Symbols &symbols, std::vector<Step> &steps)
      : text_(text), symbols_(symbols), steps_(steps) {}

  bool whole() { return sum() && (skip(), at_ == text_.size()); }

 private:
  static constexpr int kMaxDepth = 60;

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool accept(std::string_view wanted) {
    skip();
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  // NOLINTBEGIN(misc-no-recursion): at most kMaxDepth deep
  bool sum() {
    if (++depth_ > kMaxDepth || !product()) return false;
    for (;;) {
      const bool plus = accept("+");
      if (!plus && !accept("-")) break;
      if (!product()) return false;
      steps_.push_back({plus ? Kind::kAdd : Kind::kSubtract});
    }
    --depth_;
    return true;
  }

  bool product() {
    if (!factor()) return false;
    for (;;) {
      const Kind kind = accept("*")   ? Kind::kMultiply
                        : accept("/") ? Kind::kDivide
                        : accept("%") ? Kind::kRest
                                      : Kind::kAdd;
      if (kind == Kind::kAdd) return true;
      if (!factor()) return false;
      steps_.push_back({kind});
    }
  }

  bool factor() {
    if (accept("-")) {
      steps_.push_back({Kind::kInteger, 0});
      if (++depth_ > kMaxDepth || !factor()) return false;
      --depth_;
      steps_.push_back({Kind::kSubtract});
      return true;
    }
    if (accept("static_cast<int64_t>(") || accept("(")) return sum() && accept(")");
    if (accept("c10::div_floor_integer(")) return pair(Kind::kFloor);
    if (accept("std::max(") || accept("std::max<int64_t>(")) return pair(Kind::kMax);
    if (accept("std::min(") || accept("std::min<int64_t>(")) return pair(Kind::kMin);
    skip();
    if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) return number();
    return name();
  }

  bool pair(Kind kind) {
    if (!sum() || !accept(",") || !sum() || !accept(")")) return false;
    steps_.push_back({kind});
    return true;
  }
  // NOLINTEND(misc-no-recursion)

  bool number() {
    const char *const begin = text_.data() + at_, *const end = text_.data() + text_.size();
    Step step{Kind::kInteger};
    auto [stop, error] = std::from_chars(begin, end, step.number);
    if (error != std::errc()) return false;
    if (stop < end && (*stop == '.' || *stop == 'e')) {
      step.kind = Kind::kReal;
      const auto read = std::from_chars(begin, end, step.real);
      if (read.ec != std::errc()) return false;
      stop = read.ptr;
    } else {
      for (int letters = 0; letters < 2 && stop < end && *stop == 'L'; ++letters) ++stop;
    }
    at_ += static_cast<size_t>(stop - begin);
    steps_.push_back(step);
    return true;
  }

  bool name() {
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    if (at_ == begin) return false;
    const auto [found, is_new] =
        symbols_.emplace(std::string(text_.substr(begin, at_ - begin)), symbols_.size());
    steps_.push_back({Kind::kSymbol, static_cast<int64_t>(found->second)});
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  Symbols &symbols_;
  std::vector<Step> &steps_;
};

std::optional<Expression> Expression::parse(std::string_view text, Symbols &symbols) {
  Expression found;
  found.text_ = text;
  if (!Parser(text, symbols, found.steps_).whole()) return std::nullopt;
  return found;
}

int64_t Expression::symbol() const {
  return steps_.size() == 1 && steps_[0].kind == Kind::kSymbol ? steps_[0].number : -1;
}

std::optional<int64_t> Expression::constant() const {
  if (steps_.size() != 1 || steps_[0].kind != Kind::kInteger) return std::nullopt;
  return steps_[0].number;
}

bool Expression::apply(Kind kind, const Value &a, const Value &b, Value &result) {
  if (a.is_real || b.is_real) {
    const double x = a.as_real(), y = b.as_real();
    result.is_real = true;
    switch (kind) {
      case Kind::kAdd:
        result.real = x + y;
        return true;
      case Kind::kSubtract:
        result.real = x - y;
        return true;
      case Kind::kMultiply:
        result.real = x * y;
        return true;
      case Kind::kDivide:
        result.real = x / y;
        return y != 0;
      default:
        return false;
    }
  }
  const int64_t x = a.integer, y = b.integer;
  int64_t &to = result.integer;
  const bool divides = y != 0 && (y != -1 || x != INT64_MIN);
  switch (kind) {
    case Kind::kAdd:
      return !__builtin_add_overflow(x, y, &to);
    case Kind::kSubtract:
      return !__builtin_sub_overflow(x, y, &to);
    case Kind::kMultiply:
      return !__builtin_mul_overflow(x, y, &to);
    case Kind::kDivide:
      to = divides ? x / y : 0;
      return divides;
    case Kind::kRest:
      to = divides ? x % y : 0;
      return divides;
    case Kind::kFloor:
      to = divides ? x / y - (x % y != 0 && (x < 0) != (y < 0)) : 0;
      return divides;
    case Kind::kMax:
      to = std::max(x, y);
      return true;
    case Kind::kMin:
      to = std::min(x, y);
      return true;
    default:
      return false;
  }
}

std::optional<int64_t> Expression::evaluate(const std::vector<int64_t> &values) const {
  if (const auto number = constant()) return number;
  if (symbol() >= 0) return values[static_cast<size_t>(symbol())];
  constexpr size_t kMaxStack = 128;  // more than the parser's depth allows
  std::array<Value, kMaxStack> stack;
  size_t count = 0;
  for (const Step &step : steps_) {
    if (step.kind == Kind::kInteger || step.kind == Kind::kReal || step.kind == Kind::kSymbol) {
      if (count == kMaxStack) return std::nullopt;
      const bool is_symbol = step.kind == Kind::kSymbol;
      stack[count++] = {step.kind == Kind::kReal,
                        is_symbol ? values[static_cast<size_t>(step.number)] : step.number, step.real};
      continue;
    }
    Value result;
    if (count < 2 || !apply(step.kind, stack[count - 2], stack[count - 1], result)) return std::nullopt;
    stack[--count - 1] = result;
  }
  if (count != 1) return std::nullopt;
  const Value &value = stack[0];
  if (!value.is_real) return value.integer;
  if (!(std::fabs(value.real) < 0x1p62)) return std::nullopt;
  return static_cast<int64_t>(value.real);
}

}  // namespace rt
