// The handle table, with a counted object instead of a tensor.
#include "runtime/handles.h"

#include <cstdio>
#include <thread>
#include <vector>

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                        \
    }                                                                      \
  } while (0)

namespace {

std::atomic<int> alive{0};

struct Object {
  std::atomic<int> references{1};
  int number;
  explicit Object(int n) : number(n) { alive.fetch_add(1); }
};

void retain(Object *object) {
  object->references.fetch_add(1);
}
void release(Object *object) {
  if (object->references.fetch_sub(1) == 1) {
    alive.fetch_sub(1);
    delete object;
  }
}

constexpr int64_t kGeneration = int64_t{1} << 31, kSlot = kGeneration - 1;

using Table = rt::HandleTable<Object, retain>;
using ModuleTable = rt::HandleTable<Object, retain, rt::HandleKind::kModule>;
using ShortTable = rt::HandleTable<Object, retain, rt::HandleKind::kTensor, 3>;

template <class AnyTable>
void drop(AnyTable &table, int64_t handle, bool break_locks = false) {
  Object *object = table.take(handle, break_locks);
  CHECK(object != nullptr);
  release(object);
}

void a_handle_is_dead_once_it_is_freed() {
  static Table table;
  const int64_t first = table.put(new Object(1));
  CHECK(first > 0);
  Object *object = table.get(first);
  CHECK(object != nullptr && object->number == 1);
  release(object);
  drop(table, first);
  CHECK(table.get(first) == nullptr);
  CHECK(table.take(first, false) == nullptr);
  const int64_t second = table.put(new Object(2));
  CHECK((second & kSlot) == (first & kSlot));  // the slot is reused
  CHECK(second != first && table.get(first) == nullptr);
  drop(table, second, true);
}

void handles_never_issued_are_nothing() {
  static Table table;
  const int64_t live = table.put(new Object(1));
  for (const int64_t handle :
       {int64_t{0}, int64_t{-1}, int64_t{1}, INT64_MAX, INT64_MIN, live + 1, live + kGeneration,
        live - kGeneration, live | INT64_MIN, live ^ (int64_t{1} << 62), kGeneration | kSlot}) {
    CHECK(table.get(handle) == nullptr);
    CHECK(table.take(handle, false) == nullptr);
    CHECK(table.take(handle, true) == nullptr);
  }
  drop(table, live);
  CHECK(table.get(live + kGeneration) == nullptr);  // the next handle of the slot, not issued yet
}

void a_large_value_has_a_handle_that_tells() {
  static Table table;
  const int64_t small = table.put(new Object(1)), large = table.put(new Object(2), true);
  CHECK(small > 0 && small < int64_t{1} << 62 && large >= int64_t{1} << 62);
  Object *object = table.get(large);
  CHECK(object != nullptr && object->number == 2);
  release(object);
  int visited = 0;
  table.for_each([&](Object *value) {
    ++visited;
    release(value);
  });
  CHECK(visited == 2);
  drop(table, large);
  const int64_t next = table.put(new Object(3));  // not large: the slot does not keep the flag
  CHECK((next & kSlot) == (large & kSlot) && next < int64_t{1} << 62);
  drop(table, next);
  drop(table, small);
}

void a_handle_of_another_kind_is_nothing() {
  static Table tensors;
  static ModuleTable modules;
  std::vector<int64_t> both[2];
  for (int i = 0; i < 3000; ++i) {  // several chunks
    both[0].push_back(tensors.put(new Object(i), i % 2 == 0));
    both[1].push_back(modules.put(new Object(i), i % 2 == 0));
    CHECK(both[0].back() != both[1].back() && (both[0].back() & kSlot) == i);
  }
  for (int i = 0; i < 3000; ++i) {
    CHECK(tensors.get(both[1][i]) == nullptr && tensors.take(both[1][i], true) == nullptr);
    CHECK(modules.get(both[0][i]) == nullptr && modules.take(both[0][i], true) == nullptr);
    for (int64_t kind = 0; kind < 16; ++kind) {
      const int64_t other = both[1][i] ^ kind << 26;
      CHECK(kind == 0 || modules.get(other) == nullptr);
      CHECK(tensors.get(other) == nullptr);
    }
    Object *object = modules.get(both[1][i]);
    CHECK(object != nullptr && object->number == i);
    release(object);
  }
  int visited = 0;
  modules.for_each([&](Object *object) {
    ++visited;
    release(object);
  });
  CHECK(visited == 3000 && modules.live() == 3000 && modules.created() == 3000);
  for (const int64_t handle : both[0]) drop(tensors, handle);
  for (const int64_t handle : both[1]) drop(modules, handle);
}

void a_slot_that_used_up_its_generations_is_retired() {
  static ShortTable table;
  std::vector<int64_t> issued;
  for (int i = 0; i < 4; ++i) {
    issued.push_back(table.put(new Object(i)));
    drop(table, issued.back());
  }
  for (int i = 0; i < 3; ++i) CHECK((issued[i] & kSlot) == 0 && issued[i] / kGeneration == i + 1);
  CHECK((issued[3] & kSlot) == 1);
  for (const int64_t handle : issued) CHECK(table.get(handle) == nullptr);
}

void counts_tell_live_peak_and_created() {
  static Table table;
  std::vector<int64_t> handles;
  for (int i = 0; i < 5000; ++i) handles.push_back(table.put(new Object(i)));  // several chunks
  for (int i = 0; i < 5000; ++i) {
    Object *object = table.get(handles[i]);
    CHECK(object != nullptr && object->number == i);
    release(object);
  }
  int visited = 0;
  table.for_each([&](Object *object) {
    ++visited;
    release(object);
  });
  CHECK(visited == 5000);
  for (const int64_t handle : handles) drop(table, handle);
  CHECK(table.live() == 0 && table.peak() == 5000 && table.created() == 5000);
}

void threads_race_for_the_same_handles() {
  static Table table;
  constexpr int kThreads = 4, kRounds = 20000, kShared = 8;
  static std::atomic<int64_t> shared[kShared];
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < kRounds; ++i) {
        std::atomic<int64_t> &cell = shared[(i * (t + 1)) % kShared];
        const int64_t seen = cell.load();
        if (Object *object = table.get(seen)) {
          CHECK(object->references.load() >= 1);
          release(object);
        }
        const int64_t old = cell.exchange(table.put(new Object(i)));
        Object *mine = table.take(old, false);
        if (mine != nullptr) release(mine);
        CHECK(table.take(old, false) == nullptr);
        if (i % 1000 == 0) table.for_each([](Object *object) { release(object); });
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  for (std::atomic<int64_t> &cell : shared) drop(table, cell.load());
  CHECK(table.live() == 0 && table.created() == kThreads * kRounds);
}

}  // namespace

int main() {
  a_handle_is_dead_once_it_is_freed();
  a_large_value_has_a_handle_that_tells();
  handles_never_issued_are_nothing();
  a_handle_of_another_kind_is_nothing();
  a_slot_that_used_up_its_generations_is_retired();
  counts_tell_live_peak_and_created();
  threads_race_for_the_same_handles();
  CHECK(alive.load() == 0);
}
