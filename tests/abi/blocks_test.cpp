// The block pool: a block has one owner, also if one thread allocates and another one frees it.
#include "blocks.h"

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
constexpr int kMany = 1000;  // more than a thread caches

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
      void *block = rt::take_block(kKind, kBytes);
      CHECK(reinterpret_cast<uintptr_t>(block) % 64 == 0);
      CHECK(taken.insert(block).second);
    }
    for (void *block : taken) rt::give_block(kKind, block);
  }
}

void kinds_are_kept_apart() {
  void *block = rt::take_block(kKind, kBytes);
  rt::give_block(kKind, block);
  void *small = rt::take_block(kOther, 24);
  CHECK(small != block);
  std::memset(small, 1, 24);
  rt::give_block(kOther, small);
  CHECK(rt::take_block(kKind, kBytes) == block);
  CHECK(rt::take_block(kOther, 24) == small);
  rt::give_block(kKind, block);
  rt::give_block(kOther, small);
}

void a_block_that_was_given_back_is_used_again() {
  void *block = rt::take_block(kKind, kBytes);
  rt::give_block(kKind, block);
  CHECK(rt::take_block(kKind, kBytes) == block);
  rt::give_block(kKind, block);
}

// Each thread fills the blocks it allocates, passes half of them on, and frees those it received.
void threads_give_back_what_others_took() {
  constexpr int kThreads = 4, kPlaces = 64;
  static std::atomic<void *> places[kPlaces];
  std::vector<std::thread> threads;
  for (int number = 1; number <= kThreads; ++number) {
    threads.emplace_back([number] {
      for (int i = 0; i < 20000; ++i) {
        void *block = rt::take_block(kKind, kBytes);
        fill(block, number);
        CHECK(holds(block, number));
        void *other = places[i % kPlaces].exchange(block);
        if (other == nullptr) continue;
        CHECK(holds(other, static_cast<unsigned char *>(other)[0]));
        rt::give_block(kKind, other);
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  for (std::atomic<void *> &place : places) {
    if (void *block = place.load()) rt::give_block(kKind, block);
  }
}

// Constructed before the first block of the thread, so destroyed after the thread's cache of blocks.
struct Late {
  void *block = nullptr;
  ~Late() {
    if (block == nullptr) return;
    rt::give_block(kKind, rt::take_block(kKind, kBytes));
    rt::give_block(kKind, block);
  }
};
thread_local Late late;

void a_block_may_be_given_back_when_its_thread_has_all_but_ended() {
  std::thread([] {
    late.block = nullptr;
    void *first = rt::take_block(kKind, kBytes);
    rt::give_block(kKind, first);
    late.block = rt::take_block(kKind, kBytes);
  }).join();
}

}  // namespace

int main() {
  many_blocks_are_all_different_and_aligned();
  kinds_are_kept_apart();
  a_block_that_was_given_back_is_used_again();
  threads_give_back_what_others_took();
  a_block_may_be_given_back_when_its_thread_has_all_but_ended();
}
