#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>

#include "worker/kernels/cpu/channel.h"
#include "worker/kernels/cpu/cpu_kernels.h"

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

inline float InverseDeviation(double variance, double epsilon) {
  return static_cast<float>(1 / std::sqrt(variance + epsilon));
}

// Batch norm of samples without planes, x [B, C]: batch_norm_columns.cc. Each follows
// Kernel::prepare.
std::unique_ptr<Step> PrepareBatchNormOfColumns(const KernelRequest& request,
                                                const ChannelLayout& layout);
std::unique_ptr<Step> PrepareBatchNormInferenceOfColumns(const KernelRequest& request,
                                                         const ChannelLayout& layout);
std::unique_ptr<Step> PrepareBatchNormGradientOfColumns(const KernelRequest& request,
                                                        const ChannelLayout& layout);

// Some channels of all samples.
inline constexpr std::size_t kColumnsOfRun = 64;
struct ColumnRun {
  std::size_t samples;
  std::size_t count;   // of channels, at most kColumnsOfRun
  std::size_t stride;  // from a sample to the next
};

// Of the channels of a run: the mean, as it is subtracted too, and the sum of squares around it.
struct ColumnMoments {
  std::array<double, kColumnsOfRun> mean;
  std::array<float, kColumnsOfRun> center;
  std::array<double, kColumnsOfRun> squares;
};

// y = (x - center) slope + bias.
struct ColumnScale {
  std::array<float, kColumnsOfRun> center;
  std::array<float, kColumnsOfRun> slope;
  const float* bias;
};

// What the gradient reads and writes, from a run's first channel on.
struct ColumnGradientArrays {
  const float *dy, *x;
  const float *gain, *mean, *inverse_deviation;
  float* dx;
  float *dgain, *dbias;
};

}  // namespace descent::cpu
