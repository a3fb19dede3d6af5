// Handle table: int64 handle <-> owned pointer, O(1) and thread-safe.
//
// A handle is large << 62 | generation << 31 | kind | slot; large marks values that should be freed promptly.
// Freeing a slot increments its generation, so a stale handle never refers to a later value. A slot that has
// used up its generations is retired.
//
// The kind of a tensor is 0, and its slot has 30 bits. Bit 30 marks the other kinds: bits 26 to 29 are then the
// kind, and the slot has 26 bits. A table removes its own kind from a handle, so that a handle of another kind
// has a slot beyond its last one.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <thread>

namespace rt {

enum class HandleKind : uint32_t { kTensor, kModule, kSafetensors, kPackage };

// Value is reference-counted; Retain increments the count.
template <class Value, void (*Retain)(Value *), HandleKind Kind = HandleKind::kTensor,
          uint64_t Generations = 0x7fffffff>
class HandleTable {
 public:
  // Issues a handle that owns the caller's reference. Throws std::bad_alloc.
  int64_t put(Value *value, bool large = false) {
    const uint32_t index = take_free_slot();
    Slot &slot = *find(index);
    const uint64_t generation = slot.word.load(std::memory_order_relaxed) >> kFlags;
    slot.content.store(std::bit_cast<uintptr_t>(value), std::memory_order_relaxed);
    const uint64_t word = generation << kFlags | (large ? kLarge : 0) | kLive;
    slot.word.store(word, std::memory_order_release);
    return handle_of(word, index);
  }

  // Returns a new reference to the value of a live handle, or nullptr.
  Value *get(int64_t handle) noexcept {
    Slot *slot = slot_of(handle);
    if (slot == nullptr || !lock(handle, *slot)) return nullptr;
    Value *value = std::bit_cast<Value *>(slot->content.load(std::memory_order_relaxed));
    Retain(value);
    slot->word.store(open_word(handle), std::memory_order_release);
    return value;
  }

  // read(value) for a live handle, without a new reference; -1 for any other. It must be short: the slot stays locked.
  template <class Read>
  int64_t read(int64_t handle, Read &&read) noexcept {
    Slot *slot = slot_of(handle);
    if (slot == nullptr || !lock(handle, *slot)) return -1;
    const int64_t found = read(*std::bit_cast<const Value *>(slot->content.load(std::memory_order_relaxed)));
    slot->word.store(open_word(handle), std::memory_order_release);
    return found;
  }

  // Gives a live handle another value in place of the one that it has, whose reference it returns; nullptr if it has
  // that value no longer. Takes over the reference to the new value only if it succeeds.
  Value *replace(int64_t handle, Value *value, Value *other) noexcept {
    Slot *slot = slot_of(handle);
    if (slot == nullptr || !lock(handle, *slot)) return nullptr;
    const bool same = std::bit_cast<Value *>(slot->content.load(std::memory_order_relaxed)) == value;
    if (same) slot->content.store(std::bit_cast<uintptr_t>(other), std::memory_order_relaxed);
    slot->word.store(open_word(handle), std::memory_order_release);
    return same ? value : nullptr;
  }

  // Frees a live handle and returns its reference, or nullptr. In a forked child a slot may have been locked
  // by a thread that does not exist there: break_locks does not wait for it.
  Value *take(int64_t handle, bool break_locks) noexcept {
    Slot *slot = slot_of(handle);
    if (slot == nullptr) return nullptr;
    const uint64_t open = open_word(handle);
    const uint64_t next = (open >> kFlags) + 1;
    uint64_t seen = slot->word.load(std::memory_order_relaxed);
    for (int spins = 0;; ++spins) {
      if ((seen & ~kLocked) != open) return nullptr;
      if ((seen & kLocked) && !break_locks) {
        if (spins > 64) std::this_thread::yield();
        seen = slot->word.load(std::memory_order_relaxed);
      } else if (slot->word.compare_exchange_weak(seen, next << kFlags, std::memory_order_acq_rel)) {
        break;
      }
    }
    // The slot is not on the free list yet, so no other thread writes content.
    Value *value = std::bit_cast<Value *>(slot->content.load(std::memory_order_relaxed));
    if (next < Generations) give_free_slot(index_of(handle), *slot);
    return value;
  }

  // Calls visit(value) for every live handle, with a new reference that visit owns.
  template <class Visit>
  void for_each(Visit &&visit) {
    for_each_slot([&](uint64_t word, uint64_t index) {
      if (!(word & kLive)) return;
      if (Value *value = get(handle_of(word, index))) visit(value);
    });
  }

  // live() and created() walk the table, so that put() and take() need not count.
  int64_t live() noexcept {
    int64_t count = 0;
    for_each_slot([&](uint64_t word, uint64_t) { count += (word & kLive) != 0; });
    return count;
  }
  int64_t created() noexcept {
    uint64_t count = 0;
    for_each_slot([&](uint64_t word, uint64_t) { count += (word >> kFlags) + ((word & kLive) != 0); });
    return static_cast<int64_t>(count);
  }
  // New slots are taken only when the free list is empty, so this is the peak.
  int64_t peak() const noexcept { return static_cast<int64_t>(used_.load(std::memory_order_relaxed)); }

 private:
  static constexpr uint64_t kSlotMask = 0x7fffffff;
  static constexpr bool kTensors = Kind == HandleKind::kTensor;
  static constexpr uint32_t kKind = kTensors ? 0 : uint32_t{1} << 30 | static_cast<uint32_t>(Kind) << 26;
  static_assert(static_cast<uint32_t>(Kind) < 16);

