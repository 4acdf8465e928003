#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/models/model.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SampleFormat Images(std::int64_t channels, std::int64_t side) {
  return {.feature_count = channels * side * side,
          .class_count = 10,
          .image = ImageShape{channels, side, side}};
}

LayerSpec Convolution(std::int64_t kernel_size) {
  LayerSpec layer = DefaultLayer(LayerKind::kConv2d);
  layer.out_channels = 8;
  layer.kernel_size = kernel_size;
  return layer;
}

ModelSpec Layers(std::vector<LayerSpec> layers) {
  return {.architecture = LayersSpec{std::move(layers)}};
}

std::string RefusalOf(const ModelSpec& model, const SampleFormat& format) {
  const Result<Graph> graph = BuildModel(model, format, 2);
  EXPECT_EQ(graph.status().code(), Code::kInvalidArgument);
  return graph.status().message();
}

std::vector<std::string> NamesOf(const Graph& graph) {
  std::vector<std::string> names;
  for (const ValueId id : graph.parameters()) names.push_back(graph.value(id).name);
  for (const RunningStatistic& statistic : graph.statistics())
    names.push_back(graph.value(statistic.value).name);
  return names;
}

std::int64_t ParameterCountOf(const Graph& graph) {
  std::int64_t count = 0;
  for (const ValueId id : graph.parameters()) count += ElementCount(graph.value(id).type.shape);
  return count;
}

TEST(LayersTest, ParametersAreNamedByTheirPlaceInTheList) {
  const Graph graph =
      BuildModel(Layers({Convolution(3), DefaultLayer(LayerKind::kBatchNorm),
                         DefaultLayer(LayerKind::kFlatten), DefaultLayer(LayerKind::kLinear)}),
                 Images(1, 6), 2)
          .value();

  EXPECT_THAT(NamesOf(graph), ElementsAre("layers.0.weight", "layers.0.bias", "layers.1.weight",
                                          "layers.1.bias", "layers.3.weight", "layers.3.bias",
                                          "layers.1.running_mean", "layers.1.running_var"));
}

TEST(LayersTest, ALayerThatDoesNotFitIsNamedWithTheShapes) {
  EXPECT_EQ(RefusalOf(Layers({DefaultLayer(LayerKind::kRelu), Convolution(7)}), Images(1, 6)),
            "layer 1, a conv2d: conv2d: a window of [7, 7] with dilation [1, 1] does not fit in "
            "x [2, 1, 6, 6] with padding [0, 0]");
  EXPECT_EQ(RefusalOf(Layers({DefaultLayer(LayerKind::kLinear)}), Images(1, 6)),
            "layer 0, a linear: x is [2, 1, 6, 6], wanted 2 axes");
  EXPECT_EQ(RefusalOf(Layers({Convolution(3)}), {.feature_count = 36, .class_count = 10}),
            "layer 0, a conv2d: x is [2, 36], wanted 4 axes");
}

TEST(LayersTest, OutputsOfAnotherShapeThanTheLogitsAreRefused) {
  EXPECT_EQ(RefusalOf(Layers({Convolution(3)}), Images(1, 6)),
            "the last layer gives [2, 8, 4, 4], wanted [2, 10], the outputs of every sample");
}

TEST(LayersTest, FeaturesWithoutAShapeAreLearntFromToo) {
  const Graph graph = BuildModel(Layers({DefaultLayer(LayerKind::kLinear)}),
                                 {.feature_count = 5, .class_count = 3}, 2)
                          .value();

  EXPECT_EQ(graph.value(graph.ports().logits).type.shape, (Shape{2, 3}));
}

TEST(ConvnetTest, LearnsFromImagesAlone) {
  EXPECT_EQ(RefusalOf({.architecture = ConvnetSpec{.layers = {{.channels = 8}}}},
                      {.feature_count = 36, .class_count = 10}),
            "a convnet learns from images, found 36 features of no known shape");
}

// Counts of torchvision's resnet18, resnet34 and resnet50 for 1000 classes.
TEST(ResnetTest, HasAsManyParametersAsTorchvisionsModels) {
  SampleFormat format = Images(3, 64);
  format.class_count = 1000;
  const auto count = [&](std::int64_t depth) {
    const ModelSpec model = {.architecture =
                                 ResnetSpec{.depth = depth, .stem = ResnetStem::kImagenet}};
    return ParameterCountOf(BuildModel(model, format, 1).value());
  };

  EXPECT_EQ(count(18), 11'689'512);
  EXPECT_EQ(count(34), 21'797'672);
  EXPECT_EQ(count(50), 25'557'032);
}

TEST(ResnetTest, ParametersHaveTorchvisionsNames) {
  const Graph graph =
      BuildModel({.architecture = ResnetSpec{.depth = 18, .width = 4}}, Images(3, 16), 1).value();

  const std::vector<std::string> names = NamesOf(graph);
  for (const char* name :
       {"conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.running_var", "layer4.1.bn2.bias", "fc.weight", "fc.bias"})
    EXPECT_THAT(names, testing::Contains(name));
  EXPECT_THAT(names, testing::Not(testing::Contains(HasSubstr("num_batches_tracked"))));
}

TEST(ResnetTest, ConvolutionsStartAsTorchvisionsDo) {
  const Graph graph =
      BuildModel({.architecture = ResnetSpec{.depth = 18, .width = 4}}, Images(3, 16), 1).value();

  const Initialization start = graph.value(graph.parameters()[0]).initialization;

  EXPECT_EQ(start.kind, Initialization::Kind::kNormal);
  EXPECT_DOUBLE_EQ(start.scale, std::sqrt(2.0 / (4 * 3 * 3)));
}

// Sizes that no machine has are refused before any product of them overflows.
TEST(ImageModelsTest, AModelBeyondAnyMachineIsRefused) {
  const ModelSpec wide = {.architecture = MlpSpec{.hidden_sizes = {1 << 24, 1 << 24}}};
  EXPECT_THAT(RefusalOf(wide, Images(1, 4)), HasSubstr("the model has more than 1099511627776"));

  LayerSpec padded = Convolution(1);
  padded.out_channels = 1 << 16;
  padded.padding = 1024;
  EXPECT_THAT(RefusalOf(Layers({padded}), Images(1, 4)), HasSubstr("values for each sample"));
}

}  // namespace
}  // namespace descent
