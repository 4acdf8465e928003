#include "tests/numeric/reference_interpreter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string_view>

#include "common/check.h"
#include "common/random.h"
#include "common/sample_format.h"
#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

using Tensor = std::vector<double>;

std::size_t Size(std::int64_t size) { return static_cast<std::size_t>(size); }

void MatMul(const Operands& o) {
  const bool ta = o.node.attributes.Flag("transpose_a");
  const bool tb = o.node.attributes.Flag("transpose_b");
  const std::size_t m = Size(o.out_shape(0)[0]);
  const std::size_t n = Size(o.out_shape(0)[1]);
  const std::size_t k = Size(o.in_shape(0)[ta ? 0 : 1]);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t p = 0; p < k; ++p) {
        sum += o.in(0)[ta ? p * m + i : i * k + p] * o.in(1)[tb ? j * k + p : p * n + j];
      }
      o.out(0)[i * n + j] = sum;
    }
  }
}

void AddBias(const Operands& o) {
  const std::size_t columns = o.in(1).size();
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = o.in(0)[i] + o.in(1)[i % columns];
}

void ColumnSum(const Operands& o) {
  const std::size_t columns = o.out(0).size();
  for (std::size_t i = 0; i < o.in(0).size(); ++i) o.out(0)[i % columns] += o.in(0)[i];
}

double Cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double Density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

double Same(double x) { return x; }
double Relu(double x) { return x > 0 ? x : 0; }
double ReluGradient(double dy, double y) { return y > 0 ? dy : 0; }
double Gelu(double x) { return x * Cdf(x); }
double GeluGradient(double dy, double x) { return dy * (Cdf(x) + x * Density(x)); }

// What a dropout multiplies element e of a row by.
double DropoutFactor(const Operands& o, std::int64_t rows_per_sample, std::size_t row,
                     std::size_t e) {
  const PhiloxKey key = MakePhiloxKey(o.random.seed, RandomPurpose::kDropout);
  const double probability = o.node.attributes.Real("probability");
  const auto layer = static_cast<std::uint32_t>(o.node.attributes.Integer("layer"));
  const auto position = o.random.first_position * static_cast<std::uint32_t>(rows_per_sample) +
                        static_cast<std::uint32_t>(row);
  const auto block = static_cast<std::uint32_t>(e / 64 * 16 + e % 16);
  const std::uint32_t word = Philox4x32({block, position, o.random.step, layer}, key)[e / 16 % 4];
  const bool is_dropped = static_cast<double>(word) < std::floor(std::ldexp(probability, 32));
  return is_dropped ? 0 : 1 / (1 - probability);
}

void Dropout(const Operands& o) {
  const std::int64_t rows_per_sample = o.node.attributes.Integer("rows_per_sample");
  const std::size_t columns = Size(o.in_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i] = o.in(0)[i] * DropoutFactor(o, rows_per_sample, i / columns, i % columns);
}

// Outputs begin as zeros, which are what such a row gives.
bool IsIgnored(const Operands& o, std::size_t row) { return o.in(1)[row] == kIgnoredLabel; }

double SmoothedTarget(const Operands& o, std::size_t row, std::size_t i) {
  const double smoothing = o.node.attributes.Real("smoothing");
  const double one_hot = static_cast<double>(i) == o.in(1)[row] ? 1 : 0;
  return (1 - smoothing) * one_hot + smoothing / static_cast<double>(o.in_shape(0)[1]);
}

void SoftmaxCrossEntropy(const Operands& o) {
  const std::size_t classes = Size(o.in_shape(0)[1]);
  for (std::size_t row = 0; row < o.in(1).size(); ++row) {
    if (IsIgnored(o, row)) continue;
    const double* logits = o.in(0).data() + row * classes;
    double sum = 0, expected = 0;
    for (std::size_t i = 0; i < classes; ++i) {
      sum += std::exp(logits[i]);
      expected += SmoothedTarget(o, row, i) * logits[i];
    }
    o.out(0)[row] = std::log(sum) - expected;
    o.out(1)[row] = std::log(sum);
  }
}

void SoftmaxCrossEntropyGradient(const Operands& o) {
  const std::size_t classes = Size(o.in_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const std::size_t row = i / classes;
    if (IsIgnored(o, row)) continue;
    const double softmax = std::exp(o.in(0)[i] - o.in(2)[row]);
    o.out(0)[i] = o.in(3)[row] * (softmax - SmoothedTarget(o, row, i % classes));
  }
}

void TopOneCorrect(const Operands& o) {
  const std::ptrdiff_t classes = o.in_shape(0)[1];
  for (std::size_t row = 0; row < o.in(1).size(); ++row) {
    const auto first = o.in(0).begin() + static_cast<std::ptrdiff_t>(row) * classes;
    const auto largest = std::max_element(first, first + classes) - first;
    o.out(0)[row] = static_cast<double>(largest) == o.in(1)[row] ? 1 : 0;
  }
}

