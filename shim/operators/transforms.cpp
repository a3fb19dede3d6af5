// Discrete Fourier transforms.
#include <ATen/ops/fft_fft.h>
#include <ATen/ops/fft_fftn.h>
#include <ATen/ops/fft_fftshift.h>
#include <ATen/ops/fft_hfft.h>
#include <ATen/ops/fft_ifft.h>
#include <ATen/ops/fft_ifftn.h>
#include <ATen/ops/fft_ifftshift.h>
#include <ATen/ops/fft_irfft.h>
#include <ATen/ops/fft_irfftn.h>
#include <ATen/ops/fft_rfft.h>
#include <ATen/ops/fft_rfftn.h>

#include <iterator>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/loops.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

enum class Operand : uint8_t { kAny, kReal, kComplex };

// The name of a norm in LibTorch.
c10::string_view norm_of(int32_t norm) {
  switch (norm) {
    case RT_TORCH_NORM_BACKWARD:
      return "backward";
    case RT_TORCH_NORM_ORTHO:
      return "ortho";
    case RT_TORCH_NORM_FORWARD:
      return "forward";
    default:
      fail(RT_TORCH_INVALID_ARGUMENT, "norm is " + std::to_string(norm) + ", expected 0 to 2");
  }
}

void check_operand(const at::Tensor &t, Operand operand) {
  check_precise(t);
  if (operand == (t.is_complex() ? Operand::kReal : Operand::kComplex))
    fail(RT_TORCH_TYPE, "dtype " + text(t.scalar_type()) + " is not supported");
  if (t.numel() == 0) fail(RT_TORCH_SHAPE, "shape " + text(t.sizes()) + " has no elements");
}

// The complex side of a transform to real numbers is half as long.
void check_length(const at::Tensor &t, const int64_t *length, int64_t axis, bool halved) {
  const int64_t number = length != nullptr ? *length : halved ? 2 * (t.size(axis) - 1) : t.size(axis);
  if (number < 1) {
    fail(length != nullptr ? RT_TORCH_INVALID_ARGUMENT : RT_TORCH_SHAPE,
         "the length along axis " + std::to_string(axis) + " is " + std::to_string(number) +
             ", expected 1 or more");
  }
  at::DimVector shape(t.sizes());
  shape[axis] = number;
  shape_of(shape.data(), t.dim(), c10::toComplexType(t.scalar_type()));
}

template <Operand operand, bool halved, class Transform>
int64_t along_axis(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm, const Transform &transform) {
  const at::Tensor t = get(tensor);
  check_operand(t, operand);
  const int64_t along = axis_of(axis, t.dim());
  check_length(t, n, along, halved);
  const auto length = n == nullptr ? std::nullopt : std::optional<int64_t>(*n);
  const gradients::Untracked untracked;
  return put(materialized(transform(t, length, along, norm_of(norm))));
}

template <Operand operand, bool halved, class Transform>
int64_t along_axes(int64_t tensor, const int64_t *lengths, int64_t nlengths, const int64_t *axes,
                   int64_t naxes, int32_t norm, const Transform &transform) {
  const at::Tensor t = get(tensor);
  check_operand(t, operand);
  const at::IntArrayRef given = list_of("lengths", lengths, nlengths);
  at::DimVector along(axes_of(axes, naxes, t.dim()).value_or(at::IntArrayRef()));
  for (int64_t &axis : along) axis = axis_of(axis, t.dim());
  for (int64_t axis = 0; along.size() < static_cast<size_t>(naxes > 0 ? naxes : t.dim()); ++axis)
    along.push_back(axis);
  if (along.empty() || (!given.empty() && given.size() != along.size())) {
    fail(RT_TORCH_INVALID_ARGUMENT, std::to_string(given.size()) + " lengths for " +
                                        std::to_string(along.size()) + " axes, expected one per axis");
  }
  at::DimVector sizes, shape(t.sizes());
  for (size_t i = 0; i < along.size(); ++i) {
    const int64_t *const length = given.empty() ? nullptr : &given[i];
    const bool half = halved && i + 1 == along.size();
    check_length(t, length, along[i], half);
    shape[along[i]] = length != nullptr ? *length : half ? 2 * (t.size(along[i]) - 1) : t.size(along[i]);
    sizes.push_back(shape[along[i]]);
  }
  shape_of(shape.data(), t.dim(), c10::toComplexType(t.scalar_type()));
  const gradients::Untracked untracked;
  return put(materialized(transform(t, sizes, along, norm_of(norm))));
}

