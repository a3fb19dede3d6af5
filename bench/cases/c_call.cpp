// Times one addition of two 2x2 tensors, made and dropped, with rt_torch.h and with LibTorch's C++ interface.
//
// c_call PAIRS CALLS prints seconds per call as JSON. at::add is called as C++ code calls it: through the
// dispatcher, on plain tensors, with the autograd keys that at::ones() sets.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/ones.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "rt_torch.h"

namespace {

template <class Call>
double seconds_per_call(int calls, Call &&call) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) {
    call();
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  return taken.count() / calls;
}

[[noreturn]] void fail(const char *what) {
  char text[RT_TORCH_ERROR_BYTES] = "";
  rt_torch_last_error(text, sizeof text);
  std::fprintf(stderr, "c_call: %s %s\n", what, text);
  std::exit(1);
}

void check(const float (&sum)[4], const char *whose) {
  for (const float value : sum) {
    if (value != 2) {
      fail(whose);
    }
  }
}

void print(const char *side, const std::vector<double> &seconds) {
  std::printf("\"%s\": [", side);
  for (size_t i = 0; i < seconds.size(); ++i) {
    std::printf("%s%.9g", i == 0 ? "" : ", ", seconds[i]);
  }
  std::printf("]");
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 3) {
    fail("expected PAIRS and CALLS");
  }
  const int pairs = std::atoi(arguments[1]), calls = std::atoi(arguments[2]);
  at::set_num_threads(1);

  const int64_t dims[] = {2, 2};
  const int64_t a = rt_torch_tensor_ones(dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU);
  const int64_t b = rt_torch_tensor_ones(dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU);
  const at::Tensor x = at::ones({2, 2}), y = at::ones({2, 2});

  const auto ours = [&] { rt_torch_tensor_free(rt_torch_tensor_add(a, b)); };
  const auto peer = [&] { at::add(x, y); };

  float sum[4] = {};
  const int64_t added = rt_torch_tensor_add(a, b);
  if (rt_torch_tensor_copy_to_host(added, sum, sizeof sum) != 0) {
    fail("rt_torch_tensor_add:");
  }
  check(sum, "rt_torch_tensor_add: a wrong sum");
  rt_torch_tensor_free(added);
  const at::Tensor other = at::add(x, y);
  for (int i = 0; i < 4; ++i) {
    sum[i] = other.const_data_ptr<float>()[i];
  }
  check(sum, "at::add: a wrong sum");

  std::vector<double> of_ours, of_peer;
  for (int pair = -1; pair < pairs; ++pair) {  // the first pair warms up
    const double mine = seconds_per_call(calls, ours), theirs = seconds_per_call(calls, peer);
    if (pair >= 0) {
      of_ours.push_back(mine);
      of_peer.push_back(theirs);
    }
  }
  if (rt_torch_live_handles() != 2) {
    fail("a result was not freed");
  }
  std::printf("{");
  print("ours", of_ours);
  std::printf(", ");
  print("peer", of_peer);
  std::printf("}\n");
  return 0;
}
