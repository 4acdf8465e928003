#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace descent {

class SpecChecker;

// The first layers: cifar, for small images, is a convolution of 3 x 3; imagenet one of 7 x 7 with
// stride 2 and a max pool of 3 x 3 with stride 2.
enum class ResnetStem { kCifar, kImagenet };
inline constexpr std::array<std::string_view, 2> kResnetStemNames = {"cifar", "imagenet"};

// A residual network as torchvision has it. Source: He et al. 2016; of depth 50 with the stride in
// the 3 x 3 convolution.
struct ResnetSpec {
  std::int64_t depth = 0;  // 18, 34 or 50
  ResnetStem stem = ResnetStem::kCifar;
  std::int64_t width = 64;  // channels of the stem and of the first stage; each stage doubles them

  bool operator==(const ResnetSpec&) const = default;
};

// The part of ValidateJobSpec that is about model.resnet.
void CheckResnet(const ResnetSpec& resnet, SpecChecker& checker);

}  // namespace descent
