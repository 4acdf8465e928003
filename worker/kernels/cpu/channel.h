#pragma once

#include <cstddef>

#include "worker/graph/types.h"

namespace descent::cpu {

// How a channel lies in a tensor [B, C] or [B, C, H, W]: a plane in each sample.
struct ChannelLayout {
  std::size_t channels;
  std::size_t samples;
  std::size_t plane;   // elements of a channel in one sample
  std::size_t stride;  // from a plane to the next of the same channel

  std::size_t size() const { return samples * plane; }  // elements of a channel
};

inline ChannelLayout ChannelLayoutOf(const Shape& shape) {
  const auto samples = static_cast<std::size_t>(shape[0]);
  const auto channels = static_cast<std::size_t>(shape[1]);
  const std::size_t stride = static_cast<std::size_t>(ElementCount(shape)) / samples;
  return {channels, samples, stride / channels, stride};
}

}  // namespace descent::cpu
