// What libFuzzer calls: the one target that this program is linked with.
#include <cstddef>
#include <cstdint>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  DESCENT_CHECK(descent::FuzzTargets().size() == 1);
  descent::FuzzTargets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
