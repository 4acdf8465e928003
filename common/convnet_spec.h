#pragma once

#include <cstdint>
#include <vector>

#include "common/layers_spec.h"

namespace descent {

enum class Activation { kRelu, kGelu };

// One convolution of a convnet, with as much padding as keeps the image's size at stride 1.
struct ConvnetLayer {
  std::int64_t channels = 0;
  std::int64_t kernel_size = 3;  // odd
  std::int64_t stride = 1;
  std::int64_t pool = 0;  // size and stride of the max pool behind it; 0: none
};

// A classic convolutional network, said shortly: LayersOf writes it out.
struct ConvnetSpec {
  std::vector<ConvnetLayer> layers;
  std::vector<std::int64_t> hidden_sizes;  // of linear layers behind the convolutions
  Activation activation = Activation::kRelu;
  bool batch_norm = false;  // behind every convolution, which then has no bias
  double dropout = 0.0;     // probability of zero behind each hidden linear layer, in [0, 1)
};

// For each layer: conv2d, batch_norm if wanted, the activation, max_pool2d if wanted; then flatten;
// for each hidden size: linear, the activation, dropout if wanted; then linear.
LayersSpec LayersOf(const ConvnetSpec& convnet);

// The part of ValidateJobSpec that is about model.convnet.
void CheckConvnet(const ConvnetSpec& convnet, SpecChecker& checker);

}  // namespace descent
