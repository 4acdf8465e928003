#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/image_ops.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/reduce_ops.h"
#include "worker/ops/transformer_ops.h"

namespace descent {
namespace {

// Operands that span several tiles of every kernel, with odd remainders.
std::vector<KernelCase> LargeCases() {
  SampleSource source(99);
  std::vector<KernelCase> cases;
  for (const std::int64_t ta : {0, 1}) {
    for (const std::int64_t tb : {0, 1}) {
      const Attributes attributes = {{"transpose_a", ta}, {"transpose_b", tb}};
      for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{63, 531, 70}, {300, 1045, 33}}) {
        cases.push_back({MatMulOp(),
                         {{source.Reals(ta ? Shape{k, m} : Shape{m, k}),
                           source.Reals(tb ? Shape{n, k} : Shape{k, n})},
                          attributes}});
      }
    }
  }
  cases.push_back({AddBiasOp(), {{source.Reals({77, 513}), source.Reals({513})}, {}}});
  cases.push_back({ColumnSumOp(), {{source.Reals({129, 1001})}, {}}});
  for (const OpDef* op :
       {&GeluOp(), &GeluTanhOp(), &ReluOp(), &SiluOp(), &SigmoidOp(), &TanhOp(), &ExpOp()})
    cases.push_back({*op, {{source.Reals({131, 257})}, {}}});
  cases.push_back({DropoutOp(),
                   {{source.Reals({131, 257})},
                    {{"probability", 0.25},
                     {"layer", std::int64_t{1}},
                     {"rows_per_sample", std::int64_t{1}}}}});
  cases.push_back({LinearCrossEntropyOp(),
                   {{source.Reals({131, 9}), source.Reals({257, 9}), source.Labels(131, 257),
                     source.Reals({131})},
                    {{"smoothing", 0.1}, {"chunk_rows", std::int64_t{50}}}}});
  for (const double smoothing : {0.0, 0.1})
    cases.push_back(
        {SoftmaxCrossEntropyOp(),
         {{source.Reals({70, 1003}), source.Labels(70, 1003)}, {{"smoothing", smoothing}}}});
  for (const OpDef* op : {&BinaryCrossEntropyOp(), &SquaredErrorOp(), &HuberOp()})
    cases.push_back(
        {*op, {{source.Reals({131, 257}), source.Reals({131, 257})}, {{"delta", 0.7}}}});
  cases.push_back({EmbeddingOp(), {{source.Labels(777, 31), source.Reals({31, 131})}, {}}});
  cases.push_back(
      {EmbeddingGradientOp(),
       {{source.Labels(777, 31), source.Reals({777, 131})}, {{"vocabulary", std::int64_t{31}}}}});
  cases.push_back({AddPositionsOp(), {{source.Reals({192, 257}), source.Reals({64, 257})}, {}}});
  cases.push_back({PositionSumOp(), {{source.Reals({192, 257})}, {{"tokens", std::int64_t{64}}}}});
  cases.push_back({LayerNormOp(),
                   {{source.Reals({131, 257}), source.Reals({257}), source.Reals({257})},
                    {{"epsilon", 1e-5}}}});
  cases.push_back({LayerNormGainGradientOp(),
                   {{source.Reals({131, 513}), source.Reals({131, 513}), source.Reals({131}),
                     source.Reals({131})},
                    {}}});
  cases.push_back(
      {RmsNormOp(), {{source.Reals({131, 257}), source.Reals({257})}, {{"epsilon", 1e-5}}}});
  cases.push_back(
      {RmsNormGainGradientOp(),
       {{source.Reals({131, 513}), source.Reals({131, 513}), source.Reals({131})}, {}}});
  cases.push_back({RotaryOp(),
                   {{source.Reals({3 * 67, 3 * 5 * 22})},
                    {{"heads", std::int64_t{5}},
                     {"tokens", std::int64_t{67}},
                     {"is_reversed", std::int64_t{0}}}}});
  cases.push_back({CausalAttentionOp(),
                   {{source.Reals({3 * 67, 3 * 5 * 20})},
                    {{"heads", std::int64_t{5}},
                     {"tokens", std::int64_t{67}},
                     {"probability", 0.25},
                     {"layer", std::int64_t{1}}}}});
  return cases;
}

