#include "worker/ops/ops.h"

#include <array>

#include "worker/ops/elementwise_ops.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/reduce_ops.h"
#include "worker/ops/transformer_ops.h"

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
      &SiluOp(),
      &SiluGradientOp(),
      &GeluTanhOp(),
      &GeluTanhGradientOp(),
      &DropoutOp(),
      &SoftmaxCrossEntropyOp(),
      &SoftmaxCrossEntropyGradientOp(),
      &TopOneCorrectOp(),
      &TopFiveCorrectOp(),
      &SigmoidOp(),
      &TanhOp(),
      &ExpOp(),
      &LogOp(),
      &SqrtOp(),
      &PowOp(),
      &ClipOp(),
      &SigmoidGradientOp(),
      &TanhGradientOp(),
      &LogGradientOp(),
      &SqrtGradientOp(),
      &PowGradientOp(),
      &ClipGradientOp(),
      &AddOp(),
      &SubOp(),
      &MulOp(),
      &DivOp(),
      &EqualOp(),
      &WhereOp(),
      &ReduceSumOp(),
      &ReduceMeanOp(),
      &ReduceMaxOp(),
      &SoftmaxOp(),
      &SoftmaxGradientOp(),
      &LogSoftmaxOp(),
      &LogSoftmaxGradientOp(),
      &ReshapeOp(),
      &TransposeOp(),
      &ExpandOp(),
      &SliceOp(),
      &SliceGradientOp(),
      &ConcatOp(),
      &SplitOp(),
      &GatherOp(),
      &GatherGradientOp(),
      &EmbeddingOp(),
      &EmbeddingGradientOp(),
      &AddPositionsOp(),
      &PositionSumOp(),
      &LayerNormOp(),
      &LayerNormGradientOp(),
      &LayerNormGainGradientOp(),
      &RmsNormOp(),
      &RmsNormGradientOp(),
      &RmsNormGainGradientOp(),
      &RotaryOp(),
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
