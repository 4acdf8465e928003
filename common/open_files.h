#pragma once

#include <cstdint>

namespace descent {

// Lets this process have as many files open as the system allows it to ask for, its connections
// among them, and returns how many that are. By default systems allow 1024, for the sake of
// programs that use select(), and far more to whoever asks.
std::int64_t RaiseOpenFilesMax();

}  // namespace descent
