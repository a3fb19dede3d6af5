// The free lists: trivially constructed and destroyed, so usable during static init and thread exit.
#include "fastpath/block_pool.h"

#include <cstdlib>
#include <new>

namespace rt::block_pool {
namespace {

struct Block {
  Block *next;
};

// 0: every block goes back to malloc, so that a sanitizer finds a use of a freed block.
#ifndef RT_BLOCK_POOL
#define RT_BLOCK_POOL 1
#endif

constexpr size_t kAlignment = 64;

struct FreeList {
  Block *head;
  int room;  // how many more blocks it may keep

  Block *pop() noexcept {
    Block *block = head;
    if (block == nullptr) return nullptr;
    head = block->next;
    ++room;
    return block;
  }
};
constinit thread_local FreeList lists[kKinds]{};
constinit thread_local bool registered = false;  // Cleanup of this thread was constructed

// Frees the blocks when the thread ends. room stays 0 from then on, so that later blocks go to std::free().
struct Cleanup {
  Cleanup() {
    for (int kind = 0; kind < kKinds; ++kind) lists[kind].room = kMostFree[kind];
  }
  Cleanup(const Cleanup &) = delete;
  Cleanup &operator=(const Cleanup &) = delete;
  ~Cleanup() {
    for (FreeList &list : lists) {
      while (Block *block = list.pop()) std::free(block);
      list.room = 0;
    }
  }
};

// Registers the cleanup on the first call of a thread; false on later calls.
bool register_cleanup() noexcept {
  if (registered) return false;
  registered = true;
  static thread_local const Cleanup cleanup;
  return true;
}

}  // namespace

void *allocate(int kind, size_t bytes) {
  if (Block *block = lists[kind].pop()) return block;
  void *block = bytes % kAlignment == 0 ? std::aligned_alloc(kAlignment, bytes) : std::malloc(bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(int kind, void *block) noexcept {
  FreeList &list = lists[kind];
  if (RT_BLOCK_POOL == 0 || (list.room == 0 && !register_cleanup())) {
    std::free(block);
    return;
  }
  list.head = new (block) Block{list.head};
  --list.room;
}

}  // namespace rt::block_pool
