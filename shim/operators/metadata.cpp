// Properties of a tensor, its elements in host memory, copies and conversions.
#include <ATen/ops/empty.h>
#include <c10/core/DynamicCast.h>

#include <algorithm>
#include <cstring>

#include "exports.h"
#include "operators/kernels.h"
#include "runtime/checks.h"
#include "runtime/gradients.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

int64_t copy_out(const char *what, at::IntArrayRef values, int64_t *out, int64_t capacity) {
  if (capacity < 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, "capacity is " + std::to_string(capacity) + ", expected 0 or more");
  }
  if (out == nullptr && capacity > 0) fail(RT_TORCH_INVALID_ARGUMENT, std::string(what) + " is NULL");
  const int64_t count = std::min<int64_t>(capacity, static_cast<int64_t>(values.size()));
  std::copy_n(values.begin(), count, out);
  return static_cast<int64_t>(values.size());
}

int64_t device_code(const at::Tensor &tensor) {
  return tensor.is_cuda() ? tensor.device().index() : int64_t{RT_TORCH_CPU};
}

// Data pointer for export: pins the storage so that it cannot be resized.
void *address_of(const at::Tensor &tensor) {
  pin_storage(tensor);
  return tensor.numel() == 0 ? nullptr : tensor.mutable_data_ptr();
}

// A tensor of any layout that has a shape.
at::Tensor sized(int64_t tensor) {
  at::Tensor t = get_any(tensor);
  if (t.is_nested()) {
    fail(RT_TORCH_INVALID_ARGUMENT, "a nested tensor has no shape: aten::unbind makes tensors of its parts");
  }
  return t;
}

int64_t to_device(int64_t tensor, at::Device device) {
  return put(get(tensor).to(device));
}

}  // namespace

int64_t tensor_ndim(int64_t tensor) {
  return property_of(tensor, [](const c10::TensorImpl &t) { return t.dim(); });
}
int64_t tensor_numel(int64_t tensor) {
  return sized(tensor).numel();
}
int32_t tensor_dtype(int64_t tensor) {
  return static_cast<int32_t>(property_of(tensor, [](const c10::TensorImpl &t) {
    return static_cast<int64_t>(c10::typeMetaToScalarType(t.dtype()));
  }));
}
int32_t tensor_is_cuda(int64_t tensor) {
  return static_cast<int32_t>(
      property_of(tensor, [](const c10::TensorImpl &t) -> int64_t { return t.is_cuda(); }));
}
int32_t tensor_is_contiguous(int64_t tensor) {
  return static_cast<int32_t>(
      property_of(tensor, [](const c10::TensorImpl &t) -> int64_t { return t.is_contiguous(); }, get));
}

int64_t tensor_shape(int64_t tensor, int64_t *dims, int64_t capacity) {
  return copy_out("dims", sized(tensor).sizes(), dims, capacity);
}

int64_t tensor_strides(int64_t tensor, int64_t *strides, int64_t capacity) {
  return copy_out("strides", get(tensor).strides(), strides, capacity);
}

int64_t tensor_layout_name(int64_t tensor, char *text, int64_t capacity) {
  const std::string name = layout_of(get_any(tensor));
  if (capacity < 0) {
    fail(RT_TORCH_INVALID_ARGUMENT, "capacity is " + std::to_string(capacity) + ", expected 0 or more");
  }
  if (text == nullptr && capacity > 0) fail(RT_TORCH_INVALID_ARGUMENT, "text is NULL");
  if (capacity > 0) text[name.copy(text, static_cast<size_t>(capacity) - 1)] = '\0';
  return static_cast<int64_t>(name.size());
}

int32_t tensor_device(int64_t tensor, int64_t *device) {
  const at::Tensor t = get_any(tensor);
  if (device == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "device is NULL");
  *device = device_code(t);
  return 0;
}

int32_t tensor_data(int64_t tensor, void **data) {
  const at::Tensor t = get(tensor);
  if (data == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "data is NULL");
  *data = address_of(t);
  return 0;
}

