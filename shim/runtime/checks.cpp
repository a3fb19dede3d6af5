// The checks and their error messages.
#include "runtime/checks.h"

#include <algorithm>
#include <bitset>
#include <cstring>

#include "runtime/devices.h"

namespace rt {
namespace {

struct DType {
  int32_t code;
  at::ScalarType type;
  const char *name;
};
constexpr DType kDTypes[] = {
    {RT_TORCH_UINT8, at::kByte, "uint8"},
    {RT_TORCH_INT8, at::kChar, "int8"},
    {RT_TORCH_INT16, at::kShort, "int16"},
    {RT_TORCH_INT32, at::kInt, "int32"},
    {RT_TORCH_INT64, at::kLong, "int64"},
    {RT_TORCH_FLOAT16, at::kHalf, "float16"},
    {RT_TORCH_FLOAT32, at::kFloat, "float32"},
    {RT_TORCH_FLOAT64, at::kDouble, "float64"},
    {RT_TORCH_COMPLEX64, at::kComplexFloat, "complex64"},
    {RT_TORCH_COMPLEX128, at::kComplexDouble, "complex128"},
    {RT_TORCH_BOOL, at::kBool, "bool"},
    {RT_TORCH_BFLOAT16, at::kBFloat16, "bfloat16"},
    {RT_TORCH_UINT16, at::kUInt16, "uint16"},
    {RT_TORCH_UINT32, at::kUInt32, "uint32"},
    {RT_TORCH_UINT64, at::kUInt64, "uint64"},
};
static_assert(std::ranges::all_of(kDTypes, [](DType d) { return d.code == static_cast<int32_t>(d.type); }),
              "the dtype constants of rt_torch.h are c10::ScalarType's values");

std::string number(int64_t value) {
  return std::to_string(value);
}

template <class T>
at::Scalar read(const void *value) {
  T result;
  std::memcpy(&result, value, sizeof result);
  return at::Scalar(result);
}

}  // namespace

std::string text(at::IntArrayRef shape) {
  std::string result = "(";
  for (size_t i = 0; i < shape.size(); ++i) result += (i ? ", " : "") + number(shape[i]);
  return result + (shape.size() == 1 ? ",)" : ")");
}

std::string text(at::ScalarType dtype) {
  for (const DType &known : kDTypes) {
    if (known.type == dtype) return known.name;
  }
  return c10::toString(dtype);
}

at::ScalarType dtype_of(int32_t dtype) {
  for (const DType &known : kDTypes) {
    if (known.code == dtype) return known.type;
  }
  fail(RT_TORCH_INVALID_ARGUMENT, "dtype is " + number(dtype) + ", expected a dtype constant of rt_torch.h");
}

at::Device device_of(int64_t device) {
  if (device == RT_TORCH_CPU) return at::kCPU;
  if (device < RT_TORCH_CPU) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "device is " + number(device) + ", expected -1 (CPU) or the number of a CUDA device");
  }
  const int64_t count = cuda_devices();
  if (count == 0) fail(RT_TORCH_UNAVAILABLE, std::string("CUDA is not available: ") + why_no_cuda());
  if (device >= count) {
    fail(RT_TORCH_INVALID_ARGUMENT, "CUDA device " + number(device) + " of " + number(count));
  }
  return {at::kCUDA, static_cast<c10::DeviceIndex>(device)};
}

at::IntArrayRef list_of(const char *what, const int64_t *values, int64_t count) {
  if (count < 0 || count > RT_TORCH_MAX_NDIM) {
    fail(RT_TORCH_INVALID_ARGUMENT, "the number of " + std::string(what) + " is " + number(count) +
                                        ", expected 0 to " + number(RT_TORCH_MAX_NDIM));
  }
  if (values == nullptr && count > 0) fail(RT_TORCH_INVALID_ARGUMENT, std::string(what) + " is NULL");
  return {values, static_cast<size_t>(count)};
}

at::IntArrayRef shape_of(const int64_t *dims, int64_t ndim, at::ScalarType dtype) {
  const at::IntArrayRef shape = list_of("dims", dims, ndim);
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (const int64_t n : shape) {
    if (n < 0) fail(RT_TORCH_INVALID_ARGUMENT, "shape " + text(shape) + " has a negative dimension");
  }
  for (const int64_t n : shape) {
    // The other dimensions of an empty shape count as well: LibTorch multiplies them for the strides.
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(n, 1), &bytes)) {
      fail(RT_TORCH_INVALID_ARGUMENT, "shape " + text(shape) + " of " + text(dtype) + " is too large");
    }
  }
  return shape;
}

