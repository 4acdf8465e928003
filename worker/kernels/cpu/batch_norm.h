#pragma once

#include "worker/kernels/cpu/channel.h"

namespace descent::cpu {

// What a channel is normalised by: n = (x - mean) inverse_deviation.
struct ChannelMoments {
  float mean;
  float inverse_deviation;
};

// y = n gain + bias.
struct ChannelScale {
  float gain;
  float bias;
};

// Of the gradient with respect to a channel's gain and bias.
struct ChannelGradients {
  float gain;
  float bias;
};

}  // namespace descent::cpu
