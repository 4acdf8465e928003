#include "worker/ops/ops.h"

#include <array>

#include "worker/ops/loss_ops.h"

namespace descent {

std::span<const OpDef* const> AllOps() {
  static const std::array kOps = {
      &MatMulOp(),
      &AddBiasOp(),
      &ColumnSumOp(),
      &ReluOp(),
      &ReluGradientOp(),
      &GeluOp(),
      &GeluGradientOp(),
      &DropoutOp(),
      &SoftmaxCrossEntropyOp(),
      &SoftmaxCrossEntropyGradientOp(),
      &TopOneCorrectOp(),
      &TopFiveCorrectOp(),
      &AddOp(),
      &EmbeddingOp(),
      &EmbeddingGradientOp(),
      &AddPositionsOp(),
      &PositionSumOp(),
      &LayerNormOp(),
      &LayerNormGradientOp(),
      &LayerNormGainGradientOp(),
      &CausalAttentionOp(),
      &CausalAttentionGradientOp(),
      &BinaryCrossEntropyOp(),
      &BinaryCrossEntropyGradientOp(),
      &SquaredErrorOp(),
      &SquaredErrorGradientOp(),
      &HuberOp(),
      &HuberGradientOp(),
      &BinaryCorrectOp(),
      &CastOp(),
      &SampleMeanOp(),
      &SampleMeanGradientOp(),
      &IdentityOp(),
      &FillOp(),
  };
  return kOps;
}

}  // namespace descent
