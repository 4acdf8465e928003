#pragma once

#include <span>

#include "common/embedded_file.h"

namespace descent {

// The job files of examples/.
std::span<const EmbeddedFile> ExampleFiles();

}  // namespace descent
