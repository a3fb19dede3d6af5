// Loops of our own over dense memory of the CPU, which the compiler vectorizes.
#pragma once

#include <cstdint>

namespace rt::loops {

constexpr int64_t kLanes = 16;  // of one step: a fixed number, so that the compiler vectorizes it

#ifdef __x86_64__
template <class Loop, class... Arguments>
[[gnu::target("avx2"), gnu::flatten, gnu::noinline]] auto with_avx2(const Loop &loop, Arguments... given) {
  return loop(given...);
}
#endif

// Runs a loop that is compiled twice, with AVX2 and without it, as LibTorch compiles its kernels.
template <class Loop, class... Arguments>
auto vectorized(const Loop &loop, Arguments... given) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) return with_avx2(loop, given...);
#endif
  return loop(given...);
}

// Applies a function to all elements of one or more arrays.
template <class Value, class Function, class... Other>
void each(Value *to, int64_t count, const Function &function, const Other *...from) {
  const auto loop = [&function](Value *__restrict out, int64_t left, const Other *__restrict... in) {
    for (; left >= kLanes; left -= kLanes, out += kLanes, (..., (in += kLanes))) {
      for (int64_t i = 0; i < kLanes; ++i) out[i] = function(in[i]...);
    }
    for (int64_t i = 0; i < left; ++i) out[i] = function(in[i]...);
  };
  vectorized(loop, to, count, from...);
}

}  // namespace rt::loops
