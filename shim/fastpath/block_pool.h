// Per-thread free lists of memory blocks of a few sizes.
#pragma once

#include <cstddef>

namespace rt::block_pool {

constexpr int kKinds = 12;  // all blocks of a kind have the same size

// How many free blocks of each kind a thread keeps; further ones go back to malloc. In each of the last three
// they are 256 KiB: see allocate.cpp.
constexpr int kMostFree[kKinds] = {64, 64, 64, 64, 64, 64, 64, 64, 64, 32, 16, 8};

// A block from this thread's free list, or a new one. It is aligned as LibTorch's memory (64 bytes) if bytes
// is a multiple of 64, else as malloc aligns. Throws std::bad_alloc.
void *allocate(int kind, size_t bytes);

// Returns a block to the free list of the calling thread, which need not be the one that allocated it. May be
// called during thread exit and static destruction.
void release(int kind, void *block) noexcept;

}  // namespace rt::block_pool
