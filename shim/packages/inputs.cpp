// Checks of the inputs of a package, against what its source tells.
#include <ATen/ops/aminmax.h>
#include <ATen/ops/empty_strided.h>

#include <algorithm>

#include "packages/package.h"
#include "runtime/checks.h"

namespace rt {
namespace {

std::string number(int64_t value) {
  return std::to_string(value);
}

class Checks {
 public:
  Checks(const Package &package, std::vector<at::Tensor> &inputs)
      : source_(*package.source),
        unchecked_(package.unchecked),
        inputs_(inputs),
        values_(source_.symbols.size()) {}

  void run() {
    for (size_t i = 0; i < inputs_.size(); ++i) check_fixed(i);
    for (const Definition &one : source_.definitions) define(one);
    for (size_t i = 0; i < inputs_.size(); ++i) check_sizes(i);
    for (size_t i = 0; i < inputs_.size(); ++i) check_strides(i);
    for (size_t i = 0; i < inputs_.size() && !unchecked_; ++i) check_values(i);
  }

 private:
  static std::string name(size_t i) { return "input " + std::to_string(i); }
  std::string expected(size_t i) const { return ", expected " + text_of(source_.inputs[i]); }

  // What needs no other input. It comes first, so that the lengths that define symbols exist.
  void check_fixed(size_t i) const {
    const ModelInput &model = source_.inputs[i];
    const at::Tensor &given = inputs_[i];
    const std::string dtype = text(given.scalar_type());
    if (dtype != model.dtype) fail(RT_TORCH_TYPE, name(i) + ": dtype " + dtype + expected(i));
    if (static_cast<int64_t>(given.device().type()) != model.device) {
      fail(RT_TORCH_INVALID_ARGUMENT, name(i) + ": it is on " + given.device().str() + ", expected the CPU");
    }
    const auto axes = static_cast<size_t>(given.dim());
    const bool fits = model.asserted ? axes == model.sizes.size() : axes >= model.sizes.size();
    if (!fits) fail(RT_TORCH_SHAPE, name(i) + ": shape " + text(given.sizes()) + expected(i));
    if (!model.complete && model.used && !unchecked_) {
      fail(RT_TORCH_NOT_IMPLEMENTED,
           name(i) +
               ": the package does not tell what its sizes depend on, so it cannot be checked: load the "
               "package with unchecked to run it without");
    }
  }

  void define(const Definition &one) {
    std::optional<int64_t> value;
    if (one.expression) {
      value = one.expression->evaluate(values_);
    } else {
      const at::Tensor &given = inputs_[one.input];
      if (one.axis < static_cast<size_t>(given.dim())) {
        const auto axis = static_cast<int64_t>(one.axis);
        value = one.is_stride ? given.stride(axis) : given.size(axis);
      }
    }
    if (!value) fail(RT_TORCH_SHAPE, "the sizes of the inputs are out of range, or do not fit each other");
    values_[one.symbol] = *value;
  }

  void check_sizes(size_t i) const {
    const ModelInput &model = source_.inputs[i];
    for (size_t axis = 0; axis < model.sizes.size(); ++axis) {
      const int64_t given = inputs_[i].size(static_cast<int64_t>(axis));
      const std::optional<Expression> &size = model.sizes[axis];
      if (size) {
        const std::optional<int64_t> value = size->evaluate(values_);
        if (value != given) {
          fail(RT_TORCH_SHAPE, name(i) + ": shape " + text(inputs_[i].sizes()) + expected(i) + ": axis " +
                                   number(static_cast<int64_t>(axis)) + " must be " +
                                   (value ? number(*value) : size->text()));
        }
        if (size->constant()) continue;
      }
      if (!unchecked_) check_range(i, axis, given);
    }
  }

  // The compiler's least length of 2 only says that it did not consider 0 and 1; its code computes with them.
  bool is_assumption(const std::optional<Expression> &size, int64_t low) const {
    const std::vector<int64_t> twos(values_.size(), 2);
    return low <= 2 || (size && size->evaluate(twos).value_or(0) >= low);
  }

  void check_range(size_t i, size_t axis, int64_t given) const {
    const ModelInput &model = source_.inputs[i];
    const std::optional<int64_t> low = model.lows[axis], high = model.highs[axis];
    const bool below = low && given < *low && !is_assumption(model.sizes[axis], *low);
    if (!below && !(high && given > *high)) return;
    fail(RT_TORCH_SHAPE, name(i) + ": the length of axis " + number(static_cast<int64_t>(axis)) + " is " +
                             number(given) + ", and the compiler assumed " +
                             (below ? "at least " + number(*low) : "at most " + number(*high)) +
                             ". Whether the code is right for it cannot be checked: load the package with "
                             "unchecked to run it, if "
                             "the model was exported for such lengths");
  }

  void check_strides(size_t i) {
    const ModelInput &model = source_.inputs[i];
    const at::Tensor &given = inputs_[i];
    if (!model.used || !model.complete || given.numel() == 0) return;
    c10::DimVector wanted;
    bool same = true;
    for (size_t axis = 0; axis < model.strides.size(); ++axis) {
      const std::optional<Expression> &stride = model.strides[axis];
      const std::optional<int64_t> value = stride ? stride->evaluate(values_) : std::nullopt;
      if (!value || *value < 0) fail(RT_TORCH_SHAPE, name(i) + ": its strides are out of range");
      wanted.push_back(*value);
      const auto number = static_cast<int64_t>(axis);
      same = same && (given.size(number) == 1 || given.stride(number) == *value);
    }
    if (same) return;
    if (model.written) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           name(i) + ": strides " + text(given.strides()) + ", expected " + text(wanted) +
               ": the model may write to it, so it is not copied; make a copy with these strides");
    }
    const at::Tensor copy = at::empty_strided(given.sizes(), wanted, given.options());
    copy.copy_(given);
    inputs_[i] = copy;
  }

  // Such as ids of tokens. The code checks them as well, but in a parallel loop it can only end the process.
  void check_values(size_t i) const {
    const ModelInput &model = source_.inputs[i];
    const at::Tensor &given = inputs_[i];
    if (given.numel() == 0 || (model.least == INT64_MIN && model.greatest == INT64_MAX)) return;
    const auto [low, high] = at::aminmax(given);
    const auto least = low.item<int64_t>(), greatest = high.item<int64_t>();
    if (least >= model.least && greatest <= model.greatest) return;
    fail(RT_TORCH_INVALID_ARGUMENT, name(i) + ": it has the value " +
                                        number(least < model.least ? least : greatest) + ", expected " +
                                        number(model.least) + " to " + number(model.greatest));
  }

  const ModelSource &source_;
  const bool unchecked_;
  std::vector<at::Tensor> &inputs_;
  std::vector<int64_t> values_;
};

}  // namespace

void check_inputs(const Package &package, std::vector<at::Tensor> &inputs) {
  if (inputs.size() != package.inputs) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         std::to_string(inputs.size()) + " inputs, expected " + std::to_string(package.inputs));
  }
  for (at::Tensor &input : inputs) {  // the code reads the memory as it is
    if (input.is_conj() || input.is_neg()) input = input.resolve_conj().resolve_neg();
  }
  if (package.source) {
    Checks(package, inputs).run();
    return;
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].device().is_cpu()) {
      fail(RT_TORCH_INVALID_ARGUMENT,
           "input " + std::to_string(i) + ": it is on " + inputs[i].device().str() + ", expected the CPU");
    }
  }
}

}  // namespace rt
