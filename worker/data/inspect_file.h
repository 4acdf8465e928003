#pragma once

#include <filesystem>
#include <string>

#include "common/result.h"

namespace descent {

// What a file of data holds by itself, for people: of a table its columns, of arrays their types,
// shapes and ranges, and of each a sample; how a job would read it is the job's business. The kind
// of file is told by the end of its name. Ends with a newline. kInvalidArgument: of no known kind,
// or what is wrong with it, a line for each problem. Blocks.
Result<std::string> InspectFile(const std::filesystem::path& path);

// The kinds, each in a file of its own.
Result<std::string> InspectCsv(const std::filesystem::path& path);
Result<std::string> InspectTsv(const std::filesystem::path& path);
Result<std::string> InspectNpy(const std::filesystem::path& path);
Result<std::string> InspectNpz(const std::filesystem::path& path);
Result<std::string> InspectIdx(const std::filesystem::path& path);
Result<std::string> InspectBin(const std::filesystem::path& path);  // tokens, or images of CIFAR
Result<std::string> InspectImage(const std::filesystem::path& path);

}  // namespace descent
