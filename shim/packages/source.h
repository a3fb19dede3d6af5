// What the C++ source in a package tells about a model: its inputs, constants, and how sizes depend on each other.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/expression.h"

namespace rt {

struct ModelInput {
  std::string name, dtype;
  int64_t device = -1;  // a c10::DeviceType
  std::vector<std::optional<Expression>> sizes, strides;
  std::vector<std::optional<int64_t>> lows, highs;  // what the compiler assumed of the sizes
  int64_t least = INT64_MIN, greatest = INT64_MAX;  // integers beyond them would end the process
  bool asserted = false;                            // sizes and strides are those of an assertion
  bool used = false;                                // by more than its sizes
  bool written = false;                             // or of unknown use
  bool complete = false;                            // whether sizes and strides are all that there is
};

// A symbol: the length or stride of an axis of an input, or an expression of symbols before it.
struct Definition {
  size_t symbol = 0;
  size_t input = 0, axis = 0;
  bool is_stride = false;
  std::optional<Expression> expression;
};

struct ModelConstant {
  std::string name, fqn, dtype;
  std::vector<int64_t> shape, strides;
  bool folded = false;  // computed from others
};

struct ModelSource {
  std::vector<ModelInput> inputs;
  std::vector<Definition> definitions;
  std::vector<ModelConstant> constants;
  Symbols symbols;
};

// nullopt if the source does not have the form that PyTorch's compiler writes.
std::optional<ModelSource> parse_source(std::string_view text, std::string_view kernels);

}  // namespace rt
