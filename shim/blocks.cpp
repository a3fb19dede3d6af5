// Each thread's lists of free blocks. They are plain memory, so that they are there before and after all else.
#include "blocks.h"

#include <cstdlib>
#include <new>

namespace rt {
namespace {

struct Block {
  Block *next;
};

constexpr int kMostFree = 64;  // of each kind: the facade frees that many tensors at once
constexpr size_t kAlignment = 64;

struct Blocks {
  Block *free;
  int room;  // for how many more

  Block *pop() noexcept {
    Block *block = free;
    if (block == nullptr) return nullptr;
    free = block->next;
    ++room;
    return block;
  }
};
constinit thread_local Blocks blocks[kBlockKinds]{};
constinit thread_local bool watched = false;  // the thread's end will be, or was, noticed

// Frees the blocks when the thread ends. What is given back after that goes to the system.
struct AtThreadEnd {
  AtThreadEnd() {
    for (Blocks &kind : blocks) kind.room = kMostFree;
  }
  AtThreadEnd(const AtThreadEnd &) = delete;
  AtThreadEnd &operator=(const AtThreadEnd &) = delete;
  ~AtThreadEnd() {
    for (Blocks &kind : blocks) {
      while (Block *block = kind.pop()) std::free(block);
      kind.room = 0;
    }
  }
};

bool watch() noexcept {
  if (watched) return false;
  watched = true;
  static thread_local const AtThreadEnd at_thread_end;
  return true;
}

}  // namespace

void *take_block(int kind, size_t bytes) {
  if (Block *block = blocks[kind].pop()) return block;
  void *block = bytes % kAlignment == 0 ? std::aligned_alloc(kAlignment, bytes) : std::malloc(bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void give_block(int kind, void *block) noexcept {
  Blocks &mine = blocks[kind];
  if (mine.room == 0 && !watch()) {
    std::free(block);
    return;
  }
  mine.free = new (block) Block{mine.free};
  --mine.room;
}

}  // namespace rt
