// The block pool: no block is in use twice, whichever threads allocate and release it.
#include "fastpath/block_pool.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <unordered_set>
#include <vector>

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                        \
    }                                                                      \
  } while (0)

namespace {

constexpr int kKind = 2, kOther = 4;
constexpr size_t kBytes = 384;
constexpr int kMany = 1000;  // more than a thread keeps

void fill(void *block, int number) {
  std::memset(block, number, kBytes);
}
bool holds(const void *block, int number) {
  const auto *bytes = static_cast<const unsigned char *>(block);
  for (size_t i = 0; i < kBytes; ++i) {
    if (bytes[i] != static_cast<unsigned char>(number)) return false;
  }
  return true;
}

void many_blocks_are_all_different_and_aligned() {
  for (int round = 0; round < 3; ++round) {
    std::unordered_set<void *> taken;
    for (int i = 0; i < kMany; ++i) {
      void *block = rt::block_pool::allocate(kKind, kBytes);
      CHECK(reinterpret_cast<uintptr_t>(block) % 64 == 0);
      CHECK(taken.insert(block).second);
    }
    for (void *block : taken) rt::block_pool::release(kKind, block);
  }
}

void kinds_are_kept_apart() {
  void *block = rt::block_pool::allocate(kKind, kBytes);
  rt::block_pool::release(kKind, block);
  void *small = rt::block_pool::allocate(kOther, 24);
  CHECK(small != block);
  std::memset(small, 1, 24);
  rt::block_pool::release(kOther, small);
  CHECK(rt::block_pool::allocate(kKind, kBytes) == block);
  CHECK(rt::block_pool::allocate(kOther, 24) == small);
  rt::block_pool::release(kKind, block);
  rt::block_pool::release(kOther, small);
}

void a_released_block_is_used_again() {
  void *block = rt::block_pool::allocate(kKind, kBytes);
  rt::block_pool::release(kKind, block);
  CHECK(rt::block_pool::allocate(kKind, kBytes) == block);
  rt::block_pool::release(kKind, block);
}

// Each thread fills the blocks it allocates, passes them on, and releases those it gets from others.
void threads_release_what_others_allocated() {
  constexpr int kThreads = 4, kPlaces = 64;
  static std::atomic<void *> places[kPlaces];
  std::vector<std::thread> threads;
  for (int number = 1; number <= kThreads; ++number) {
    threads.emplace_back([number] {
      for (int i = 0; i < 20000; ++i) {
        void *block = rt::block_pool::allocate(kKind, kBytes);
        fill(block, number);
        CHECK(holds(block, number));
        void *other = places[i % kPlaces].exchange(block);
        if (other == nullptr) continue;
        CHECK(holds(other, static_cast<unsigned char *>(other)[0]));
        rt::block_pool::release(kKind, other);
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  for (std::atomic<void *> &place : places) {
    if (void *block = place.load()) rt::block_pool::release(kKind, block);
  }
}

// Constructed before the thread's first block, so destroyed after the cleanup of its free lists.
struct Late {
  void *block = nullptr;
  ~Late() {
    if (block == nullptr) return;
    rt::block_pool::release(kKind, rt::block_pool::allocate(kKind, kBytes));
    rt::block_pool::release(kKind, block);
  }
};
thread_local Late late;

void a_block_may_be_released_late_in_thread_exit() {
  std::thread([] {
    late.block = nullptr;
    void *first = rt::block_pool::allocate(kKind, kBytes);
    rt::block_pool::release(kKind, first);
    late.block = rt::block_pool::allocate(kKind, kBytes);
  }).join();
}

}  // namespace

int main() {
  many_blocks_are_all_different_and_aligned();
  kinds_are_kept_apart();
  a_released_block_is_used_again();
  threads_release_what_others_allocated();
  a_block_may_be_released_late_in_thread_exit();
}
