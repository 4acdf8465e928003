#include "worker/export/onnx_input.h"

#include <algorithm>
#include <vector>

namespace descent {
namespace {

// Without the batch.
Shape SampleShape(const SampleFormat& format) {
  if (!format.image) return {format.feature_count};
  return {format.image->channels, format.image->height, format.image->width};
}

// One number for all, for each channel or for each feature, in a shape that is repeated to be like
// the samples.
std::string AppendNumbers(OnnxBuilder& builder, const std::string& name,
                          const std::vector<double>& numbers, const SampleFormat& format) {
  Shape shape = SampleShape(format);
  const auto count = static_cast<std::int64_t>(numbers.size());
  if (count == 1) {
    shape = {1};
  } else if (format.image && count == format.image->channels) {
    shape = {count, 1, 1};
  }
  const std::vector<float> rounded(numbers.begin(), numbers.end());
  return builder.Floats(name, shape, rounded);
}

bool AreAll(const std::vector<double>& numbers, double number) {
  return std::ranges::all_of(numbers, [&](double each) { return each == number; });
}

// As ScaleFeatures does it.
std::string AppendScaling(OnnxBuilder& builder, const ModelDescription& description,
                          std::string x) {
  if (!description.data) return x;
  const DataSpec& data = *description.data;
  const SampleFormat& format = description.format;
  if (data.table.missing == MissingPolicy::kValue) {
    const std::string fill = AppendNumbers(builder, "fill", data.table.fill, format);
    const std::string is_missing = builder.Add("IsNaN", {x});
    x = builder.Add("Where", {is_missing, fill, x});
  }
  const NormalizeSpec& normalize = data.normalize;
  if (!AreAll(normalize.mean, 0))
    x = builder.Add("Sub", {x, AppendNumbers(builder, "mean", normalize.mean, format)});
  if (!AreAll(normalize.std, 1))
    x = builder.Add("Div", {x, AppendNumbers(builder, "std", normalize.std, format)});
  return x;
}

}  // namespace

std::string AppendOnnxInput(OnnxBuilder& builder, const ModelDescription& description) {
  const SampleFormat& format = description.format;
  if (format.token_count > 0) {
    builder.DeclareInput("tokens", onnx::TensorProto::INT64, {kOnnxBatch, format.token_count});
    return builder.Add("Reshape", {"tokens", builder.Integers({-1})});
  }
  Shape shape = SampleShape(format);
  shape.insert(shape.begin(), kOnnxBatch);
  builder.DeclareInput("features", onnx::TensorProto::FLOAT, shape);
  const std::string scaled = AppendScaling(builder, description, "features");
  if (!format.image) return scaled;
  return builder.Add("Flatten", {scaled}, {{"axis", std::int64_t{1}}});
}

}  // namespace descent
