#include "tests/numeric/same_bits_variants.h"

#include <cstdint>
#include <fstream>

#include "tests/support/blob_dataset.h"

namespace descent {
namespace {

// With batches of 12 an epoch is four full batches and one of 2, which leaves logical workers
// without samples.
constexpr std::int64_t kSamples = 50;
constexpr std::int64_t kContext = 8;

const std::string kPictures =
    "data: {train: {path: DIR/pictures}, validation: {path: DIR/others}}\n";
// One sample's pixels are infinite after normalisation, and so is what it gives.
const std::string kSpoilt =
    "data: {train: {path: DIR/spoilt}, normalize: {mean: [0], std: [1e-300]}}\n";
// Cut and mirrored anew in every step.
const std::string kAugmentedPictures =
    "data: {train: {path: DIR/pictures}, validation: {path: DIR/others}, "
    "augment: {crop_padding: 2, horizontal_flip: 0.5}}\n";
const std::string kCifar =
    "data: {train: {path: DIR/cifar.bin, format: cifar10}, "
    "normalize: {mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4]}, "
    "augment: {crop_padding: 4, horizontal_flip: 0.5}}\n";
const std::string kTokens =
    "data: {train: {path: DIR/tokens.bin, format: tokens}, vocabulary_size: 8}\n";
const std::string kText = "data: {train: {path: DIR/text, format: text}}\n";

// Words, holes and numbers to predict; a part of it is taken out for validation.
const std::string kTable =
    "data: {train: {path: DIR/table.csv, format: csv}, validation: {train_fraction: 0.2}, "
    "normalize: {from: training_set}, table: {targets: [y], categorical: [c], missing: mean}}\n";
const std::string kSynthetic =
    "data: {train: {format: synthetic, samples: 50}, validation: {format: synthetic, samples: 9}, "
    "synthetic: {kind: spirals, classes: 3}, shuffle: block, shuffle_block: 8}\n";

// A GPT of two layers, and what is different about it.
std::vector<std::string> Gpt(const std::string& differences) {
  return {"model.gpt={layers: 2, heads: 2, embedding_size: 16, context_length: 8" + differences +
          "}"};
}

// A small network, and how it learns.
std::vector<std::string> Optimizer(const std::string& optimizer) {
  return {"model.mlp={hidden_sizes: [16]}", "optimizer=" + optimizer};
}

}  // namespace

std::vector<SameBitsVariant> SameBitsVariants() {
  return {
      {"Mlp", kPictures, {"model.mlp={hidden_sizes: [16, 8]}"}},
      {"MlpWithDropout",
       kPictures,
       {"model.mlp={hidden_sizes: [16, 8], activation: gelu, dropout: 0.3}"}},
      {"LabelSmoothing",
       kPictures,
       {"model={mlp: {hidden_sizes: [16]}, label_smoothing: 0.1}",
        "optimizer={adamw: {}, clip_norm: 0.5}"}},
      {"IgnoredLabels",
       kPictures,
       {"model={mlp: {hidden_sizes: [16]}, label_smoothing: 0.1, ignore_index: 2}",
        "optimizer={adamw: {}, clip_norm: 0.5}"}},
      {"IgnoredTokens", kTokens,
       [] {
         std::vector<std::string> fields = Gpt("");
         fields.push_back("model.ignore_index=4");
         return fields;
       }()},
      {"NonfiniteStepsSkipped",
       kSpoilt,
       {"model.mlp={hidden_sizes: [16]}", "nonfinite={action: skip}"}},
      {"NonfiniteStepsRolledBack",
       kSpoilt,
       {"model.mlp={hidden_sizes: [16]}", "nonfinite={action: rollback}",
        "checkpoint={every_steps: 2}"}},
      {"LogisticRegression", kPictures, {"model.logistic_regression={}"}},
      {"Convnet",
       kPictures,
       {"model.convnet={layers: [{channels: 5, pool: 2}, {channels: 3}], hidden_sizes: [9], "
        "batch_norm: true, dropout: 0.3}",
        "batch.micro=2"}},
      {"Layers",
       kPictures,
       {"model.layers=[{conv2d: {out_channels: 6, kernel_size: 3, stride: 2}}, tanh, {dropout: {}},"
        " flatten, {linear: {out_features: 7}}, batch_norm, relu, linear]"}},
      {"Resnet", kPictures, {"model.resnet={depth: 18, width: 2}"}},
      {"LinearRegressionOfATable", kTable, {"model.linear_regression={}"}},
      {"SpiralsInBlocks", kSynthetic, {"model.mlp={hidden_sizes: [16]}"}},
      {"Augmentation", kAugmentedPictures, {"model.mlp={hidden_sizes: [16]}", "batch.micro=1"}},
      {"CifarInColour", kCifar, {"model.mlp={hidden_sizes: [8]}"}},
      {"TokenFiles", kTokens, Gpt("")},
      {"Gpt", kText, Gpt("")},
      {"GptWithDropout", kText, Gpt(", dropout: 0.2")},
      {"GptLikeLlama", kText,
       Gpt(", positions: rotary, activation: swiglu, norm: rms_norm, head: untied, biases: none")},
      {"GradientAccumulation",
       kPictures,
       {"model.mlp={hidden_sizes: [16], dropout: 0.3}", "batch.micro=1"}},
      {"Adam", kPictures, Optimizer("{adam: {weight_decay: 0.1}, clip_value: 0.01}")},
      {"Sgd", kPictures, Optimizer("{sgd: {lr: 0.1, weight_decay: 0.1}, clip_norm: 0.5}")},
      {"SgdWithMomentum", kPictures, Optimizer("{sgd: {lr: 0.1, momentum: 0.9, dampening: 0.1}}")},
      {"SgdWithNesterov", kPictures, Optimizer("{sgd: {lr: 0.1, momentum: 0.9, nesterov: true}}")},
      {"Lion", kPictures, Optimizer("{lion: {lr: 0.01, weight_decay: 0.1}}")},
      {"GroupsOfParameters", kPictures,
       Optimizer("{adamw: {}, clip_norm: 0.5, groups: [{match: [layers.0.weight], freeze: true}, "
                 "{match: [\"*.bias\"], weight_decay: 0, lr_multiplier: 2}]}")},
      {"AverageOfTheWeights",
       kPictures,
       {"model.mlp={hidden_sizes: [16], dropout: 0.3}", "ema.decay=0.9"}},
      {"AverageOfTheWeightsOfLion",
       kPictures,
       {"model.mlp={hidden_sizes: [16]}", "optimizer={lion: {}}", "ema.decay=0.9"}},
      {"FullBatch",
       kPictures,
       {"model.mlp={hidden_sizes: [16], dropout: 0.3}", "batch.global=all", "batch.micro=5"}},
      {"MlpInBfloat16",
       kPictures,
       {"model.mlp={hidden_sizes: [16, 8], activation: gelu, dropout: 0.3}", "precision=bf16"}},
      {"ConvnetInBfloat16",
       kPictures,
       {"model.convnet={layers: [{channels: 5, pool: 2}], batch_norm: true}", "precision=bf16",
        "batch.micro=2"}},
      {"GptInBfloat16", kText,
       [] {
         std::vector<std::string> fields = Gpt(", dropout: 0.2");
         fields.push_back("precision=bf16");
         return fields;
       }()},
      {"PartsInOnePass", kPictures, {"model.mlp={hidden_sizes: [16]}", "batch.micro=12"}},
  };
}

void WriteData(const std::filesystem::path& directory) {
  BlobDataset{.samples = kSamples}.Write(directory / "pictures");
  BlobDataset{.samples = 17, .seed = 2}.Write(directory / "others");
  BlobDataset{.samples = kSamples, .only_lit = 20}.Write(directory / "spoilt");
  std::ofstream table(directory / "table.csv");
  table << "x,c,y\n";
  for (std::int64_t i = 0; i < kSamples + 12; ++i)
    table << (i % 7 == 0 ? "" : std::to_string(i * i % 13)) << ",word" << i % 3 << ',' << i % 5
          << '\n';
  std::ofstream cifar(directory / "cifar.bin", std::ios::binary);
  for (std::int64_t i = 0; i < kSamples; ++i) {
    cifar.put(static_cast<char>(i % 10));
    for (std::int64_t pixel = 0; pixel < 3072; ++pixel)
      cifar.put(static_cast<char>(i * 37 + pixel * (i % 10 + 1)));
  }
  std::ofstream tokens(directory / "tokens.bin", std::ios::binary);
  for (std::int64_t i = 0; i < kContext * kSamples + 1; ++i)
    tokens.put(static_cast<char>(i * i % 8)).put(0);
  std::ofstream text(directory / "text");
  for (std::int64_t i = 0; i < kContext * kSamples + 1; ++i) text << "to be or not"[i * i % 12];
}

}  // namespace descent
