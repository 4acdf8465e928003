#include <array>
#include <cmath>
#include <limits>

#include "worker/export/onnx_rules.h"
#include "worker/kernels/cpu/rotary_table.h"

namespace descent {
namespace {

void AppendEmbedding(OnnxBuilder& builder, const OnnxStep& step) {
  builder.AddAs(step.output, "Gather", {step.inputs[1], step.inputs[0]},
                {{"axis", std::int64_t{0}}});
}

void AppendAddPositions(OnnxBuilder& builder, const OnnxStep& step) {
  const std::int64_t tokens = step.shape(1)[0], width = step.shape(1)[1];
  const std::string samples =
      builder.Add("Reshape", {step.inputs[0], builder.Integers({-1, tokens, width})});
  const std::string sum = builder.Add("Add", {samples, step.inputs[1]});
  builder.AddAs(step.output, "Reshape", {sum, builder.Integers({-1, width})});
}

void AppendRmsNorm(OnnxBuilder& builder, const OnnxStep& step) {
  const std::string& x = step.inputs[0];
  const auto epsilon = static_cast<float>(step.node.attributes.Real("epsilon"));
  const std::string square = builder.Add("Mul", {x, x});
  const std::string mean =
      builder.Add("ReduceMean", {square}, {{"axes", Shape{-1}}, {"keepdims", std::int64_t{1}}});
  const std::string root =
      builder.Add("Sqrt", {builder.Add("Add", {mean, builder.Scalar(epsilon)})});
  const std::string normalized = builder.Add("Div", {x, root});
  builder.AddAs(step.output, "Mul", {normalized, step.inputs[1]});
}

// What the ops on projections [M, 3 C] have in common.
struct Heads {
  std::int64_t count;
  std::int64_t tokens;
  std::int64_t size;  // D

  std::int64_t width() const { return count * size; }  // C
};

Heads HeadsOf(const OnnxStep& step) {
  const std::int64_t count = step.node.attributes.Integer("heads");
  return {.count = count,
          .tokens = step.node.attributes.Integer("tokens"),
          .size = step.shape(0)[1] / 3 / count};
}

// [M, 3 C] as [B, T, 3 heads, D]: the heads of q, then of k, then of v.
std::string AppendHeads(OnnxBuilder& builder, const OnnxStep& step, const Heads& heads) {
  const std::string shape = builder.Integers({-1, heads.tokens, 3 * heads.count, heads.size});
  return builder.Add("Reshape", {step.inputs[0], shape});
}

void AppendRotary(OnnxBuilder& builder, const OnnxStep& step) {
  const Heads heads = HeadsOf(step);
  const std::int64_t pairs = heads.size / 2;
  const cpu::RotaryTable table =
      cpu::MakeRotaryTable(static_cast<std::size_t>(heads.tokens), static_cast<std::size_t>(pairs));
  const Shape shape = {heads.tokens, 1, pairs};
  const std::string cosines = builder.Floats("rotary_cosines", shape, table.cosines);
  const std::string sines = builder.Floats("rotary_sines", shape, table.sines);
  const auto parts =
      builder.Split(AppendHeads(builder, step, heads), 2, {2 * heads.count, heads.count});
  const auto halves = builder.Split(parts[0], 3, {pairs, pairs});
  const auto product = [&](std::size_t half, const std::string& factor) {
    return builder.Add("Mul", {halves[half], factor});
  };
  const std::string a = builder.Add("Sub", {product(0, cosines), product(1, sines)});
  const std::string b = builder.Add("Add", {product(1, cosines), product(0, sines)});
  const std::string turned = builder.Add("Concat", {a, b}, {{"axis", std::int64_t{3}}});
  const std::string all = builder.Add("Concat", {turned, parts[1]}, {{"axis", std::int64_t{2}}});
  builder.AddAs(step.output, "Reshape", {all, builder.Integers({-1, 3 * heads.width()})});
}

// What is added to the products of queries and keys, so that no token sees those that follow it.
std::string AppendCausalMask(OnnxBuilder& builder, std::int64_t tokens) {
  const auto size = static_cast<std::size_t>(tokens);
  std::vector<float> mask(size * size);
  for (std::size_t query = 0; query < size; ++query)
    for (std::size_t key = query + 1; key < size; ++key)
      mask[query * size + key] = -std::numeric_limits<float>::infinity();
  return builder.Floats("causal_mask", {tokens, tokens}, mask);
}

void AppendCausalAttention(OnnxBuilder& builder, const OnnxStep& step) {
  const Heads heads = HeadsOf(step);
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(heads.size)));
  const std::string by_head =
      builder.Add("Transpose", {AppendHeads(builder, step, heads)}, {{"perm", Shape{0, 2, 1, 3}}});
  const auto parts = builder.Split(by_head, 1, {heads.count, heads.count, heads.count});
  const std::string keys = builder.Add("Transpose", {parts[1]}, {{"perm", Shape{0, 1, 3, 2}}});
  const std::string products = builder.Add("MatMul", {parts[0], keys});
  const std::string scaled = builder.Add("Mul", {products, builder.Scalar(scale)});
  const std::string masked = builder.Add("Add", {scaled, AppendCausalMask(builder, heads.tokens)});
  const std::string shares = builder.Add("Softmax", {masked}, {{"axis", std::int64_t{-1}}});
  const std::string y = builder.Add("MatMul", {shares, parts[2]});
  const std::string by_token = builder.Add("Transpose", {y}, {{"perm", Shape{0, 2, 1, 3}}});
  builder.AddAs(step.output, "Reshape", {by_token, builder.Integers({-1, heads.width()})});
}

}  // namespace

std::span<const OnnxRule> OnnxTransformerRules() {
  static constexpr std::array kRules = {
      OnnxRule{"embedding", AppendEmbedding},
      OnnxRule{"add_positions", AppendAddPositions},
      OnnxRule{"rms_norm", AppendRmsNorm},
      OnnxRule{"rotary", AppendRotary},
      OnnxRule{"causal_attention", AppendCausalAttention},
  };
  return kRules;
}

}  // namespace descent