  // word: generation << 3 | large << 2 | live << 1 | locked. All zero is a slot that was never used.
  struct Slot {
    std::atomic<uint64_t> word;
    // The Value * of a live handle; in a free slot, 1 + index of the next free slot, or 0 at the end.
    std::atomic<uintptr_t> content;
  };
  static constexpr uint64_t kLocked = 1, kLive = 2, kLarge = 4;
  static constexpr int kFlags = 3, kSlotBits = std::popcount(kSlotMask), kLargeBit = 62;
  static_assert(Generations < uint64_t{1} << (kLargeBit - kSlotBits));
  static constexpr uint64_t kFirstChunk = 1024;  // chunk c has kFirstChunk << c slots and never moves
  static constexpr unsigned kChunks = kTensors ? 20 : 16;
  static constexpr uint64_t kSlots = kFirstChunk * ((uint64_t{1} << kChunks) - 1);
  static_assert(kSlots < uint64_t{1} << (kTensors ? 30 : 26));

  static int64_t handle_of(uint64_t word, uint64_t index) noexcept {
    const uint64_t large = (word & kLarge) != 0;
    return static_cast<int64_t>(large << kLargeBit | ((word >> kFlags) + 1) << kSlotBits | kKind | index);
  }

  static uint32_t index_of(int64_t handle) noexcept {
    return (static_cast<uint32_t>(handle) & kSlotMask) ^ kKind;
  }

  static uint64_t generation_of(int64_t handle) noexcept {
    return static_cast<uint64_t>(handle) >> kSlotBits & ((uint64_t{1} << (kLargeBit - kSlotBits)) - 1);
  }

  static uint64_t open_word(int64_t handle) noexcept {
    const uint64_t large = (static_cast<uint64_t>(handle) >> kLargeBit & 1) != 0 ? kLarge : 0;
    return (generation_of(handle) - 1) << kFlags | large | kLive;
  }

  // Locks the slot of a live handle. Returns false if the handle is not live.
  static bool lock(int64_t handle, Slot &slot) noexcept {
    const uint64_t open = open_word(handle);
    uint64_t seen = open;
    for (int spins = 0; !slot.word.compare_exchange_weak(seen, open | kLocked, std::memory_order_acquire);
         ++spins) {
      if ((seen & ~kLocked) != open) return false;
      if (spins > 64) std::this_thread::yield();
      seen = open;
    }
    return true;
  }

  Slot *slot_of(int64_t handle) noexcept {
    const uint64_t generation = generation_of(handle);
    if (handle < 0 || generation < 1 || generation > Generations) return nullptr;
    return find(index_of(handle));
  }

  static unsigned chunk_of(uint64_t index) noexcept {
    return 63U - static_cast<unsigned>(std::countl_zero(index / kFirstChunk + 1));
  }

  Slot *find(uint32_t index) noexcept {
    const unsigned chunk = chunk_of(index);
    if (chunk >= kChunks) return nullptr;
    Slot *slots = chunks_[chunk].load(std::memory_order_acquire);
    return slots == nullptr ? nullptr : slots + (index - kFirstChunk * ((uint64_t{1} << chunk) - 1));
  }

  template <class Visit>
  void for_each_slot(Visit &&visit) {
    const uint64_t used = used_.load(std::memory_order_acquire);
    for (uint64_t index = 0; index < used; ++index) {
      visit(find(static_cast<uint32_t>(index))->word.load(std::memory_order_relaxed), index);
    }
  }

  void ensure_chunk(uint64_t index) {
    const unsigned chunk = chunk_of(index);
    if (chunks_[chunk].load(std::memory_order_acquire) != nullptr) return;
    Slot *slots = static_cast<Slot *>(std::calloc(kFirstChunk << chunk, sizeof(Slot)));
    if (slots == nullptr) throw std::bad_alloc();
    Slot *none = nullptr;  // another thread may be first
    if (!chunks_[chunk].compare_exchange_strong(none, slots, std::memory_order_acq_rel)) std::free(slots);
  }

  // The free list is a stack of slots. The upper half of its head is a counter that changes with every push
  // and pop, against the ABA problem.
  uint32_t take_free_slot() {
    uint64_t head = free_.load(std::memory_order_acquire);
    while (static_cast<uint32_t>(head) != 0) {
      const uint32_t index = static_cast<uint32_t>(head) - 1;
      const uint64_t rest = ((head >> 32) + 1) << 32 |
                            static_cast<uint32_t>(find(index)->content.load(std::memory_order_relaxed));
      if (free_.compare_exchange_weak(head, rest, std::memory_order_acq_rel)) return index;
    }
    for (uint64_t used = used_.load(std::memory_order_relaxed);;) {
      if (used >= kSlots) throw std::bad_alloc();
      ensure_chunk(used);
      if (used_.compare_exchange_weak(used, used + 1, std::memory_order_acq_rel)) {
        return static_cast<uint32_t>(used);
      }
    }
  }

  void give_free_slot(uint32_t index, Slot &slot) noexcept {
    uint64_t head = free_.load(std::memory_order_relaxed);
    do {
      slot.content.store(static_cast<uint32_t>(head), std::memory_order_relaxed);
    } while (!free_.compare_exchange_weak(head, ((head >> 32) + 1) << 32 | (index + 1),
                                          std::memory_order_acq_rel));
  }

  std::atomic<Slot *> chunks_[kChunks];
  std::atomic<uint64_t> free_;
  std::atomic<uint64_t> used_;
};

// The body of a function that frees a handle: drops its reference, of the type Pointer. Handle 0 is none.
template <class Pointer, class Table>
int32_t free_handle(Table &table, int64_t handle, bool break_locks) noexcept {
  if (handle == 0) return 0;
  auto *const last = table.take(handle, break_locks);
  if (last == nullptr) return -1;
  Pointer::reclaim(last).reset();
  return 0;
}

}  // namespace rt
