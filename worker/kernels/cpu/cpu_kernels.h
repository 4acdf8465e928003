#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "common/result.h"
#include "worker/kernels/kernel.h"

namespace descent::cpu {

// The kernels of the CPU, by family; each follows Kernel::prepare. Own loops divide elements, rows
// or columns of the output into fixed tiles and never divide a sum.
using PreparedStep = Result<std::unique_ptr<Step>>;

PreparedStep PrepareMatMul(const KernelRequest& request);  // matmul.cc

PreparedStep PrepareAddBias(const KernelRequest& request);  // bias.cc
PreparedStep PrepareColumnSum(const KernelRequest& request);

PreparedStep PrepareRelu(const KernelRequest& request);  // activation.cc
PreparedStep PrepareReluGradient(const KernelRequest& request);
PreparedStep PrepareGelu(const KernelRequest& request);
PreparedStep PrepareGeluGradient(const KernelRequest& request);
PreparedStep PrepareSilu(const KernelRequest& request);
PreparedStep PrepareSiluGradient(const KernelRequest& request);
PreparedStep PrepareGeluTanh(const KernelRequest& request);
PreparedStep PrepareGeluTanhGradient(const KernelRequest& request);

PreparedStep PrepareDropout(const KernelRequest& request);  // dropout.cc

PreparedStep PrepareSoftmaxCrossEntropy(const KernelRequest& request);  // cross_entropy.cc
PreparedStep PrepareSoftmaxCrossEntropyGradient(const KernelRequest& request);
PreparedStep PrepareLinearCrossEntropy(const KernelRequest& request);  // linear_cross_entropy.cc
PreparedStep PrepareTopOneCorrect(const KernelRequest& request);
PreparedStep PrepareTopFiveCorrect(const KernelRequest& request);

PreparedStep PrepareUnaryFunction(const KernelRequest& request);  // unary.cc: by the op's name

PreparedStep PrepareArithmetic(const KernelRequest& request);  // arithmetic.cc: by the op's name
PreparedStep PrepareWhere(const KernelRequest& request);

PreparedStep PrepareReduceSum(const KernelRequest& request);  // reduce.cc
PreparedStep PrepareReduceMean(const KernelRequest& request);
PreparedStep PrepareReduceMax(const KernelRequest& request);

PreparedStep PrepareSoftmax(const KernelRequest& request);  // softmax.cc
PreparedStep PrepareSoftmaxGradient(const KernelRequest& request);
PreparedStep PrepareLogSoftmax(const KernelRequest& request);
PreparedStep PrepareLogSoftmaxGradient(const KernelRequest& request);

PreparedStep PrepareTranspose(const KernelRequest& request);  // movement.cc
PreparedStep PrepareExpand(const KernelRequest& request);
PreparedStep PrepareSlice(const KernelRequest& request);
PreparedStep PrepareSliceGradient(const KernelRequest& request);
PreparedStep PrepareConcat(const KernelRequest& request);
PreparedStep PrepareSplit(const KernelRequest& request);

PreparedStep PrepareGather(const KernelRequest& request);  // gather.cc
PreparedStep PrepareGatherGradient(const KernelRequest& request);

PreparedStep PrepareIdentity(const KernelRequest& request);  // elementwise.cc
PreparedStep PrepareFill(const KernelRequest& request);

PreparedStep PrepareEmbedding(const KernelRequest& request);  // embedding.cc
PreparedStep PrepareEmbeddingGradient(const KernelRequest& request);
PreparedStep PrepareAddPositions(const KernelRequest& request);
PreparedStep PreparePositionSum(const KernelRequest& request);

PreparedStep PrepareLayerNorm(const KernelRequest& request);  // layer_norm.cc
PreparedStep PrepareLayerNormGradient(const KernelRequest& request);
PreparedStep PrepareLayerNormGainGradient(const KernelRequest& request);

PreparedStep PrepareRmsNorm(const KernelRequest& request);  // rms_norm.cc
PreparedStep PrepareRmsNormGradient(const KernelRequest& request);
PreparedStep PrepareRmsNormGainGradient(const KernelRequest& request);

PreparedStep PrepareRotary(const KernelRequest& request);  // rotary.cc

PreparedStep PrepareCausalAttention(const KernelRequest& request);  // attention.cc
PreparedStep PrepareCausalAttentionGradient(const KernelRequest& request);

PreparedStep PrepareBinaryCrossEntropy(const KernelRequest& request);  // target_loss.cc
PreparedStep PrepareBinaryCrossEntropyGradient(const KernelRequest& request);
PreparedStep PrepareSquaredError(const KernelRequest& request);
PreparedStep PrepareSquaredErrorGradient(const KernelRequest& request);
PreparedStep PrepareHuber(const KernelRequest& request);
PreparedStep PrepareHuberGradient(const KernelRequest& request);
PreparedStep PrepareBinaryCorrect(const KernelRequest& request);
PreparedStep PrepareCast(const KernelRequest& request);

PreparedStep PrepareSampleMean(const KernelRequest& request);  // sample_mean.cc
PreparedStep PrepareSampleMeanGradient(const KernelRequest& request);

PreparedStep PrepareConv2d(const KernelRequest& request);  // conv2d.cc
PreparedStep PrepareConv2dInputGradient(const KernelRequest& request);
PreparedStep PrepareConv2dWeightGradient(const KernelRequest& request);

PreparedStep PrepareMaxPool2d(const KernelRequest& request);  // max_pool2d.cc
PreparedStep PrepareMaxPool2dGradient(const KernelRequest& request);

PreparedStep PrepareAvgPool2d(const KernelRequest& request);  // avg_pool2d.cc
PreparedStep PrepareAvgPool2dGradient(const KernelRequest& request);

PreparedStep PrepareGlobalAvgPool(const KernelRequest& request);  // channels.cc
PreparedStep PrepareGlobalAvgPoolGradient(const KernelRequest& request);
PreparedStep PrepareChannelSum(const KernelRequest& request);

PreparedStep PrepareBatchNorm(const KernelRequest& request);  // batch_norm.cc
PreparedStep PrepareBatchNormInference(const KernelRequest& request);
PreparedStep PrepareBatchNormGradient(const KernelRequest& request);

// A step that is one function of the run.
template <typename Body>
std::unique_ptr<Step> MakeStep(Body body) {
  class BodyStep final : public Step {
   public:
    explicit BodyStep(Body run_body) : body_(std::move(run_body)) {}
    void Run(const StepRun& run) override { body_(run); }

   private:
    const Body body_;
  };
  return std::make_unique<BodyStep>(std::move(body));
}

// Calls body(first, count, thread) for fixed runs of [0, total) on the pool. The runs suit 4-byte
// elements that are touched once: long enough to be worth waking a thread for.
template <typename Body>
void ForEachRunOfThread(ThreadPool& pool, std::size_t total, std::size_t run_size,
                        const Body& body) {
  const std::size_t tiles = (total + run_size - 1) / run_size;
  pool.ParallelFor(static_cast<std::int64_t>(tiles), [&](std::int64_t tile, int thread) {
    const std::size_t first = static_cast<std::size_t>(tile) * run_size;
    body(first, std::min(run_size, total - first), thread);
  });
}

// The same where the thread does not matter: body(first, count).
template <typename Body>
void ForEachRun(ThreadPool& pool, std::size_t total, std::size_t run_size, const Body& body) {
  ForEachRunOfThread(pool, total, run_size,
                     [&](std::size_t first, std::size_t count, int) { body(first, count); });
}

inline constexpr std::size_t kElementsPerRun = 16384;

// Rows of `columns` elements that make about one run.
inline std::size_t RowsPerRun(std::size_t columns) {
  return std::max<std::size_t>(1, kElementsPerRun / columns);
}

}  // namespace descent::cpu
