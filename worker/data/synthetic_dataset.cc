#include "worker/data/synthetic_dataset.h"

#include <array>
#include <cmath>
#include <numbers>

#include "common/check.h"
#include "common/random.h"
#include "worker/data/load_splits.h"

namespace descent {
namespace {

// Which of the numbers of a sample a draw is; weights are those of the sample after the last.
enum Stream : std::size_t { kInputs, kNoise, kWeights };

constexpr std::uint64_t kNoSample = ~std::uint64_t{0};

std::size_t SizeOr(std::int64_t size, std::int64_t otherwise) {
  DESCENT_CHECK(size >= 0);
  return static_cast<std::size_t>(size == 0 ? otherwise : size);
}

bool IsLinear(const SyntheticSpec& spec) { return spec.kind == SyntheticKind::kLinear; }

std::array<std::uint32_t, 4> Draw(PhiloxKey key, std::uint64_t sample, std::size_t stream,
                                  std::size_t index) {
  return Philox4x32({static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32),
                     static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(index)},
                    key);
}

std::vector<double> MakeWeights(PhiloxKey key, std::size_t count) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < count; ++i)
    weights.push_back(ToNormal(Draw(key, kNoSample, kWeights, i)[0]));
  return weights;
}

}  // namespace

SyntheticDataset::SyntheticDataset(const Options& options)
    : options_(options),
      key_(MakePhiloxKey(options.spec.seed, RandomPurpose::kSynthetic)),
      feature_count_(SizeOr(options.spec.features, 2)),
      class_count_(IsLinear(options.spec) ? 0 : SizeOr(options.spec.classes, 2)),
      target_count_(IsLinear(options.spec) ? SizeOr(options.spec.targets, 1) : 0),
      weights_(
          MakeWeights(key_, class_count_ * feature_count_ + target_count_ * (feature_count_ + 1))) {
  DESCENT_CHECK(options.samples >= 1);
  DESCENT_CHECK(options.first_sample >= 0);
}

SampleFormat SyntheticDataset::format() const {
  return {.feature_count = static_cast<std::int64_t>(feature_count_),
          .label_count = class_count_ > 0 ? 1 : 0,
          .class_count = static_cast<std::int64_t>(class_count_),
          .target_count = static_cast<std::int64_t>(target_count_)};
}

double SyntheticDataset::Normal(std::uint64_t sample, std::size_t stream, std::size_t index) const {
  return ToNormal(Draw(key_, sample, stream, index)[0]);
}

double SyntheticDataset::LinearInput(std::uint64_t sample, std::size_t feature) const {
  return static_cast<float>(Normal(sample, kInputs, feature));
}

void SyntheticDataset::Blob(std::uint64_t sample, std::span<float> x) const {
  const std::size_t label = sample % class_count_;
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(weights_[label * feature_count_ + i] +
                              options_.spec.noise * Normal(sample, kNoise, i));
}

void SyntheticDataset::Spiral(std::uint64_t sample, std::span<float> x) const {
  const double radius = double{ToUniformFloat(Draw(key_, sample, kInputs, 0)[0])};
  const double share =
      static_cast<double>(sample % class_count_) / static_cast<double>(class_count_);
  const double angle = 2 * std::numbers::pi * (share + radius);
  x[0] = static_cast<float>(radius * std::cos(angle) +
                            options_.spec.noise * Normal(sample, kNoise, 0));
  x[1] = static_cast<float>(radius * std::sin(angle) +
                            options_.spec.noise * Normal(sample, kNoise, 1));
}

void SyntheticDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                                   std::span<std::int32_t> tokens,
                                   std::span<std::int32_t> labels) const {
  DESCENT_CHECK(features.size() == samples.size() * feature_count_);
  DESCENT_CHECK(tokens.empty());
  DESCENT_CHECK(labels.size() == (class_count_ > 0 ? samples.size() : 0));
  for (std::size_t row = 0; row < samples.size(); ++row) {
    DESCENT_CHECK(samples[row] >= 0);
    DESCENT_CHECK(samples[row] < options_.samples);
    const auto sample = static_cast<std::uint64_t>(options_.first_sample + samples[row]);
    const std::span<float> x = features.subspan(row * feature_count_, feature_count_);
    if (options_.spec.kind == SyntheticKind::kLinear) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(LinearInput(sample, i));
      continue;
    }
    options_.spec.kind == SyntheticKind::kBlobs ? Blob(sample, x) : Spiral(sample, x);
    labels[row] = static_cast<std::int32_t>(sample % class_count_);
  }
}

void SyntheticDataset::CopyTargets(std::span<const std::int64_t> samples,
                                   std::span<float> targets) const {
  DESCENT_CHECK(targets.size() == samples.size() * target_count_);
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const auto sample = static_cast<std::uint64_t>(options_.first_sample + samples[row]);
    for (std::size_t k = 0; k < target_count_; ++k) {
      const std::span<const double> weights =
          std::span(weights_).subspan(k * (feature_count_ + 1), feature_count_ + 1);
      double sum = weights[feature_count_];
      for (std::size_t i = 0; i < feature_count_; ++i) sum += weights[i] * LinearInput(sample, i);
      sum += options_.spec.noise * Normal(sample, kNoise, k);
      targets[row * target_count_ + k] = static_cast<float>(sum);
    }
  }
}

Digest SyntheticDataset::Fingerprint() const {
  const std::array<std::uint64_t, 7> facts = {static_cast<std::uint64_t>(options_.spec.kind),
                                              feature_count_,
                                              class_count_,
                                              target_count_,
                                              options_.spec.seed,
                                              static_cast<std::uint64_t>(options_.first_sample),
                                              static_cast<std::uint64_t>(options_.samples)};
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(facts)));
  hasher.Add(std::as_bytes(std::span(&options_.spec.noise, 1)));
  return hasher.Finish();
}

Result<Datasets> LoadSynthetic(const JobSpec& spec) {
  if (!spec.data.train.path.empty())
    return Status(Code::kInvalidArgument, spec.data.train.path +
                                              ": synthetic samples are computed, there is no file "
                                              "to read");
  std::int64_t first_sample = 0;
  return LoadSplits<SyntheticDataset>(
      spec.data,
      [&](const DatasetSpec& split,
          const SyntheticDataset*) -> Result<std::unique_ptr<SyntheticDataset>> {
        const SyntheticDataset::Options options = {
            .spec = spec.data.synthetic, .first_sample = first_sample, .samples = split.samples};
        first_sample += split.samples;
        return std::make_unique<SyntheticDataset>(options);
      });
}

}  // namespace descent
