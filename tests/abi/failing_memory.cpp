// Preloaded: makes one allocation of the calling thread fail, and counts the blocks of the process.
#include <atomic>
#include <cerrno>
#include <cstddef>

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
}

namespace {

thread_local long remaining = 0;  // the allocations until the one that fails; 0 if none does
thread_local bool happened = false;
std::atomic<long> blocks{0};

bool fails() {
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

// The count-th allocation of this thread from now on fails; none with 0.
void fail_at(long count) {
  happened = false;
  remaining = count;
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
  return fails() ? nullptr : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
  return fails() ? nullptr : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
  if (fails()) return nullptr;
  void *moved = __libc_realloc(block, size);
  if (block == nullptr) return counted(moved);
  if (moved == nullptr && size == 0) blocks.fetch_sub(1, std::memory_order_relaxed);
  return moved;
}

void *memalign(size_t alignment, size_t size) {
  return fails() ? nullptr : counted(__libc_memalign(alignment, size));
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
