#pragma once

#include <span>

#include "common/embedded_file.h"

namespace descent {

// One file: the descriptor of job_spec.proto with its comments, as a FileDescriptorSet. The
// generated code has the descriptor without them.
std::span<const EmbeddedFile> JobSpecSource();

}  // namespace descent