c10::DimVector strides_of(const int64_t *strides, at::IntArrayRef shape) {
  c10::DimVector result(strides != nullptr ? at::IntArrayRef(strides, shape.size()) : shape);
  if (strides != nullptr) return result;
  int64_t dense = 1;
  for (size_t i = shape.size(); i-- > 0; dense *= std::max<int64_t>(shape[i], 1)) result[i] = dense;
  return result;
}

int64_t reach_of(at::IntArrayRef shape, at::IntArrayRef strides, int64_t size) {
  int64_t reach = size, extent = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (__builtin_mul_overflow(std::max<int64_t>(shape[i], 1) - 1, strides[i], &extent) ||
        __builtin_mul_overflow(extent, size, &extent) || __builtin_add_overflow(reach, extent, &reach)) {
      return -1;
    }
  }
  return reach;
}

void check_aligned(uintptr_t address, at::ScalarType dtype) {
  // LibTorch's kernels move complex128 elements by instructions that need 16 bytes; others only their parts.
  const size_t size = c10::elementSize(dtype);
  const size_t needed = dtype == at::kComplexFloat ? size / 2 : size;
  if (address % needed != 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, "data is not aligned to " + number(static_cast<int64_t>(needed)) +
                                        " bytes, which " + text(dtype) + " needs");
  }
}

int64_t axis_of(int64_t axis, int64_t ndim) {
  if (axis < -ndim || axis >= ndim) {
    fail(RT_TORCH_INDEX,
         "axis " + number(axis) + " is out of range for " + number(ndim) + (ndim == 1 ? " axis" : " axes"));
  }
  return axis < 0 ? axis + ndim : axis;
}

int64_t index_of(int64_t index, int64_t axis, int64_t length) {
  if (index < -length || index >= length) {
    fail(RT_TORCH_INDEX, "index " + number(index) + " is out of range for axis " + number(axis) +
                             " of length " + number(length));
  }
  return index < 0 ? index + length : index;
}

at::OptionalIntArrayRef axes_of(const int64_t *axes, int64_t naxes, int64_t ndim) {
  const at::IntArrayRef list = list_of("axes", axes, naxes);
  std::bitset<RT_TORCH_MAX_NDIM> seen;
  for (const int64_t axis : list) {
    const int64_t at = axis_of(axis, ndim);
    if (at < RT_TORCH_MAX_NDIM && seen[at]) {
      fail(RT_TORCH_INVALID_ARGUMENT, "axes " + text(list) + " repeat axis " + number(at));
    }
    if (at < RT_TORCH_MAX_NDIM) seen[at] = true;
  }
  if (list.empty()) return std::nullopt;
  return list;
}

bool flag_of(const char *name, int32_t value) {
  if (value != 0 && value != 1) {
    fail(RT_TORCH_INVALID_ARGUMENT, std::string(name) + " is " + number(value) + ", expected 0 or 1");
  }
  return value == 1;
}

at::Scalar scalar_of(const char *name, const void *value, int32_t dtype) {
  const at::ScalarType type = dtype_of(dtype);
  if (value == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, std::string(name) + " is NULL");
  switch (type) {
    case at::kBool:
      return at::Scalar(*static_cast<const uint8_t *>(value) != 0);
    case at::kByte:
      return read<uint8_t>(value);
    case at::kChar:
      return read<int8_t>(value);
    case at::kShort:
      return read<int16_t>(value);
    case at::kInt:
      return read<int32_t>(value);
    case at::kLong:
      return read<int64_t>(value);
    case at::kHalf:
      return read<at::Half>(value);
    case at::kFloat:
      return read<float>(value);
    case at::kDouble:
      return read<double>(value);
    case at::kComplexFloat:
      return read<c10::complex<float>>(value);
    case at::kComplexDouble:
      return read<c10::complex<double>>(value);
    case at::kBFloat16:
      return read<at::BFloat16>(value);
    case at::kUInt16:
      return read<uint16_t>(value);
    case at::kUInt32:
      return read<uint32_t>(value);
    default:
      return read<uint64_t>(value);
  }
}

int64_t bytes_of(const at::Tensor &tensor) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(tensor.numel(), static_cast<int64_t>(tensor.element_size()), &bytes)) {
    fail(RT_TORCH_OUT_OF_MEMORY, "shape " + text(tensor.sizes()) + " has too many elements to copy");
  }
  return bytes;
}

