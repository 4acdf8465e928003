// Loaded into a worker before its libraries: while the file that DESCENT_TEST_HOLD names is there,
// no checkpoint is published, as on a disk that is slow.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

// The only caller is the publication of a checkpoint (common/file.cc).
extern "C" int renameat2(int from_directory, const char* from, int to_directory, const char* to,
                         unsigned flags) noexcept {
  const char* const hold = std::getenv("DESCENT_TEST_HOLD");
  while (hold != nullptr && access(hold, F_OK) == 0) usleep(10'000);
  return static_cast<int>(syscall(SYS_renameat2, from_directory, from, to_directory, to, flags));
}
