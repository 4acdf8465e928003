#include "proto/image_model_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/yaml_message.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FillReport Fill(const std::string& text, v1::ModelSpec& model) {
  const Yaml yaml = ParseYaml(text, "");
  EXPECT_THAT(yaml.problems, IsEmpty());
  return FillFromYaml(yaml.root, model);
}

LayersSpec LayersIn(const std::string& text) {
  v1::ModelSpec model;
  EXPECT_THAT(Fill(text, model).problems, IsEmpty());
  return LayersFromProto(model.layers()).value();
}

TEST(ImageModelWireTest, AListOfLayersIsReadFromAJobFile) {
  const LayersSpec spec = LayersIn(
      "layers:\n"
      "- conv2d: {out_channels: 8, kernel_size: 3, bias: false}\n"
      "- batch_norm: {momentum: 0.2}\n"
      "- relu\n"
      "- max_pool2d: {kernel_size: 2}\n"
      "- flatten: {}\n"
      "- linear\n");

  ASSERT_EQ(spec.layers.size(), 6u);
  LayerSpec conv = DefaultLayer(LayerKind::kConv2d);
  conv.out_channels = 8;
  conv.kernel_size = 3;
  conv.bias = false;
  EXPECT_EQ(spec.layers[0], conv);
  EXPECT_EQ(spec.layers[1].momentum, 0.2);
  EXPECT_EQ(spec.layers[1].eps, 1e-5);
  EXPECT_EQ(spec.layers[2], DefaultLayer(LayerKind::kRelu));
  EXPECT_EQ(spec.layers[5], DefaultLayer(LayerKind::kLinear));
}

TEST(ImageModelWireTest, EveryKindOfLayerComesBackAsItWent) {
  LayersSpec sent;
  for (int i = 0; i < kLayerKindCount; ++i) {
    LayerSpec layer = DefaultLayer(static_cast<LayerKind>(i));
    for (const LayerField& field : FieldsOf(layer.kind)) {
      if (const auto* integer = std::get_if<0>(&field.member)) layer.** integer = 7 + i;
      if (const auto* real = std::get_if<1>(&field.member)) layer.** real = 0.125;
      if (const auto* flag = std::get_if<2>(&field.member)) layer.** flag = false;
    }
    sent.layers.push_back(layer);
  }
  v1::LayersSpec proto;

  SetLayers(sent, proto);

  EXPECT_EQ(LayersFromProto(proto).value(), sent);
}

TEST(ImageModelWireTest, AProblemOfALayerNamesItsPlaceInTheList) {
  v1::ModelSpec model;
  const FillReport report = Fill(
      "layers:\n"
      "- relu\n"
      "- conv2d: {out_channels: 8, kernel: 3, bias: maybe}\n"
      "- rely\n",
      model);

  std::vector<std::string> texts;
  for (const FieldProblem& problem : report.problems)
    texts.push_back(problem.place + ": " + problem.message);
  EXPECT_THAT(
      texts,
      ElementsAre("layers[1].conv2d.kernel: unknown field, must be one of: out_channels, "
                  "kernel_size, stride, padding, dilation, groups, bias",
                  "layers[1].conv2d.bias: maybe, must be true or false",
                  testing::HasSubstr("layers[2]: rely, must be a mapping of: linear, conv2d")));
}

TEST(ImageModelWireTest, ALayerOfALaterVersionIsRefused) {
  v1::LayersSpec proto;
  proto.add_layers();

  EXPECT_EQ(LayersFromProto(proto).status().code(), Code::kInvalidArgument);
}

TEST(ImageModelWireTest, AConvnetComesBackAsItWent) {
  const ConvnetSpec sent = {
      .layers = {{.channels = 8, .kernel_size = 5, .stride = 2, .pool = 3}, {.channels = 16}},
      .hidden_sizes = {32},
      .activation = Activation::kGelu,
      .batch_norm = true,
      .dropout = 0.25};
  v1::ConvnetSpec proto;

  SetConvnet(sent, proto);

  EXPECT_EQ(LayersOf(ConvnetFromProto(proto).value()), LayersOf(sent));
}

TEST(ImageModelWireTest, AResnetComesBackAsItWent) {
  const ResnetSpec sent = {.depth = 50, .stem = ResnetStem::kImagenet, .width = 8};
  v1::ResnetSpec proto;

  SetResnet(sent, proto);

  EXPECT_EQ(ResnetFromProto(proto).value(), sent);
}

}  // namespace
}  // namespace descent
