// Gradients in the calls of this library: when LibTorch's autograd takes part.
//
// A call starts below autograd's keys (guard.h). The first operand that requires gradients includes them for the rest
// of that call, so calls on other tensors cost the same whether gradients are in use or not.
//
// A view of fastpath/ is not in autograd's books until that matters: it knows its base, and shares its version
// counter. It is entered when its base requires gradients, or when it is written to or viewed by LibTorch's own kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rt {

// The base of a view, and the state in which the view was made.
struct ViewOrigin {
  at::Tensor base;   // not a view itself
  uint32_t version;  // of the base
  bool grad_mode;
};

// The origin of a view that is not in autograd's books; nullptr for other tensors.
#if !defined(RT_FASTPATH) || RT_FASTPATH
const ViewOrigin *origin_of(const c10::TensorImpl &tensor) noexcept;
#else
inline const ViewOrigin *origin_of(const c10::TensorImpl & /*tensor*/) noexcept {
  return nullptr;  // LibTorch makes all views, and enters them itself
}
#endif

namespace gradients {

// A tensor over the memory of value for the result of a caller's function, which is a view of base. LibTorch refuses to
// write to it, because it does not know how the function made the view.
at::Tensor view_of_function(const at::Tensor &value, const at::Tensor &base);

// Includes autograd's keys for the rest of the guarded call.
void include();

// Whether the guarded call includes them.
bool included();

// Keeps operators from entering the views and the writes that they make themselves into autograd's books, as PyTorch does
// below its own kernels. For calls whose results share no memory with an operand. Without effect where autograd's keys
// are included.
class Untracked {
 public:
  Untracked();
  ~Untracked();
  Untracked(const Untracked &) = delete;
  Untracked &operator=(const Untracked &) = delete;

 private:
  const bool was_tracked_;
};

// Whether a tensor, or the base that it is a view of, has a recorded history.
bool hold_graph(const c10::TensorImpl &tensor);

// A new tensor of the same memory and shape, in autograd's books as the view that the origin tells.
at::Tensor enter(const at::Tensor &view, const ViewOrigin &origin);

}  // namespace gradients
}  // namespace rt
