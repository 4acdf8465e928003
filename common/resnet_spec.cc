#include "common/resnet_spec.h"

#include <spdlog/fmt/fmt.h>

#include "common/spec_checker.h"

namespace descent {

void CheckResnet(const ResnetSpec& resnet, SpecChecker& checker) {
  constexpr std::int64_t kWidthMax = 4096;
  checker.Require(resnet.depth == 18 || resnet.depth == 34 || resnet.depth == 50,
                  "model.resnet.depth", fmt::to_string(resnet.depth), "18, 34 or 50");
  checker.RequireInRange("model.resnet.width", resnet.width, 1, kWidthMax);
}

}  // namespace descent
