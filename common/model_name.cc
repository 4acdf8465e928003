#include "common/model_name.h"

#include <variant>

namespace descent {
namespace {

struct NameOfModel {
  std::string_view operator()(const MlpSpec&) const { return "mlp"; }
  std::string_view operator()(const GptSpec&) const { return "gpt"; }
  std::string_view operator()(const LinearRegressionSpec&) const { return "linear_regression"; }
  std::string_view operator()(const LogisticRegressionSpec&) const { return "logistic_regression"; }
  std::string_view operator()(const LayersSpec&) const { return "layers"; }
  std::string_view operator()(const ConvnetSpec&) const { return "convnet"; }
  std::string_view operator()(const ResnetSpec&) const { return "resnet"; }
};

}  // namespace

std::string_view ModelName(const ModelSpec& model) {
  return std::visit(NameOfModel(), model.architecture);
}

}  // namespace descent
