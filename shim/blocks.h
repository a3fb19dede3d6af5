// Little blocks of memory that are used again and again, by each thread its own.
#pragma once

#include <cstddef>

namespace rt {

constexpr size_t kBlockBytes = 256;  // a c10::TensorImpl, a c10::StorageImpl, the values of an 8x8 matrix

// A block, aligned as LibTorch aligns its memory. Throws std::bad_alloc.
void *take_block();

// Gives a block back, on any thread, also late at exit.
void give_block(void *block) noexcept;

}  // namespace rt
