// Preloaded: makes one allocation of the calling thread fail, and counts the blocks of the process.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
}

namespace {

enum Which : int { ALL, ALIGNED, RANGE };

thread_local long remaining = 0;  // the allocations until the one that fails; 0 if none does
thread_local int counted_ones = ALL;
thread_local bool happened = false;
std::atomic<long> blocks{0};
uintptr_t range_begin = 0;
uintptr_t range_end = 0;

bool fails(Which which) {
  if (counted_ones != ALL && counted_ones != which) return false;
  if (remaining == 0 || --remaining > 0) return false;
  happened = true;
  errno = ENOMEM;
  return true;
}

void *counted(void *block) {
  if (block != nullptr) blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}

}  // namespace

extern "C" {

// The count-th allocation of this thread from now on fails; none with 0. Counted are all of them, aligned
// ones, as those of the memory of tensors, or those by the operator new in code of a range of addresses.
void fail_at(long count, int which) {
  happened = false;
  counted_ones = which;
  remaining = count;
}

void set_range(uintptr_t begin, uintptr_t end) {
  range_begin = begin;
  range_end = end;
}

// Whether it failed. No later one fails.
int failed() {
  remaining = 0;
  return happened;
}

long live_blocks() {
  return blocks.load(std::memory_order_relaxed);
}

void *malloc(size_t size) {
  return fails(ALL) ? nullptr : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
  return fails(ALL) ? nullptr : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
  if (fails(ALL)) return nullptr;
  void *moved = __libc_realloc(block, size);
  if (block == nullptr) return counted(moved);
  if (moved == nullptr && size == 0) blocks.fetch_sub(1, std::memory_order_relaxed);
  return moved;
}

void *memalign(size_t alignment, size_t size) {
  return fails(ALIGNED) ? nullptr : counted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

void free(void *block) {
  if (block != nullptr) blocks.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(block);
}
}

void *operator new(size_t size) {
  const auto caller = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  const bool inside = range_begin <= caller && caller < range_end;
  void *block = counted_ones == RANGE && inside && fails(RANGE) ? nullptr : malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
