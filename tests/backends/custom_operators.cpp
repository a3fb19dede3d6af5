// A library with custom operators, for the test of load_library().
#include <ATen/ATen.h>
#include <torch/library.h>

namespace {

at::Tensor twice(const at::Tensor &x) {
  return x * 2;
}

std::tuple<at::Tensor, std::string, std::vector<int64_t>, double, bool, c10::List<bool>, std::vector<double>>
all(at::Tensor x, std::string text) {
  return {x, text + "!", x.sizes().vec(), 0.5, true, c10::List<bool>({true, false}), {0.25}};
}

// As shared memory and copy-on-write do: moves the values out of their original storage.
void trade(const at::Tensor &x, const at::Tensor &y) {
  std::swap(x.storage().unsafeGetStorageImpl()->_mutable_data_ptr_no_checks(),
            y.storage().unsafeGetStorageImpl()->_mutable_data_ptr_no_checks());
}

at::Scalar same(const at::Scalar &x) {
  return x;
}

at::Tensor absent(const at::Tensor &) {
  return {};
}

}  // namespace

TORCH_LIBRARY(torchffi_test, library) {
  library.def("twice(Tensor x) -> Tensor", twice);
  library.def("all(Tensor x, str text) -> (Tensor, str, int[], float, bool, bool[], float[])", all);
  library.def("same(Scalar x) -> Scalar", same);
  library.def("trade(Tensor x, Tensor y) -> ()", trade);
  library.def("absent(Tensor x) -> Tensor", absent);
  library.def("nothing(Tensor x) -> Tensor");
}
