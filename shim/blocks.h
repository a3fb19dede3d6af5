// Little blocks of memory that are used again and again, by each thread its own.
#pragma once

#include <cstddef>

namespace rt {

constexpr int kBlockKinds = 5;  // all blocks of a kind have one size

// A block, aligned as LibTorch aligns its memory where its size allows that, else as malloc does. Throws
// std::bad_alloc.
void *take_block(int kind, size_t bytes);

// Gives a block back, on any thread, also late at exit.
void give_block(int kind, void *block) noexcept;

}  // namespace rt
