// Eight threads that call every kind of function of the C ABI at the same time, for the thread sanitizer.
// Each computes on tensors of its own, whose values are checked, and on handles that all threads share,
// where a call may come after another thread's free. Prints the number of calls; exits with 1 if a value or
// a count is wrong.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "rt_torch.h"

#define CHECK(condition)                                                               \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      char reason[RT_TORCH_ERROR_BYTES];                                               \
      rt_torch_last_error(reason, sizeof reason);                                      \
      std::fprintf(stderr, "%s:%d: %s; %s\n", __FILE__, __LINE__, #condition, reason); \
      std::_Exit(1);                                                                   \
    }                                                                                  \
  } while (0)

namespace {

constexpr int kThreads = 8, kShared = 16;
constexpr int64_t kMatrix[] = {4, 4}, kLarge[] = {64, 64};
std::atomic<int64_t> shared[kShared];
std::atomic<int64_t> issued{0}, freed{0}, calls{0};
int64_t relu, sort;

struct Tensor {
  int64_t handle;
  explicit Tensor(int64_t made) : handle(made) { CHECK(made > 0); }
  Tensor(const Tensor &) = delete;
  Tensor &operator=(const Tensor &) = delete;
  ~Tensor() { CHECK(rt_torch_tensor_free(handle) == 0); }
  operator int64_t() const { return handle; }  // NOLINT
};

void is_all(int64_t tensor, float expected) {
  const int64_t count = rt_torch_tensor_numel(tensor);
  std::vector<float> values(count);
  CHECK(rt_torch_tensor_copy_to_host(tensor, values.data(), count * 4) == 0);
  for (const float value : values) CHECK(value == expected);
}

int own_tensors(const int64_t *dims) {
  const Tensor ones(rt_torch_tensor_ones(dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU));
  const Tensor two(rt_torch_tensor_add(ones, ones));
  is_all(two, 2);
  const int64_t reversed[] = {dims[1], dims[0]}, axis = 1;
  const Tensor view(rt_torch_tensor_reshape(two, reversed, 2));
  const Tensor row(rt_torch_tensor_select(view, 0, 1)), part(rt_torch_tensor_slice(view, 1, 1, 3, 1));
  CHECK(rt_torch_tensor_add_(row, row) == 0);
  is_all(row, 4);
  CHECK(rt_torch_tensor_copy_(two, ones) == 0);
  is_all(part, 1);
  const Tensor product(rt_torch_tensor_matmul(ones, ones));
  is_all(product, static_cast<float>(dims[0]));
  const Tensor total(rt_torch_tensor_sum(ones, &axis, 1, 0, RT_TORCH_FLOAT32));
  is_all(total, static_cast<float>(dims[1]));
  const int64_t both[] = {ones, two};
  const Tensor joined(rt_torch_tensor_cat(both, 2, 0)), stacked(rt_torch_tensor_stack(both, 2, 0));
  is_all(joined, 1);
  const Tensor mask(rt_torch_tensor_eq(ones, two));
  const int64_t indices[] = {mask};
  const Tensor chosen(rt_torch_tensor_index(ones, indices, 1));
  CHECK(rt_torch_tensor_numel(chosen) == dims[0] * dims[1]);
  const Tensor random(rt_torch_tensor_rand(dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU));
  const Tensor activated(rt_torch_softmax(random, 1)), exponential(rt_torch_tensor_exp(random));
  return 24;
}

std::atomic<int64_t> deleted{0};

int borrowed_memory() {
  float values[4] = {3, 3, 3, 3};
  const int64_t four = 4;
  {
    const Tensor x(rt_torch_tensor_from_blob(
        values, sizeof values, &four, nullptr, 1, RT_TORCH_FLOAT32, [](void *) { deleted.fetch_add(1); },
        nullptr));
    const Tensor alias(rt_torch_tensor_alias(x));
    for (const int32_t versioned : {0, 1}) {
      void *exported = rt_torch_tensor_to_dlpack(alias, versioned, 0);
      const Tensor imported(rt_torch_tensor_from_dlpack(exported, versioned, 0));
      is_all(imported, 3);
      CHECK(rt_torch_dlpack_free(rt_torch_tensor_to_dlpack(imported, versioned, 0), versioned) == 0);
    }
  }
  return 12;
}

int by_name() {
  const Tensor x(rt_torch_tensor_ones(kMatrix, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU));
  CHECK(rt_torch_operator_find("aten::relu", "") == relu);
  rt_torch_value argument{};
  argument.tag = RT_TORCH_TENSOR;
  argument.data.i = x;
  const Tensor positive(rt_torch_call_one(relu, &argument, 1, 0));
  is_all(positive, 1);
  rt_torch_value results[2];
  CHECK(rt_torch_call(sort, &argument, 1, results, 2) == 2);
  const Tensor taken(rt_torch_value_take(results, 0, 0));
  is_all(taken, 1);
  CHECK(rt_torch_values_free(results, 2) == 0);
  return 8;
}

int errors(int thread) {
  const int64_t dims = -1 - thread;
  char expected[64], text[RT_TORCH_ERROR_BYTES];
  CHECK(rt_torch_tensor_ones(&dims, 1, RT_TORCH_FLOAT32, RT_TORCH_CPU) == 0);
  CHECK(rt_torch_last_error(text, sizeof text) == RT_TORCH_INVALID_ARGUMENT);
  std::snprintf(expected, sizeof expected, "%d", -1 - thread);
  CHECK(std::strstr(text, expected) != nullptr);  // of this thread, not of another
  return 2;
}

// Handles that other threads use and free meanwhile: a call succeeds or reports a bad handle.
int shared_handles(int round) {
  const int64_t a = shared[round % kShared].load(), b = shared[round * 7 % kShared].load();
  int64_t layout[8];
  void *data = nullptr;
  if (rt_torch_tensor_data(a, &data) == 0) CHECK(data != nullptr);
  rt_torch_tensor_layout(a, layout, 8);
  rt_torch_tensor_dtype(b);
  if (void *exported = rt_torch_tensor_to_dlpack(a, 1, 0)) CHECK(rt_torch_dlpack_free(exported, 1) == 0);
  for (int i = 0; i < 2; ++i) {
    const int64_t made = i == 0 ? rt_torch_tensor_add(a, b) : rt_torch_tensor_slice(b, 0, 1, 3, 1);
    if (made == 0) {
      CHECK(rt_torch_last_error(nullptr, 0) == RT_TORCH_BAD_HANDLE);
      continue;
    }
    CHECK(rt_torch_tensor_numel(made) == (i == 0 ? 16 : 8));
    CHECK(rt_torch_tensor_free(made) == 0);
  }
  if (round % 3 == 0) {
    const int64_t next = rt_torch_tensor_ones(kMatrix, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU);
    CHECK(next > 0);
    issued.fetch_add(1);
    shared[round % kShared].store(
        next);  // the old one may be freed by several threads, or stay until the end
    if (rt_torch_tensor_free(a) == 0) freed.fetch_add(1);
  }
  return 10;
}

void work(int thread, int rounds) {
  int64_t done = 0;
  for (int round = 0; round < rounds; ++round) {
    done += own_tensors(round % 16 == 0 ? kLarge : kMatrix) + borrowed_memory() + by_name() + errors(thread);
    for (int i = 0; i < 8; ++i) done += shared_handles(thread + round * 8 + i);
    if (round % 32 == 0) {
      CHECK(rt_torch_live_bytes() > 0 && rt_torch_live_handles() > 0);
      CHECK(rt_torch_created_handles() >= rt_torch_live_handles() && rt_torch_peak_handles() > 0);
      CHECK(rt_torch_seed(round) == 0);
      done += 6;
    }
  }
  calls.fetch_add(done);
}

}  // namespace

int main(int, char **arguments) {
  const int rounds = std::atoi(arguments[1]);
  CHECK(rt_torch_set_num_threads(1) == 0);
  relu = rt_torch_operator_find("aten::relu", "");
  sort = rt_torch_operator_find("aten::sort", "");
  CHECK(relu > 0 && sort > 0);
  for (std::atomic<int64_t> &cell : shared) {
    cell = rt_torch_tensor_ones(kMatrix, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU);
    issued.fetch_add(1);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i, rounds);
  for (std::thread &thread : threads) thread.join();
  CHECK(deleted.load() == int64_t{kThreads} * rounds);
  CHECK(rt_torch_live_handles() == issued.load() - freed.load());
  std::printf("%lld\n", static_cast<long long>(calls.load()));
  std::fflush(stdout);
  std::_Exit(0);  // LibTorch's own threads and tables are not taken down under the sanitizer
}