void TopFiveCorrect(const Operands& o) {
  const std::size_t classes = Size(o.in_shape(0)[1]);
  for (std::size_t row = 0; row < o.in(1).size(); ++row) {
    if (IsIgnored(o, row)) continue;
    const auto logit = [&](std::size_t c) { return o.in(0)[row * classes + c]; };
    std::vector<std::size_t> order(classes);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](auto a, auto b) { return logit(a) > logit(b); });
    order.resize(std::min<std::size_t>(5, classes));
    o.out(0)[row] = std::ranges::count(order, static_cast<std::size_t>(o.in(1)[row])) > 0 ? 1 : 0;
  }
}

void Embedding(const Operands& o) {
  const std::size_t columns = Size(o.out_shape(0)[1]);
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(1)[static_cast<std::size_t>(o.in(0)[i / columns]) * columns + i % columns];
}

void EmbeddingGradient(const Operands& o) {
  const std::size_t columns = Size(o.out_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(1).size(); ++i)
    o.out(0)[static_cast<std::size_t>(o.in(0)[i / columns]) * columns + i % columns] += o.in(1)[i];
}

void AddPositions(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(0)[i] + o.in(1)[i % o.in(1).size()];
}

void PositionSum(const Operands& o) {
  for (std::size_t i = 0; i < o.in(0).size(); ++i) o.out(0)[i % o.out(0).size()] += o.in(0)[i];
}

void LayerNorm(const Operands& o) {
  const std::size_t columns = Size(o.in_shape(0)[1]);
  for (std::size_t row = 0; row < o.out(1).size(); ++row) {
    const double* x = o.in(0).data() + row * columns;
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < columns; ++i) mean += x[i] / static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(columns);
    const double scale = 1 / std::sqrt(variance + o.node.attributes.Real("epsilon"));
    for (std::size_t i = 0; i < columns; ++i)
      o.out(0)[row * columns + i] = (x[i] - mean) * scale * o.in(1)[i] + o.in(2)[i];
    o.out(1)[row] = mean;
    o.out(2)[row] = scale;
  }
}

void LayerNormGradient(const Operands& o) {
  const std::size_t columns = Size(o.in_shape(0)[1]);
  const auto normalized = [&](std::size_t row, std::size_t i) {
    return (o.in(1)[row * columns + i] - o.in(3)[row]) * o.in(4)[row];
  };
  const auto weighted = [&](std::size_t row, std::size_t i) {
    return o.in(0)[row * columns + i] * o.in(2)[i];
  };
  for (std::size_t row = 0; row < o.in(3).size(); ++row) {
    double mean = 0, product_mean = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      mean += weighted(row, i) / static_cast<double>(columns);
      product_mean += weighted(row, i) * normalized(row, i) / static_cast<double>(columns);
    }
    for (std::size_t i = 0; i < columns; ++i)
      o.out(0)[row * columns + i] =
          o.in(4)[row] * (weighted(row, i) - mean - normalized(row, i) * product_mean);
  }
}

void LayerNormGainGradient(const Operands& o) {
  const std::size_t columns = Size(o.in_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const std::size_t row = i / columns;
    o.out(0)[i % columns] += o.in(0)[i] * (o.in(1)[i] - o.in(2)[row]) * o.in(3)[row];
  }
}

// One head of one sample, addressed in the operands of the attention ops.
struct Head {
  Head(const Operands& o, std::size_t index)
      : tokens(Size(o.node.attributes.Integer("tokens"))),
        heads(Size(o.node.attributes.Integer("heads"))),
        width(Size(o.in_shape(0)[1]) / 3),
        columns(width / heads),
        first_row(index / heads * tokens),
        head(index % heads) {}

  // Of q (part 0), k (1) and v (2).
  std::size_t Projection(std::size_t part, std::size_t token, std::size_t d) const {
    return (first_row + token) * 3 * width + part * width + head * columns + d;
  }
  std::size_t Output(std::size_t token, std::size_t d) const {
    return (first_row + token) * width + head * columns + d;
  }
  std::size_t LogSum(std::size_t token) const { return (first_row + token) * heads + head; }
  // Of dropout, on the probability with which token i sees token j.
  double Factor(const Operands& o, std::size_t i, std::size_t j) const {
    const std::size_t head_elements = (tokens + 63) / 64 * 64;
    return DropoutFactor(o, static_cast<std::int64_t>(tokens), first_row + i,
                         head * head_elements + j);
  }
  double Score(const Tensor& projections, std::size_t i, std::size_t j) const {
    double score = 0;
    for (std::size_t d = 0; d < columns; ++d)
      score += projections[Projection(0, i, d)] * projections[Projection(1, j, d)];
    return score / std::sqrt(static_cast<double>(columns));
  }

  std::size_t tokens, heads, width, columns, first_row, head;
};

std::size_t HeadCount(const Operands& o) {
  return Size(o.in_shape(0)[0] / o.node.attributes.Integer("tokens") *
              o.node.attributes.Integer("heads"));
}

