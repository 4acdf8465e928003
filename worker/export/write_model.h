#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "common/status.h"
#include "worker/checkpoint/tensor.h"

namespace descent {

// Exports appear under their name once they are whole: they are written to NAME.part, which an
// interrupted export may leave and the next one replaces. Every function blocks; errors are those
// of common/file.h.

// Replaces the file if it is there.
Status WriteWholeFile(const std::filesystem::path& file, std::string_view bytes);
Status WriteSafetensors(const std::filesystem::path& file, std::span<const TensorView> tensors);

// `fill` writes the files into the new directory that it is given. kInvalidArgument: something is
// there already.
Status WriteWholeDirectory(const std::filesystem::path& directory,
                           const std::function<Status(const std::filesystem::path&)>& fill);

}  // namespace descent
