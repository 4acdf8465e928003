#include "worker/data/inspect_file.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <string_view>

namespace descent {
namespace {

struct Kind {
  std::string_view ending;
  Result<std::string> (*inspect)(const std::filesystem::path& path);
};

constexpr std::array kKinds = {
    Kind{".csv", InspectCsv},    Kind{".tsv", InspectTsv},   Kind{".npy", InspectNpy},
    Kind{".npz", InspectNpz},    Kind{"-ubyte", InspectIdx}, Kind{"-ubyte.gz", InspectIdx},
    Kind{".bin", InspectBin},    Kind{".png", InspectImage}, Kind{".jpg", InspectImage},
    Kind{".jpeg", InspectImage},
};

}  // namespace

Result<std::string> InspectFile(const std::filesystem::path& path) {
  std::string endings;
  for (const Kind& kind : kKinds) {
    if (path.string().ends_with(kind.ending)) return kind.inspect(path);
    endings += fmt::format("{}{}", endings.empty() ? "" : ", ", kind.ending);
  }
  return Status(Code::kInvalidArgument,
                fmt::format("{}: a file of no known kind, its name must end in one of: {}",
                            path.string(), endings));
}

}  // namespace descent