// The same of the ops that know any number of axes.
std::vector<KernelCase> LargeTensorCases() {
  SampleSource source(98);
  std::vector<KernelCase> cases;
  for (const Shape& b : {Shape{131, 257}, Shape{257}, Shape{131, 1}, Shape{}}) {
    cases.push_back({AddOp(), {{source.Reals({131, 257}), source.Reals(b)}, {}}});
    cases.push_back({MulOp(), {{source.Reals(b), source.Reals({131, 257})}, {}}});
  }
  cases.push_back({SubOp(), {{source.Reals({40000}), source.Reals({})}, {}}});
  for (const Shape& axes : {Shape{0}, Shape{1}, Shape{2}, Shape{0, 2}, Shape{1, 2}, Shape{0, 1, 2}})
    for (const OpDef* op : {&ReduceSumOp(), &ReduceMeanOp(), &ReduceMaxOp()})
      cases.push_back(
          {*op, {{source.Reals({37, 41, 53})}, {{"axes", axes}, {"keepdims", std::int64_t{0}}}}});
  for (const OpDef* op : {&SoftmaxOp(), &LogSoftmaxOp()})
    cases.push_back({*op, {{source.Reals({131, 257})}, {}}});
  cases.push_back(
      {TransposeOp(), {{source.Reals({37, 41, 53})}, {{"permutation", Shape{2, 0, 1}}}}});
  cases.push_back({SliceGradientOp(),
                   {{source.Reals({130, 86})},
                    {{"shape", Shape{131, 257}},
                     {"starts", Shape{1, 0}},
                     {"ends", Shape{131, 257}},
                     {"steps", Shape{1, 3}}}}});
  cases.push_back(
      {ConcatOp(),
       {{source.Reals({131, 257}), source.Reals({131, 130})}, {{"axis", std::int64_t{1}}}}});
  cases.push_back(
      {SplitOp(),
       {{source.Reals({131, 257})}, {{"axis", std::int64_t{1}}, {"sizes", Shape{100, 157}}}}});
  cases.push_back({GatherGradientOp(),
                   {{source.Labels(300, 31), source.Reals({3, 300, 131})},
                    {{"axis", std::int64_t{1}}, {"size", std::int64_t{31}}}}});
  return cases;
}

// The same of the ops on images: several groups of samples, the last one smaller.
std::vector<KernelCase> LargeImageCases() {
  SampleSource source(97);
  std::vector<KernelCase> cases;
  for (const std::int64_t groups : {1, 4}) {
    const Attributes attributes = {{"stride", Shape{2, 1}},
                                   {"padding", Shape{1, 1}},
                                   {"dilation", Shape{1, 2}},
                                   {"groups", groups}};
    const Shape x = {19, 20, 13, 15}, weight = {36, 20 / groups, 3, 3}, y = {19, 36, 7, 13};
    cases.push_back(
        {Conv2dOp(), {{source.Reals(x), source.Reals(weight), source.Reals({36})}, attributes}});
    cases.push_back(
        {Conv2dInputGradientOp(),
         {{source.Reals(y), source.Reals(weight)}, attributes.And("plane", Shape{13, 15})}});
    cases.push_back({Conv2dWeightGradientOp(),
                     {{source.Reals(y), source.Reals(x)}, attributes.And("kernel", Shape{3, 3})}});
  }
  const Shape images = {19, 20, 13, 15};
  const Attributes pool = {{"kernel", Shape{3, 2}},
                           {"stride", Shape{2, 2}},
                           {"padding", Shape{1, 0}},
                           {"dilation", Shape{1, 1}}};
  for (const OpDef* op : {&MaxPool2dOp(), &AvgPool2dOp()})
    cases.push_back({*op, {{source.Reals(images)}, pool}});
  for (const OpDef* op : {&GlobalAvgPoolOp(), &ChannelSumOp()})
    cases.push_back({*op, {{source.Reals(images)}, {}}});
  for (const Shape& x : {images, Shape{131, 150}}) {
    const Shape channels = {x[1]};
    cases.push_back({BatchNormOp(),
                     {{source.Reals(x), source.Reals(channels), source.Reals(channels),
                       source.Reals(channels), source.Reals(channels)},
                      {{"epsilon", 1e-5}}}});
    cases.push_back({BatchNormGradientOp(),
                     {{source.Reals(x), source.Reals(x), source.Reals(channels),
                       source.Reals(channels), source.Reals(channels)},
                      {}}});
  }
  return cases;
}

