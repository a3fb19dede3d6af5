// Each thread's list of free blocks. It is plain memory, so that it is there before and after all else.
#include "blocks.h"

#include <cstdlib>
#include <new>

namespace rt {
namespace {

struct Block {
  Block *next;
};

// 64 tensors, which the facade frees at once, of 3 blocks each.
constexpr int kMostFree = 192;
constexpr size_t kAlignment = 64;

struct Blocks {
  Block *free;
  int room;      // for how many more
  bool watched;  // the thread's end will be, or was, noticed

  Block *pop() noexcept {
    Block *block = free;
    if (block == nullptr) return nullptr;
    free = block->next;
    ++room;
    return block;
  }
};
constinit thread_local Blocks blocks{};

// Frees the blocks when the thread ends. What is given back after that goes to the system.
struct AtThreadEnd {
  AtThreadEnd() { blocks.room = kMostFree; }
  AtThreadEnd(const AtThreadEnd &) = delete;
  AtThreadEnd &operator=(const AtThreadEnd &) = delete;
  ~AtThreadEnd() {
    while (Block *block = blocks.pop()) std::free(block);
    blocks.room = 0;
  }
};

bool watch() noexcept {
  if (blocks.watched) return false;
  blocks.watched = true;
  static thread_local const AtThreadEnd at_thread_end;
  return true;
}

}  // namespace

void *take_block() {
  if (Block *block = blocks.pop()) return block;
  void *block = std::aligned_alloc(kAlignment, kBlockBytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void give_block(void *block) noexcept {
  Blocks &mine = blocks;
  if (mine.room == 0 && !watch()) {
    std::free(block);
    return;
  }
  mine.free = new (block) Block{mine.free};
  --mine.room;
}

}  // namespace rt