// first, first + 1, ..., each times a factor.
template <class Number>
void ramp(Number *to, int64_t first, int64_t count, double factor) {
  const auto loop = [](Number *__restrict out, int64_t left, double start, double by) {
    constexpr double kSteps[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static_assert(std::size(kSteps) == loops::kLanes);
    for (; left >= loops::kLanes; left -= loops::kLanes, out += loops::kLanes, start += loops::kLanes) {
      for (int64_t i = 0; i < loops::kLanes; ++i) out[i] = static_cast<Number>((start + kSteps[i]) * by);
    }
    for (int64_t i = 0; i < left; ++i) out[i] = static_cast<Number>((start + kSteps[i]) * by);
  };
  loops::vectorized(loop, to, count, static_cast<double>(first), factor);
}

template <class Number>
at::Tensor ramps(int64_t positive, int64_t negative, double factor) {
  const at::ScalarType type = c10::CppTypeToScalarType<Number>::value;
  const int64_t length = positive + negative;
  at::Tensor result = kernels::empty_cpu(shape_of(&length, 1, type), type);
  Number *const data = result.mutable_data_ptr<Number>();
  ramp(data, 0, positive, factor);
  ramp(data + positive, -negative, negative, factor);
  return result;
}

// The frequencies 0, 1, ... and the negative ones up to -1, divided by n * d.
int64_t frequencies(int64_t n, double d, int64_t positive, int64_t negative, int32_t dtype, int64_t device) {
  const at::ScalarType type = dtype_of(dtype);
  const at::Device place = device_of(device);
  if (!c10::isFloatingType(type)) fail(RT_TORCH_TYPE, "dtype " + text(type) + " is not floating point");
  if (d == 0) fail(RT_TORCH_INVALID_ARGUMENT, "d is 0, expected another spacing");
  const double factor = 1.0 / (static_cast<double>(n) * d);  // as NumPy
  const at::Tensor result = type == at::kFloat ? ramps<float>(positive, negative, factor)
                                               : ramps<double>(positive, negative, factor);
  return put(result.to(place, type));
}

void check_count(int64_t n) {
  if (n < 1) fail(RT_TORCH_INVALID_ARGUMENT, "n is " + std::to_string(n) + ", expected 1 or more");
}

}  // namespace

#define RT_ALONG_AXIS(name, operand, halved)                                                             \
  int64_t tensor_fft_##name(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm) {              \
    return along_axis<operand, halved>(                                                                  \
        tensor, n, axis, norm,                                                                           \
        [](const at::Tensor &t, std::optional<int64_t> length, int64_t along, c10::string_view factor) { \
          return at::fft_##name(t, length, along, factor);                                               \
        });                                                                                              \
  }
RT_ALONG_AXIS(fft, Operand::kAny, false)
RT_ALONG_AXIS(ifft, Operand::kAny, false)
RT_ALONG_AXIS(rfft, Operand::kReal, false)
RT_ALONG_AXIS(irfft, Operand::kComplex, true)
RT_ALONG_AXIS(hfft, Operand::kComplex, true)

// The conjugates of rfft(), with the factor of the other direction: not LibTorch's lazy ones, which would be copied.
int64_t tensor_fft_ihfft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm) {
  return along_axis<Operand::kReal, false>(
      tensor, n, axis, norm,
      [](const at::Tensor &t, std::optional<int64_t> length, int64_t along, c10::string_view factor) {
        const c10::string_view other = factor == "backward"  ? "forward"
                                       : factor == "forward" ? "backward"
                                                             : factor;
        return at::fft_rfft(t, length, along, other).conj_physical_();
      });
}

#define RT_ALONG_AXES(name, operand, halved)                                                               \
  int64_t tensor_fft_##name(int64_t tensor, const int64_t *lengths, int64_t nlengths, const int64_t *axes, \
                            int64_t naxes, int32_t norm) {                                                 \
    return along_axes<operand, halved>(                                                                    \
        tensor, lengths, nlengths, axes, naxes, norm,                                                      \
        [](const at::Tensor &t, at::IntArrayRef sizes, at::IntArrayRef along, c10::string_view factor) {   \
          return at::fft_##name(t, sizes, along, factor);                                                  \
        });                                                                                                \
  }
RT_ALONG_AXES(fftn, Operand::kAny, false)
RT_ALONG_AXES(ifftn, Operand::kAny, false)
RT_ALONG_AXES(rfftn, Operand::kReal, false)
RT_ALONG_AXES(irfftn, Operand::kComplex, true)

int64_t tensor_fft_fftshift(int64_t tensor, const int64_t *axes, int64_t naxes) {
  const at::Tensor t = get(tensor);
  const at::OptionalIntArrayRef list = axes_of(axes, naxes, t.dim());
  const gradients::Untracked untracked;
  return put(t.dim() == 0 ? t.clone() : at::fft_fftshift(t, list));
}

int64_t tensor_fft_ifftshift(int64_t tensor, const int64_t *axes, int64_t naxes) {
  const at::Tensor t = get(tensor);
  const at::OptionalIntArrayRef list = axes_of(axes, naxes, t.dim());
  const gradients::Untracked untracked;
  return put(t.dim() == 0 ? t.clone() : at::fft_ifftshift(t, list));
}

int64_t tensor_fft_fftfreq(int64_t n, double d, int32_t dtype, int64_t device) {
  check_count(n);
  return frequencies(n, d, n - n / 2, n / 2, dtype, device);
}

int64_t tensor_fft_rfftfreq(int64_t n, double d, int32_t dtype, int64_t device) {
  check_count(n);
  return frequencies(n, d, n / 2 + 1, 0, dtype, device);
}

}  // namespace rt
