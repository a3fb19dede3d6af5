// Little blocks of memory that are used again and again, by each thread its own.
#pragma once

#include <cstddef>

namespace rt {

// Values of little tensors, a c10::StorageImpl, a c10::TensorImpl, more values.
constexpr size_t kBlockBytes[] = {64, 96, 176, 256};
constexpr int kBlockKinds = 4;

// The smallest kind of block that holds so many bytes; kBlockKinds if there is none.
constexpr int block_kind(size_t bytes) {
  int kind = 0;
  while (kind < kBlockKinds && kBlockBytes[kind] < bytes) ++kind;
  return kind;
}

// A block, aligned as LibTorch aligns its memory where its size allows that, else as malloc does. Throws
// std::bad_alloc.
void *take_block(int kind);

// Gives a block back, on any thread, also late at exit.
void give_block(int kind, void *block) noexcept;

}  // namespace rt
