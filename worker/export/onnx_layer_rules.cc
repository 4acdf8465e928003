#include <array>
#include <cmath>
#include <numbers>

#include "common/check.h"
#include "worker/export/onnx_rules.h"

namespace descent {
namespace {

template <const char* name>
void AppendSame(OnnxBuilder& builder, const OnnxStep& step) {
  builder.AddAs(step.output, name, step.inputs);
}

constexpr char kAdd[] = "Add";
constexpr char kMul[] = "Mul";
constexpr char kRelu[] = "Relu";
constexpr char kSigmoid[] = "Sigmoid";
constexpr char kTanh[] = "Tanh";

void AppendMatMul(OnnxBuilder& builder, const OnnxStep& step) {
  builder.AddAs(step.output, "Gemm", step.inputs,
                {{"transA", step.node.attributes.Integer("transpose_a")},
                 {"transB", step.node.attributes.Integer("transpose_b")}});
}

void AppendReshape(OnnxBuilder& builder, const OnnxStep& step) {
  builder.AddAs(step.output, "Reshape", {step.inputs[0], builder.Integers(step.output_shape)});
}

void AppendSilu(OnnxBuilder& builder, const OnnxStep& step) {
  const std::string gate = builder.Add("Sigmoid", step.inputs);
  builder.AddAs(step.output, "Mul", {step.inputs[0], gate});
}

// x (1 + z) / 2.
void AppendHalfOnePlus(OnnxBuilder& builder, const OnnxStep& step, const std::string& z) {
  const std::string one_plus = builder.Add("Add", {z, builder.Scalar(1)});
  const std::string twice = builder.Add("Mul", {step.inputs[0], one_plus});
  builder.AddAs(step.output, "Mul", {twice, builder.Scalar(0.5)});
}

void AppendGelu(OnnxBuilder& builder, const OnnxStep& step) {
  const auto inverse_root = static_cast<float>(1 / std::numbers::sqrt2);
  const std::string z = builder.Add("Mul", {step.inputs[0], builder.Scalar(inverse_root)});
  AppendHalfOnePlus(builder, step, builder.Add("Erf", {z}));
}

// tanh of sqrt(2 / pi) x (1 + 0.044715 x^2).
void AppendGeluTanh(OnnxBuilder& builder, const OnnxStep& step) {
  const std::string& x = step.inputs[0];
  const auto root = static_cast<float>(std::sqrt(2 * std::numbers::inv_pi));
  const std::string square = builder.Add("Mul", {x, x});
  const std::string cubic = builder.Add("Mul", {square, builder.Scalar(0.044715f)});
  const std::string factor = builder.Add("Add", {cubic, builder.Scalar(1)});
  const std::string product = builder.Add("Mul", {x, factor});
  const std::string z = builder.Add("Mul", {product, builder.Scalar(root)});
  AppendHalfOnePlus(builder, step, builder.Add("Tanh", {z}));
}

// Padding on both sides of both axes, as ONNX lists it.
Shape Pads(const Shape& padding) { return {padding[0], padding[1], padding[0], padding[1]}; }

void AppendConv2d(OnnxBuilder& builder, const OnnxStep& step) {
  const Attributes& attributes = step.node.attributes;
  const Shape& weight = step.shape(1);
  builder.AddAs(step.output, "Conv", step.inputs,
                {{"kernel_shape", Shape{weight[2], weight[3]}},
                 {"strides", attributes.Integers("stride")},
                 {"pads", Pads(attributes.Integers("padding"))},
                 {"dilations", attributes.Integers("dilation")},
                 {"group", attributes.Integer("groups")}});
}

void AppendMaxPool2d(OnnxBuilder& builder, const OnnxStep& step) {
  const Attributes& attributes = step.node.attributes;
  builder.AddAs(step.output, "MaxPool", step.inputs,
                {{"kernel_shape", attributes.Integers("kernel")},
                 {"strides", attributes.Integers("stride")},
                 {"pads", Pads(attributes.Integers("padding"))},
                 {"dilations", attributes.Integers("dilation")}});
}

void AppendAvgPool2d(OnnxBuilder& builder, const OnnxStep& step) {
  const Attributes& attributes = step.node.attributes;
  // No model dilates a mean, and opset 17 could not say it.
  DESCENT_CHECK((attributes.Integers("dilation") == Shape{1, 1}));
  builder.AddAs(step.output, "AveragePool", step.inputs,
                {{"kernel_shape", attributes.Integers("kernel")},
                 {"strides", attributes.Integers("stride")},
                 {"pads", Pads(attributes.Integers("padding"))},
                 {"count_include_pad", std::int64_t{1}}});
}

void AppendGlobalAvgPool(OnnxBuilder& builder, const OnnxStep& step) {
  const std::string means = builder.Add("GlobalAveragePool", step.inputs);
  builder.AddAs(step.output, "Flatten", {means}, {{"axis", std::int64_t{1}}});
}

float EpsilonOf(const OnnxStep& step) {
  return static_cast<float>(step.node.attributes.Real("epsilon"));
}

void AppendBatchNorm(OnnxBuilder& builder, const OnnxStep& step) {
  builder.AddAs(step.output, "BatchNormalization", step.inputs, {{"epsilon", EpsilonOf(step)}});
}

void AppendLayerNorm(OnnxBuilder& builder, const OnnxStep& step) {
  builder.AddAs(step.output, "LayerNormalization", step.inputs,
                {{"axis", std::int64_t{-1}}, {"epsilon", EpsilonOf(step)}});
}

}  // namespace

std::span<const OnnxRule> OnnxLayerRules() {
  static constexpr std::array kRules = {
      OnnxRule{"matmul", AppendMatMul},
      OnnxRule{"add_bias", AppendSame<kAdd>},
      OnnxRule{"add", AppendSame<kAdd>},
      OnnxRule{"mul", AppendSame<kMul>},
      OnnxRule{"relu", AppendSame<kRelu>},
      OnnxRule{"sigmoid", AppendSame<kSigmoid>},
      OnnxRule{"tanh", AppendSame<kTanh>},
      OnnxRule{"silu", AppendSilu},
      OnnxRule{"gelu", AppendGelu},
      OnnxRule{"gelu_tanh", AppendGeluTanh},
      OnnxRule{"reshape", AppendReshape},
      OnnxRule{"conv2d", AppendConv2d},
      OnnxRule{"max_pool2d", AppendMaxPool2d},
      OnnxRule{"avg_pool2d", AppendAvgPool2d},
      OnnxRule{"global_avg_pool", AppendGlobalAvgPool},
      OnnxRule{"batch_norm_inference", AppendBatchNorm},
      OnnxRule{"layer_norm", AppendLayerNorm},
  };
  return kRules;
}

}  // namespace descent
