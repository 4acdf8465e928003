#pragma once

namespace descent {

// Prints the broken condition and where it stands to stderr, then aborts.
[[noreturn]] void FailCheck(const char* condition, const char* file, int line);

}  // namespace descent

// A fact that only a bug of ours can break. Stays on in release builds. One fact a line.
#define DESCENT_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::descent::FailCheck(#condition, __FILE__, __LINE__))

// The same for facts checked once per element: off in release builds.
#ifdef NDEBUG
#define DESCENT_DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define DESCENT_DCHECK(condition) DESCENT_CHECK(condition)
#endif
