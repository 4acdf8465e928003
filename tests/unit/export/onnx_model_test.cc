#include "worker/export/onnx_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <set>

#include "tests/unit/export/exported_model.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

onnx::ModelProto Encoded(const ModelDescription& description) {
  const Result<std::string> bytes = EncodeOnnx(InitialModel(description), kOnnxBytesMax);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(bytes.value()));
  return model;
}

// The sizes of the axes; of one that is free its name.
std::vector<std::string> AxesOf(const onnx::ValueInfoProto& value) {
  std::vector<std::string> axes;
  for (const auto& axis : value.type().tensor_type().shape().dim())
    axes.push_back(axis.has_dim_param() ? axis.dim_param() : std::to_string(axis.dim_value()));
  return axes;
}

std::vector<std::string> OpsOf(const onnx::ModelProto& model) {
  std::vector<std::string> ops;
  for (const onnx::NodeProto& node : model.graph().node()) ops.push_back(node.op_type());
  return ops;
}

// Values that a node reads and nothing defines before it.
std::vector<std::string> UndefinedValues(const onnx::ModelProto& model) {
  const onnx::GraphProto& graph = model.graph();
  std::set<std::string> defined;
  std::vector<std::string> undefined;
  for (const auto& value : graph.input()) defined.insert(value.name());
  for (const auto& value : graph.initializer()) defined.insert(value.name());
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& input : node.input())
      if (!defined.contains(input)) undefined.push_back(input);
    for (const std::string& output : node.output())
      if (!defined.insert(output).second) undefined.push_back(output + " twice");
  }
  for (const auto& value : graph.output())
    if (!defined.contains(value.name())) undefined.push_back(value.name());
  return undefined;
}

TEST(OnnxModelTest, AnMlpHasProbabilitiesOfAnyNumberOfSamples) {
  const onnx::ModelProto model = Encoded(DescriptionOf(MlpSpec{.hidden_sizes = {4}}));

  EXPECT_EQ(model.opset_import(0).version(), 17);
  EXPECT_EQ(model.model_version(), 12);
  EXPECT_THAT(OpsOf(model),
              ElementsAre("Gemm", "Add", "Relu", "Gemm", "Add", "Identity", "Softmax"));
  EXPECT_THAT(AxesOf(model.graph().input(0)), ElementsAre("batch", "6"));
  ASSERT_EQ(model.graph().output_size(), 2);
  EXPECT_EQ(model.graph().output(0).name(), "probabilities");
  EXPECT_THAT(AxesOf(model.graph().output(0)), ElementsAre("batch", "3"));
  EXPECT_EQ(model.graph().output(1).name(), "logits");
  EXPECT_THAT(UndefinedValues(model), testing::IsEmpty());
}

TEST(OnnxModelTest, DropoutIsGone) {
  const onnx::ModelProto model =
      Encoded(DescriptionOf(MlpSpec{.hidden_sizes = {4}, .dropout = 0.5}));

  EXPECT_THAT(OpsOf(model),
              ElementsAre("Gemm", "Add", "Relu", "Gemm", "Add", "Identity", "Softmax"));
}

TEST(OnnxModelTest, AGptHasLogitsOfEveryToken) {
  const onnx::ModelProto model = Encoded(DescriptionOf(TinyGpt()));

  EXPECT_THAT(AxesOf(model.graph().input(0)), ElementsAre("batch", "8"));
  EXPECT_EQ(model.graph().input(0).type().tensor_type().elem_type(), onnx::TensorProto::INT64);
  EXPECT_THAT(AxesOf(model.graph().output(0)), ElementsAre("batch", "8", "5"));
  EXPECT_THAT(UndefinedValues(model), testing::IsEmpty());
}

TEST(OnnxModelTest, EveryGptCanBeHad) {
  GptSpec gpt = TinyGpt();
  gpt.positions = GptPositions::kRotary;
  gpt.activation = GptActivation::kSwiglu;
  gpt.norm = GptNorm::kRmsNorm;
  gpt.head = GptHead::kUntied;
  gpt.biases = GptBiases::kNone;

  EXPECT_THAT(UndefinedValues(Encoded(DescriptionOf(gpt))), testing::IsEmpty());
}

TEST(OnnxModelTest, ImagesAreNormalizedByChannel) {
  ModelDescription description = DescriptionOf(MlpSpec{});
  description.format.image = ImageShape{.channels = 3, .height = 1, .width = 2};
  description.data = DataSpec{};
  description.data->normalize = {.mean = {0.5, 0.25, 0}, .std = {1, 2, 4}};

  const onnx::ModelProto model = Encoded(description);

  EXPECT_THAT(AxesOf(model.graph().input(0)), ElementsAre("batch", "3", "1", "2"));
  EXPECT_THAT(OpsOf(model),
              ElementsAre("Sub", "Div", "Flatten", "Gemm", "Add", "Identity", "Softmax"));
}

TEST(OnnxModelTest, MissingValuesAreFilledIn) {
  ModelDescription description = DescriptionOf(MlpSpec{});
  description.data = DataSpec{};
  description.data->table.missing = MissingPolicy::kValue;
  description.data->table.fill = {7};

  EXPECT_THAT(OpsOf(Encoded(description)),
              ElementsAre("IsNaN", "Where", "Gemm", "Add", "Identity", "Softmax"));
}

TEST(OnnxModelTest, NumbersAreTheOnlyOutputOfARegression) {
  ModelDescription description = DescriptionOf(MlpSpec{});
  description.format = {.feature_count = 6, .label_count = 0, .target_count = 2};
  description.model.loss = Loss::kMse;

  const onnx::ModelProto model = Encoded(description);

  ASSERT_EQ(model.graph().output_size(), 1);
  EXPECT_EQ(model.graph().output(0).name(), "predictions");
  EXPECT_THAT(AxesOf(model.graph().output(0)), ElementsAre("batch", "2"));
}

TEST(OnnxModelTest, EqualModelsGiveEqualBytes) {
  const CheckpointModel model = InitialModel(DescriptionOf(TinyGpt()));

  EXPECT_EQ(EncodeOnnx(model, kOnnxBytesMax).value(), EncodeOnnx(model, kOnnxBytesMax).value());
}

TEST(OnnxModelTest, WhatNoFileCanHoldIsRefused) {
  const CheckpointModel model = InitialModel(DescriptionOf(TinyGpt()));

  const Status refused = EncodeOnnx(model, 1000).status();

  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("of which an ONNX file holds at most 1000"));
}

TEST(OnnxModelTest, OpsWithoutACounterpartAreNamed) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {2, 3}});
  ASSERT_TRUE(Relu(graph, Log(graph, Exp(graph, x).value()).value()).ok());

  const Status refused = CheckOnnxOps(graph);

  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_EQ(refused.message(), "the model has ops that cannot be exported to ONNX: exp, log");
}

}  // namespace
}  // namespace descent