std::vector<KernelCase> AllLargeCases() {
  std::vector<KernelCase> cases = LargeCases();
  for (KernelCase& large : LargeImageCases()) cases.push_back(std::move(large));
  for (KernelCase& large : LargeTensorCases()) cases.push_back(std::move(large));
  return cases;
}

// On the instruction set now chosen.
void ExpectAgreementOnSamples(const OpDef& op) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SampleSource source(seed);
    const KernelCase sampled(op, op.sample(source));

    ExpectClose(sampled.Run({}), sampled.Reference());
    if (testing::Test::HasFatalFailure())
      FAIL() << "seed " << seed << ": " << sampled.graph().ToString();
  }
}

class KernelTest : public testing::TestWithParam<const OpDef*> {};

TEST_P(KernelTest, AgreesWithTheReferenceOnSampledShapes) { ExpectAgreementOnSamples(*GetParam()); }

TEST_P(KernelTest, AgreesWithTheReferenceOnEveryInstructionSetOfTheMachine) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);

    ExpectAgreementOnSamples(*GetParam());
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_P(KernelTest, GivesEqualBitsForAnyAlignment) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSource source(seed);
    const KernelCase sampled(*GetParam(), GetParam()->sample(source));
    const std::vector<float> aligned = sampled.Run({});

    EXPECT_EQ(sampled.Run({.misalignment = 1}), aligned);
    EXPECT_EQ(sampled.Run({.misalignment = 6}), aligned);
  }
}

class AccumulatingKernelTest : public KernelTest {};

TEST_P(AccumulatingKernelTest, AddsToWhatIsThere) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSource source(seed);
    const KernelCase sampled(*GetParam(), GetParam()->sample(source));

    // To output 0 alone, whose elements come first.
    const Graph& graph = sampled.graph();
    const Shape& added_to = graph.value(graph.nodes()[0].outputs[0]).type.shape;
    std::vector<double> wanted = sampled.Reference();
    for (double& value : std::span(wanted).first(static_cast<std::size_t>(ElementCount(added_to))))
      value += 1.5;
    ExpectClose(sampled.Run({.mode = OutputMode::kAccumulate, .before = 1.5f}), wanted);
  }
}

std::string NameOf(const testing::TestParamInfo<const OpDef*>& op) {
  return std::string(op.param->name);
}

std::vector<const OpDef*> AccumulatingOps() {
  std::vector<const OpDef*> ops;
  for (const OpDef* op : AllOps()) {
    if (FindKernel(op->name)->can_accumulate) ops.push_back(op);
  }
  return ops;
}

INSTANTIATE_TEST_SUITE_P(EveryOp, KernelTest, testing::ValuesIn(AllOps().begin(), AllOps().end()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(EveryAccumulatingOp, AccumulatingKernelTest,
                         testing::ValuesIn(AccumulatingOps()), NameOf);

TEST(LargeKernelTest, AgreesWithTheReferenceOnShapesOfManyTiles) {
  for (const KernelCase& large : AllLargeCases()) {
    ExpectClose(large.Run({.threads = 2}), large.Reference());
    if (HasFatalFailure()) FAIL() << large.graph().ToString();
  }
}

TEST(LargeKernelTest, GivesEqualBitsForAnyNumberOfThreads) {
  for (const KernelCase& large : AllLargeCases()) {
    const std::vector<float> alone = large.Run({});

    EXPECT_EQ(large.Run({.threads = 2}), alone) << large.graph().ToString();
    EXPECT_EQ(large.Run({.threads = 3, .misalignment = 3}), alone) << large.graph().ToString();
  }
}

}  // namespace
}  // namespace descent
