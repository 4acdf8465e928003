#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/numeric/graph_runner.h"
#include "worker/ops/differentiate.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/reduce_ops.h"

// Compares functions of tensors and their gradients with what make_op_golden.py recorded.

namespace descent {
namespace {

using nlohmann::json;

// A few roundings of f32, and the error of the other's exponentials and logarithms, which is of the
// same size; relative to the largest element.
constexpr double kTolerance = 2e-6;

// A function of operands, in a graph with what the runner needs of constants.
struct GoldenGraph {
  Graph graph;
  FloatValues values;

  ValueId Integers(const Shape& shape, const std::vector<std::int32_t>& numbers) {
    const ValueId id = graph.AddInput("integers", {DataType::kInt32, shape});
    values.resize(static_cast<std::size_t>(graph.value_count()));
    for (const std::int32_t number : numbers) values.back().push_back(std::bit_cast<float>(number));
    return id;
  }
};

using Operands = std::vector<ValueId>;
using Function = Result<ValueId> (*)(GoldenGraph&, const Operands&);

// 1 + x^2, whose logarithm, root and powers are numbers.
Result<ValueId> AboveOne(Graph& graph, ValueId x) {
  DESCENT_ASSIGN(const ValueId square, Mul(graph, x, x));
  DESCENT_ASSIGN(const ValueId one, Fill(graph, {}, 1));
  return Add(graph, square, one);
}

const std::map<std::string, Function>& Functions() {
  static const std::map<std::string, Function> kFunctions = {
      {"add", [](GoldenGraph& g, const Operands& x) { return Add(g.graph, x[0], x[1]); }},
      {"sub", [](GoldenGraph& g, const Operands& x) { return Sub(g.graph, x[0], x[1]); }},
      {"mul", [](GoldenGraph& g, const Operands& x) { return Mul(g.graph, x[0], x[1]); }},
      {"div", [](GoldenGraph& g, const Operands& x) { return Div(g.graph, x[0], x[1]); }},
      {"where",
       [](GoldenGraph& g, const Operands& x) {
         return Where(g.graph, g.Integers({1, 3}, {1, 0, -3}), x[0], x[1]);
       }},
      {"sum over 0 and 2",
       [](GoldenGraph& g, const Operands& x) {
         return ReduceSum(g.graph, x[0], {.axes = {0, 2}});
       }},
      {"mean over 1",
       [](GoldenGraph& g, const Operands& x) {
         return ReduceMean(g.graph, x[0], {.axes = {1}, .keepdims = true});
       }},
      {"max over 2",
       [](GoldenGraph& g, const Operands& x) { return ReduceMax(g.graph, x[0], {.axes = {2}}); }},
      {"max of ties",
       [](GoldenGraph& g, const Operands& x) {
         return ReduceMax(g.graph, x[0], {.axes = {0, 2}});
       }},
      {"softmax over the last",
       [](GoldenGraph& g, const Operands& x) { return Softmax(g.graph, x[0]); }},
      {"softmax over 1",
       [](GoldenGraph& g, const Operands& x) { return Softmax(g.graph, x[0], 1); }},
      {"log_softmax over the last",
       [](GoldenGraph& g, const Operands& x) { return LogSoftmax(g.graph, x[0]); }},
      {"log_softmax over 0",
       [](GoldenGraph& g, const Operands& x) { return LogSoftmax(g.graph, x[0], 0); }},
      {"transpose",
       [](GoldenGraph& g, const Operands& x) {
         return Transpose(g.graph, x[0], {2, 0, 1});
       }},
      {"expand",
       [](GoldenGraph& g, const Operands& x) {
         return Expand(g.graph, x[0], {2, 4, 3});
       }},
      {"slice",
       [](GoldenGraph& g, const Operands& x) {
         return Slice(g.graph, x[0], {.starts = {1, 0, 0}, .ends = {2, 4, 3}, .steps = {1, 3, 2}});
       }},
      {"concat", [](GoldenGraph& g, const Operands& x) { return Concat(g.graph, x, 1); }},
      {"second of split",
       [](GoldenGraph& g, const Operands& x) -> Result<ValueId> {
         DESCENT_ASSIGN(const std::vector<ValueId> parts, Split(g.graph, x[0], 1, {1, 3}));
         return parts[1];
       }},
      {"gather",
       [](GoldenGraph& g, const Operands& x) {
         return Gather(g.graph, x[0], g.Integers({3}, {2, 0, 2}), 1);
       }},
      {"sigmoid", [](GoldenGraph& g, const Operands& x) { return Sigmoid(g.graph, x[0]); }},
      {"tanh", [](GoldenGraph& g, const Operands& x) { return Tanh(g.graph, x[0]); }},
      {"exp", [](GoldenGraph& g, const Operands& x) { return Exp(g.graph, x[0]); }},
      {"log", [](GoldenGraph& g,
                 const Operands& x) { return Log(g.graph, AboveOne(g.graph, x[0]).value()); }},
      {"sqrt", [](GoldenGraph& g,
                  const Operands& x) { return Sqrt(g.graph, AboveOne(g.graph, x[0]).value()); }},
      {"pow",
       [](GoldenGraph& g, const Operands& x) {
         return Pow(g.graph, AboveOne(g.graph, x[0]).value(), -1.5);
       }},
      {"clip", [](GoldenGraph& g, const Operands& x) { return Clip(g.graph, x[0], -0.5, 0.75); }},
  };
  return kFunctions;
}

void ExpectNear(const std::vector<float>& found, const std::vector<double>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  double largest = 1;
  for (const double value : wanted) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    ASSERT_NEAR(found[i], wanted[i], kTolerance * largest) << i;
}

ValueId AddInput(GoldenGraph& golden, const Shape& shape, const json& values) {
  const ValueId id = golden.graph.AddInput("operand", {DataType::kFloat32, shape});
  golden.values.resize(static_cast<std::size_t>(golden.graph.value_count()));
  golden.values.back() = values.get<std::vector<float>>();
  return id;
}

class OpGoldenTest : public testing::TestWithParam<json> {};

TEST_P(OpGoldenTest, ResultAndGradientsAreThoseOfPyTorch) {
  const json& recorded = GetParam();
  GoldenGraph golden;
  Operands operands;
  for (const json& operand : recorded["operands"])
    operands.push_back(AddInput(golden, operand["shape"], operand["values"]));
  const ValueId result = Functions().at(recorded["name"])(golden, operands).value();
  ASSERT_EQ(golden.graph.value(result).type.shape, recorded["result"]["shape"].get<Shape>());
  const ValueId weights = AddInput(golden, recorded["result"]["shape"], recorded["weights"]);
  const ValueId loss = Mul(golden.graph, result, weights).value();
  const Differentiated differentiated = Differentiate(golden.graph, loss, operands).value();

  RunByKernels(differentiated.graph, golden.values);

  const auto of = [&](ValueId id) { return golden.values[static_cast<std::size_t>(id.index)]; };
  ExpectNear(of(result), recorded["result"]["values"]);
  for (std::size_t i = 0; i < operands.size(); ++i)
    ExpectNear(of(differentiated.gradients[i]), recorded["gradients"][i]);
}

std::vector<json> Cases() {
  return json::parse(ReadFile(GOLDEN_DIRECTORY "/golden_ops.json").value())["cases"];
}

std::string NameOf(const testing::TestParamInfo<json>& recorded) {
  std::string name = recorded.param["name"];
  std::ranges::replace(name, ' ', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(PyTorch, OpGoldenTest, testing::ValuesIn(Cases()), NameOf);

TEST(OpGoldenTableTest, EveryFunctionIsRecorded) { EXPECT_EQ(Cases().size(), Functions().size()); }

}  // namespace
}  // namespace descent