void check_bytes(const void *data, int64_t nbytes, int64_t expected) {
  if (nbytes != expected) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "nbytes is " + number(nbytes) + ", expected " + number(expected) + " for this shape and dtype");
  }
  if (data == nullptr && nbytes > 0) fail(RT_TORCH_INVALID_ARGUMENT, "data is NULL");
}

void fail_broadcast(at::IntArrayRef a, at::IntArrayRef b) {
  fail(RT_TORCH_SHAPE, "shapes " + text(a) + " and " + text(b) + " do not broadcast");
}

void check_broadcast_to(at::IntArrayRef value, at::IntArrayRef shape) {
  bool fits = value.size() <= shape.size();
  for (size_t i = 1; fits && i <= value.size(); ++i) {
    const int64_t n = value[value.size() - i];
    fits = n == 1 || n == shape[shape.size() - i];
  }
  if (!fits) fail(RT_TORCH_SHAPE, "shape " + text(value) + " does not broadcast to " + text(shape));
}

bool overlaps(const at::Tensor &a, const at::Tensor &b) {
  const auto begin = [](const at::Tensor &t) { return static_cast<const char *>(t.const_data_ptr()); };
  const auto end = [&](const at::Tensor &t) {
    int64_t last = 0;
    for (int64_t i = 0; i < t.dim(); ++i) last += (t.size(i) - 1) * t.stride(i);
    return begin(t) + (last + 1) * static_cast<int64_t>(t.element_size());
  };
  return a.numel() != 0 && b.numel() != 0 && begin(a) < end(b) && begin(b) < end(a);
}

at::Tensor unaliased(const at::Tensor &a, const at::Tensor &b) {
  if (a.is_same(b) || !overlaps(a, b)) return b;
  return same_elements(a, b) ? b : b.clone();
}

bool same_elements(const at::Tensor &a, const at::Tensor &b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() && a.strides() == b.strides() &&
         a.const_data_ptr() == b.const_data_ptr() && a.is_conj() == b.is_conj() && a.is_neg() == b.is_neg();
}

at::Tensor detached(const at::Tensor &a, const at::Tensor &b) {
  return overlaps(a, b) ? b.clone() : b;
}

void check_ndim(const char *name, const at::Tensor &tensor, int64_t ndim) {
  if (tensor.dim() != ndim) {
    fail(RT_TORCH_SHAPE, std::string(name) + " has shape " + text(tensor.sizes()) + ", expected " +
                             number(ndim) + (ndim == 1 ? " axis" : " axes"));
  }
}

void check_same_dtype(const at::Tensor &a, const at::Tensor &b) {
  if (a.scalar_type() != b.scalar_type()) {
    fail(RT_TORCH_TYPE, "dtypes " + text(a.scalar_type()) + " and " + text(b.scalar_type()) + " differ");
  }
}

void check_floating(const at::Tensor &tensor) {
  if (!tensor.is_floating_point()) {
    fail(RT_TORCH_TYPE, "dtype " + text(tensor.scalar_type()) + " is not floating point");
  }
}

void check_inexact(const at::Tensor &tensor) {
  if (!tensor.is_floating_point() && !tensor.is_complex()) {
    fail(RT_TORCH_TYPE, "dtype " + text(tensor.scalar_type()) + " is neither floating point nor complex");
  }
}

void check_precise(const at::Tensor &tensor) {
  const at::ScalarType dtype = c10::toRealValueType(tensor.scalar_type());
  if (dtype != at::kFloat && dtype != at::kDouble)
    fail(RT_TORCH_TYPE, "dtype " + text(tensor.scalar_type()) + " is not of single or double precision");
}

void check_matmul(const at::Tensor &a, const at::Tensor &b) {
  check_same_dtype(a, b);
  if (a.scalar_type() == at::kBool) fail(RT_TORCH_TYPE, "matrix products of bool are not supported");
  const at::IntArrayRef m = a.sizes(), n = b.sizes();
  bool compatible = !m.empty() && !n.empty() && m.back() == (n.size() == 1 ? n[0] : n[n.size() - 2]);
  if (m.size() > 2 && n.size() > 2) {
    compatible = compatible && broadcasts(m.slice(0, m.size() - 2), n.slice(0, n.size() - 2));
  }
  if (!compatible) {
    fail(RT_TORCH_SHAPE, "shapes " + text(m) + " and " + text(n) + " are incompatible for a matrix product");
  }
}

}  // namespace rt