int64_t tensor_layout(int64_t tensor, int64_t *values, int64_t capacity) {
  const at::Tensor t = get(tensor);
  const at::IntArrayRef dims = t.sizes(), strides = t.strides();
  const int64_t bytes = t.numel() == 0 ? 0 : reach_of(dims, strides, static_cast<int64_t>(t.element_size()));
  c10::SmallVector<int64_t, 16> all = {reinterpret_cast<intptr_t>(address_of(t)), device_code(t), bytes,
                                       t.dim()};
  all.append(dims.begin(), dims.end());
  all.append(strides.begin(), strides.end());
  all.push_back(t.requires_grad());
  return copy_out("values", all, values, capacity);
}

namespace {

void check_single(const at::Tensor &tensor) {
  if (tensor.numel() != 1) {
    fail(RT_TORCH_SHAPE, "shape " + text(tensor.sizes()) + " has " + std::to_string(tensor.numel()) +
                             " elements, expected exactly one");
  }
}

at::Tensor host_of(const at::Tensor &tensor) {
  return tensor.is_cpu() ? tensor : tensor.cpu();
}

}  // namespace

int32_t tensor_item(int64_t tensor, void *value) {
  const at::Tensor t = get(tensor);
  if (value == nullptr) fail(RT_TORCH_INVALID_ARGUMENT, "value is NULL");
  check_single(t);
  const at::Tensor host = host_of(t);
  std::memset(value, 0, RT_TORCH_SCALAR_BYTES);
  std::memcpy(value, host.const_data_ptr(), host.element_size());
  return 0;
}

double tensor_item_double(int64_t tensor) {
  const at::Tensor t = get(tensor);
  check_single(t);
  if (t.is_complex()) fail(RT_TORCH_TYPE, "dtype " + text(t.scalar_type()) + " is complex");
  const at::Tensor host = host_of(t);
  return c10::fetch_and_cast<double>(host.scalar_type(), host.const_data_ptr());
}

int32_t tensor_copy_to_host(int64_t tensor, void *data, int64_t nbytes) {
  const at::Tensor t = get(tensor);
  check_bytes(data, nbytes, bytes_of(t));
  if (nbytes == 0) return 0;
  if (t.is_cpu() && t.is_contiguous() && !t.is_conj() && !t.is_neg()) {  // as it lies in memory
    std::memcpy(data, t.const_data_ptr(), static_cast<size_t>(nbytes));
    return 0;
  }
  const at::Tensor host = t.cpu().contiguous().resolve_conj().resolve_neg();
  std::memcpy(data, host.const_data_ptr(), static_cast<size_t>(nbytes));
  return 0;
}

int32_t tensor_copy_from_host(int64_t tensor, const void *data, int64_t nbytes) {
  const at::Tensor t = get(tensor);
  check_bytes(data, nbytes, bytes_of(t));
  if (nbytes == 0) return 0;
  at::Tensor host = at::empty(t.sizes(), t.options().device(at::kCPU));
  std::memcpy(host.mutable_data_ptr(), data, static_cast<size_t>(nbytes));
  t.copy_(host);
  return 0;
}

int64_t tensor_new_handle(int64_t tensor) {
  return put(get_entered(tensor));
}
int64_t tensor_alias(int64_t tensor) {
  return put(kernels::alias(get(tensor)));
}
int64_t tensor_clone(int64_t tensor) {
  const at::Tensor t = get(tensor);
  bytes_of(t);
  return put(kernels::clone(t));
}
int64_t tensor_contiguous(int64_t tensor) {
  return put(get(tensor).contiguous());
}
int64_t tensor_to_dtype(int64_t tensor, int32_t dtype) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  const at::ScalarType type = dtype_of(dtype);
  return put(t.scalar_type() == type ? t : kernels::to_dtype(t, type));
}
int64_t tensor_astype(int64_t tensor, int32_t dtype) {
  const at::Tensor t = get(tensor);
  const gradients::Untracked untracked;
  const at::ScalarType type = dtype_of(dtype);
  return put(t.scalar_type() == type ? kernels::clone(t) : kernels::to_dtype(t, type));
}
int64_t tensor_to_device(int64_t tensor, int64_t device) {
  return to_device(tensor, device_of(device));
}
int64_t tensor_cpu(int64_t tensor) {
  return to_device(tensor, at::kCPU);
}

int64_t tensor_cuda(int64_t tensor, int64_t device) {
  if (device < 0) {
    fail(RT_TORCH_INVALID_ARGUMENT,
         "device is " + std::to_string(device) + ", expected the number of a CUDA device, 0 or more");
  }
  return to_device(tensor, device_of(device));
}

}  // namespace rt
