#include "worker/kernels/kernel.h"

#include "worker/kernels/cpu/cpu_kernels.h"

namespace descent {

const Kernel* FindKernel(std::string_view op) {
  static constexpr Kernel kKernels[] = {
      {"matmul", cpu::PrepareMatMul, /*can_accumulate=*/true},
      {"add_bias", cpu::PrepareAddBias},
      {"column_sum", cpu::PrepareColumnSum, /*can_accumulate=*/true},
      {"relu", cpu::PrepareRelu},
      {"relu_gradient", cpu::PrepareReluGradient},
      {"gelu", cpu::PrepareGelu},
      {"gelu_gradient", cpu::PrepareGeluGradient},
      {"silu", cpu::PrepareSilu},
      {"silu_gradient", cpu::PrepareSiluGradient},
      {"gelu_tanh", cpu::PrepareGeluTanh},
      {"gelu_tanh_gradient", cpu::PrepareGeluTanhGradient},
      {"dropout", cpu::PrepareDropout},
      {"softmax_cross_entropy", cpu::PrepareSoftmaxCrossEntropy},
      {"softmax_cross_entropy_gradient", cpu::PrepareSoftmaxCrossEntropyGradient},
      {"top_one_correct", cpu::PrepareTopOneCorrect},
      {"top_five_correct", cpu::PrepareTopFiveCorrect},
      {"sigmoid", cpu::PrepareUnaryFunction},
      {"tanh", cpu::PrepareUnaryFunction},
      {"exp", cpu::PrepareUnaryFunction},
      {"log", cpu::PrepareUnaryFunction},
      {"sqrt", cpu::PrepareUnaryFunction},
      {"pow", cpu::PrepareUnaryFunction},
      {"clip", cpu::PrepareUnaryFunction},
      {"sigmoid_gradient", cpu::PrepareUnaryFunction},
      {"tanh_gradient", cpu::PrepareUnaryFunction},
      {"log_gradient", cpu::PrepareUnaryFunction},
      {"sqrt_gradient", cpu::PrepareUnaryFunction},
      {"pow_gradient", cpu::PrepareUnaryFunction},
      {"clip_gradient", cpu::PrepareUnaryFunction},
      {"add", cpu::PrepareAdd},
      {"mul", cpu::PrepareMul},
      {"identity", cpu::PrepareIdentity, /*can_accumulate=*/true},
      {"fill", cpu::PrepareFill},
      {"embedding", cpu::PrepareEmbedding},
      {"embedding_gradient", cpu::PrepareEmbeddingGradient, /*can_accumulate=*/true},
      {"add_positions", cpu::PrepareAddPositions},
      {"position_sum", cpu::PreparePositionSum, /*can_accumulate=*/true},
      {"layer_norm", cpu::PrepareLayerNorm},
      {"layer_norm_gradient", cpu::PrepareLayerNormGradient},
      {"layer_norm_gain_gradient", cpu::PrepareLayerNormGainGradient, /*can_accumulate=*/true},
      {"rms_norm", cpu::PrepareRmsNorm},
      {"rms_norm_gradient", cpu::PrepareRmsNormGradient},
      {"rms_norm_gain_gradient", cpu::PrepareRmsNormGainGradient, /*can_accumulate=*/true},
      {"rotary", cpu::PrepareRotary},
      {"causal_attention", cpu::PrepareCausalAttention},
      {"causal_attention_gradient", cpu::PrepareCausalAttentionGradient},
      {"binary_cross_entropy", cpu::PrepareBinaryCrossEntropy},
      {"binary_cross_entropy_gradient", cpu::PrepareBinaryCrossEntropyGradient},
      {"squared_error", cpu::PrepareSquaredError},
      {"squared_error_gradient", cpu::PrepareSquaredErrorGradient},
      {"huber", cpu::PrepareHuber},
      {"huber_gradient", cpu::PrepareHuberGradient},
      {"binary_correct", cpu::PrepareBinaryCorrect},
      {"cast", cpu::PrepareCast},
      {"sample_mean", cpu::PrepareSampleMean},
      {"sample_mean_gradient", cpu::PrepareSampleMeanGradient},
  };
  for (const Kernel& kernel : kKernels) {
    if (kernel.op == op) return &kernel;
  }
  return nullptr;
}

}  // namespace descent
