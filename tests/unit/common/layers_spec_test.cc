#include "common/layers_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/convnet_spec.h"
#include "common/resnet_spec.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Violation> LayersViolationsOf(const LayersSpec& spec) {
  SpecChecker checker;
  CheckLayers(spec, checker);
  return checker.TakeViolations();
}

std::vector<Violation> LayersViolationsOf(const ConvnetSpec& spec) {
  SpecChecker checker;
  CheckConvnet(spec, checker);
  return checker.TakeViolations();
}

LayerSpec Convolution() {
  LayerSpec layer = DefaultLayer(LayerKind::kConv2d);
  layer.out_channels = 8;
  layer.kernel_size = 3;
  return layer;
}

std::vector<std::string> KindsOf(const LayersSpec& spec) {
  std::vector<std::string> kinds;
  for (const LayerSpec& layer : spec.layers) kinds.emplace_back(NameOf(layer.kind));
  return kinds;
}

TEST(LayersSpecTest, EveryProblemOfEveryLayerIsNamedAtOnce) {
  LayerSpec conv = Convolution();
  conv.stride = 0;
  conv.groups = 3;
  LayerSpec pool = DefaultLayer(LayerKind::kMaxPool2d);
  pool.kernel_size = 3;
  pool.padding = 2;
  LayerSpec dropout = DefaultLayer(LayerKind::kDropout);
  dropout.p = 1;

  EXPECT_THAT(
      LayersViolationsOf(LayersSpec{{conv, pool, dropout}}),
      ElementsAre(
          Violation{"model.layers[0].conv2d.stride", "0, must be at least 1"},
          Violation{"model.layers[0].conv2d.out_channels", "8, must be a multiple of groups 3"},
          Violation{"model.layers[1].max_pool2d.padding",
                    "2, must be from 0 to half of kernel_size 3"},
          Violation{"model.layers[2].dropout.p", "1, must be at least 0 and below 1"}));
}

TEST(LayersSpecTest, OnlyTheLastLinearLayerMayLeaveItsSizeToTheLoss) {
  const LayerSpec linear = DefaultLayer(LayerKind::kLinear);
  EXPECT_THAT(LayersViolationsOf(LayersSpec{{linear}}), IsEmpty());

  EXPECT_THAT(
      LayersViolationsOf(LayersSpec{{linear, linear}}),
      ElementsAre(Violation{"model.layers[0].linear.out_features", "0, must be at least 1"}));
}

TEST(LayersSpecTest, AModelWithoutLayersIsRefused) {
  EXPECT_THAT(LayersViolationsOf(LayersSpec{}),
              ElementsAre(Violation{"model.layers", "0 layers, must be 1 to 1024"}));
}

TEST(ConvnetSpecTest, IsWrittenOutAsLayers) {
  const LayersSpec layers = LayersOf({.layers = {{.channels = 8, .kernel_size = 5, .pool = 2}},
                                      .hidden_sizes = {32},
                                      .batch_norm = true,
                                      .dropout = 0.5});

  EXPECT_THAT(KindsOf(layers), ElementsAre("conv2d", "batch_norm", "relu", "max_pool2d", "flatten",
                                           "linear", "relu", "dropout", "linear"));
  EXPECT_EQ(layers.layers[0].padding, 2);
  EXPECT_FALSE(layers.layers[0].bias);
  EXPECT_THAT(LayersViolationsOf(layers), IsEmpty());
}

TEST(ConvnetSpecTest, AnEvenKernelIsRefused) {
  EXPECT_THAT(LayersViolationsOf(ConvnetSpec{.layers = {{.channels = 8, .kernel_size = 4}}}),
              ElementsAre(Violation{"model.convnet.layers[0].kernel_size",
                                    "4, must be odd, from 1 to 1023"}));
}

TEST(ResnetSpecTest, AnotherDepthIsRefused) {
  SpecChecker checker;

  CheckResnet({.depth = 101}, checker);

  EXPECT_THAT(checker.TakeViolations(),
              ElementsAre(Violation{"model.resnet.depth", "101, must be 18, 34 or 50"}));
}

}  // namespace
}  // namespace descent
