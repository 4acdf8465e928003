#pragma once

namespace descent {

// Set by the build from the project's version.
inline constexpr const char* kVersion = DESCENT_VERSION;

}  // namespace descent