void CausalAttention(const Operands& o) {
  for (std::size_t index = 0; index < HeadCount(o); ++index) {
    const Head head(o, index);
    for (std::size_t i = 0; i < head.tokens; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j <= i; ++j) sum += std::exp(head.Score(o.in(0), i, j));
      o.out(1)[head.LogSum(i)] = std::log(sum);
      for (std::size_t j = 0; j <= i; ++j) {
        const double weight = std::exp(head.Score(o.in(0), i, j)) / sum * head.Factor(o, i, j);
        for (std::size_t d = 0; d < head.columns; ++d)
          o.out(0)[head.Output(i, d)] += weight * o.in(0)[head.Projection(2, j, d)];
      }
    }
  }
}

void CausalAttentionGradient(const Operands& o) {
  const Tensor &projections = o.in(0), &y = o.in(1), &dy = o.in(3);
  for (std::size_t index = 0; index < HeadCount(o); ++index) {
    const Head head(o, index);
    const double scale = 1 / std::sqrt(static_cast<double>(head.columns));
    for (std::size_t i = 0; i < head.tokens; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const double probability =
            std::exp(head.Score(projections, i, j) - o.in(2)[head.LogSum(i)]);
        const double factor = head.Factor(o, i, j);
        double gradient = 0;
        for (std::size_t d = 0; d < head.columns; ++d) {
          const double v = projections[head.Projection(2, j, d)];
          gradient += dy[head.Output(i, d)] * (v * factor - y[head.Output(i, d)]);
        }
        gradient *= probability * scale;
        for (std::size_t d = 0; d < head.columns; ++d) {
          Tensor& out = o.out(0);
          out[head.Projection(0, i, d)] += gradient * projections[head.Projection(1, j, d)];
          out[head.Projection(1, j, d)] += gradient * projections[head.Projection(0, i, d)];
          out[head.Projection(2, j, d)] += probability * factor * dy[head.Output(i, d)];
        }
      }
    }
  }
}

void SampleMean(const Operands& o) {
  const std::size_t tokens = Size(o.node.attributes.Integer("tokens"));
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i / tokens] += o.in(0)[i] / static_cast<double>(tokens);
}

void SampleMeanGradient(const Operands& o) {
  const std::size_t tokens = Size(o.node.attributes.Integer("tokens"));
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(0)[i / tokens] / static_cast<double>(tokens);
}

void Fill(const Operands& o) { std::ranges::fill(o.out(0), o.node.attributes.Real("value")); }

const InterpretationTable& GeneralInterpretations() {
  static const InterpretationTable kInterpretations = {
      {"matmul", MatMul},
      {"add_bias", AddBias},
      {"column_sum", ColumnSum},
      {"relu", Map<Relu>},
      {"relu_gradient", Map<ReluGradient>},
      {"gelu", Map<Gelu>},
      {"gelu_gradient", Map<GeluGradient>},
      {"dropout", Dropout},
      {"softmax_cross_entropy", SoftmaxCrossEntropy},
      {"softmax_cross_entropy_gradient", SoftmaxCrossEntropyGradient},
      {"top_one_correct", TopOneCorrect},
      {"top_five_correct", TopFiveCorrect},
      {"identity", Map<Same>},
      {"fill", Fill},
      {"embedding", Embedding},
      {"embedding_gradient", EmbeddingGradient},
      {"add_positions", AddPositions},
      {"position_sum", PositionSum},
      {"layer_norm", LayerNorm},
      {"layer_norm_gradient", LayerNormGradient},
      {"layer_norm_gain_gradient", LayerNormGainGradient},
      {"causal_attention", CausalAttention},
      {"causal_attention_gradient", CausalAttentionGradient},
      {"sample_mean", SampleMean},
      {"sample_mean_gradient", SampleMeanGradient},
  };
  return kInterpretations;
}

Interpretation InterpretationOf(std::string_view op) {
  for (const InterpretationTable* table :
       {&GeneralInterpretations(), &BroadcastInterpretations(), &ImageInterpretations(),
        &LossInterpretations(), &MovementInterpretations(), &ReduceInterpretations(),
        &TransformerInterpretations(), &UnaryInterpretations()}) {
    if (const auto found = table->find(op); found != table->end()) return found->second;
  }
  DESCENT_CHECK(!"every op has a meaning in f64");
  return nullptr;
}

}  // namespace

void Interpret(const Graph& graph, const ReferenceRandom& random, ReferenceValues& values) {
  values.resize(static_cast<std::size_t>(graph.value_count()));
  for (const Node& node : graph.nodes()) {
    for (const ValueId id : node.outputs) {
      const std::int64_t count = ElementCount(graph.value(id).type.shape);
      values[Operands::Index(id)].assign(Size(count), 0.0);
    }
    InterpretationOf(node.op->name)({graph, node, random, values});
  }
}

}  // namespace descent
