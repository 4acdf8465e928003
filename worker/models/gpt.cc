#include "worker/models/gpt.h"

#include <string>

#include "worker/models/initializer.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/transformer_ops.h"

namespace descent {
namespace {

// Appends the parts of one model, in the order of the forward pass.
class GptBuilder {
 public:
  GptBuilder(Graph& graph, const GptSpec& spec, Initializer initializer)
      : graph_(graph), spec_(spec), initializer_(initializer) {}

  Result<ValueId> Append(ValueId tokens, std::int64_t vocabulary) {
    const ValueId table = graph_.AddParameter(
        "transformer.wte.weight", {vocabulary, spec_.embedding_size}, EmbeddingStart(initializer_));
    DESCENT_ASSIGN(ValueId x, Embedding(graph_, tokens, table));
    if (spec_.positions == GptPositions::kLearned) {
      DESCENT_ASSIGN(x, AppendPositions(x));
    }
    DESCENT_ASSIGN(x, AppendDropout(x));
    for (std::int64_t layer = 0; layer < spec_.layers; ++layer) {
      const std::string prefix = "transformer.h." + std::to_string(layer) + ".";
      DESCENT_ASSIGN(x, AppendAttention(prefix, x));
      DESCENT_ASSIGN(x, AppendFeedForward(prefix, x));
    }
    DESCENT_ASSIGN(x, AppendNorm("transformer.ln_f", x));
    return MatMul(graph_, x, Head(table), {.transpose_b = true});
  }

 private:
  Result<ValueId> AppendPositions(ValueId x) {
    const ValueId positions =
        graph_.AddParameter("transformer.wpe.weight", {spec_.context_length, spec_.embedding_size},
                            EmbeddingStart(initializer_));
    return AddPositions(graph_, x, positions);
  }

  // The matrix that the logits are read off by.
  ValueId Head(ValueId table) {
    if (spec_.head == GptHead::kTied) return table;
    return graph_.AddParameter("lm_head.weight", graph_.value(table).type.shape,
                               WeightStart(initializer_, spec_.embedding_size));
  }

  // x + dropout(c_proj(attention(c_attn(ln_1(x))))), the queries and keys turned if so wanted.
  Result<ValueId> AppendAttention(const std::string& prefix, ValueId x) {
    DESCENT_ASSIGN(ValueId y, AppendNorm(prefix + "ln_1", x));
    DESCENT_ASSIGN(y, AppendLinear(prefix + "attn.c_attn", y, 3 * spec_.embedding_size));
    if (spec_.positions == GptPositions::kRotary) {
      DESCENT_ASSIGN(y, Rotary(graph_, y, {.heads = spec_.heads, .tokens = spec_.context_length}));
    }
    DESCENT_ASSIGN(y, CausalAttention(graph_, y,
                                      {.heads = spec_.heads,
                                       .tokens = spec_.context_length,
                                       .probability = spec_.dropout,
                                       .layer = dropout_count_++}));
    return AppendResidual(prefix + "attn.c_proj", x, y);
  }

  // x + dropout(c_proj(activation(c_fc(ln_2(x))))).
  Result<ValueId> AppendFeedForward(const std::string& prefix, ValueId x) {
    DESCENT_ASSIGN(ValueId y, AppendNorm(prefix + "ln_2", x));
    DESCENT_ASSIGN(y, AppendHidden(prefix + "mlp.", y));
    return AppendResidual(prefix + "mlp.c_proj", x, y);
  }

  // activation(c_fc(x)), or silu(c_gate(x)) c_fc(x).
  Result<ValueId> AppendHidden(const std::string& prefix, ValueId x) {
    const std::int64_t size = FeedForwardSizeOf(spec_);
    DESCENT_ASSIGN(const ValueId hidden, AppendLinear(prefix + "c_fc", x, size));
    switch (spec_.activation) {
      case GptActivation::kGelu:
        return Gelu(graph_, hidden);
      case GptActivation::kGeluTanh:
        return GeluTanh(graph_, hidden);
      case GptActivation::kSwiglu:
        break;
    }
    DESCENT_ASSIGN(ValueId gate, AppendLinear(prefix + "c_gate", x, size));
    DESCENT_ASSIGN(gate, Silu(graph_, gate));
    return Mul(graph_, gate, hidden);
  }

  // x + dropout(linear(y)): the end of a branch.
  Result<ValueId> AppendResidual(const std::string& name, ValueId x, ValueId y) {
    const Initialization start =
        BranchEndStart(initializer_, graph_.value(y).type.shape[1], 2 * spec_.layers);
    DESCENT_ASSIGN(y, AppendLinear(name, y, spec_.embedding_size, start));
    DESCENT_ASSIGN(y, AppendDropout(y));
    return Add(graph_, x, y);
  }

  Result<ValueId> AppendLinear(const std::string& name, ValueId x, std::int64_t outputs) {
    const std::int64_t inputs = graph_.value(x).type.shape[1];
    return AppendLinear(name, x, outputs, WeightStart(initializer_, inputs));
  }

  Result<ValueId> AppendLinear(const std::string& name, ValueId x, std::int64_t outputs,
                               const Initialization& start) {
    const std::int64_t inputs = graph_.value(x).type.shape[1];
    const ValueId weight = graph_.AddParameter(name + ".weight", {outputs, inputs}, start);
    DESCENT_ASSIGN(const ValueId product, MatMul(graph_, x, weight, {.transpose_b = true}));
    if (spec_.biases == GptBiases::kNone) return product;
    const ValueId bias =
        graph_.AddParameter(name + ".bias", {outputs}, BiasStart(initializer_, inputs));
    return AddBias(graph_, product, bias);
  }

  Result<ValueId> AppendNorm(const std::string& name, ValueId x) {
    const Shape shape = {spec_.embedding_size};
    const ValueId gain = graph_.AddParameter(name + ".weight", shape, Initialization::Constant(1));
    if (spec_.norm == GptNorm::kRmsNorm) return RmsNorm(graph_, x, gain, kGptEpsilon);
    const ValueId bias = graph_.AddParameter(name + ".bias", shape, Initialization::Constant(0));
    return LayerNorm(graph_, x, gain, bias, kGptEpsilon);
  }

  Result<ValueId> AppendDropout(ValueId x) {
    if (spec_.dropout == 0) return x;
    return Dropout(graph_, x,
                   {.probability = spec_.dropout,
                    .layer = dropout_count_++,
                    .rows_per_sample = spec_.context_length});
  }

  Graph& graph_;
  const GptSpec& spec_;
  const Initializer initializer_;
  std::int64_t dropout_count_ = 0;
};

}  // namespace

Result<ValueId> AppendGpt(Graph& graph, const GptSpec& spec, const GptExtent& extent,
                          ValueId tokens) {
  return GptBuilder(graph, spec, extent.initializer).Append(tokens, extent.vocabulary);
}

}  // namespace descent
