#include "tests/unit/collective/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace {

thread_local int allocation_count = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocation_count;
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace descent {

int AllocationCount() { return allocation_count; }

}  // namespace descent
