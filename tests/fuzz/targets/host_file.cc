#include "launch/host_file.h"

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// Host names become arguments of mpirun: none can be an option of it, or two arguments.
DESCENT_FUZZ_TARGET(host_file) {
  const std::vector<HostSlots> hosts = ParseHostFile(bytes);
  if (!hosts.empty()) NoteTaken();
  for (const HostSlots& host : hosts) {
    DESCENT_CHECK(host.slots >= 1);
    DESCENT_CHECK(!host.host.starts_with('-'));
    DESCENT_CHECK(host.host.find_first_of(" ,:;\t\n") == host.host.npos);
  }
  DESCENT_CHECK(hosts.empty() == HostList(hosts).empty());
  DESCENT_CHECK(SlotsOf(hosts) >= static_cast<int>(hosts.size()));
}

}  // namespace descent
