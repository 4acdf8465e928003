#include "worker/data/subset_dataset.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "common/check.h"

namespace descent {

SubsetDataset::SubsetDataset(std::shared_ptr<const Dataset> base, std::vector<std::int64_t> named,
                             Part part)
    : base_(std::move(base)), named_(std::move(named)), part_(part) {
  DESCENT_CHECK(std::ranges::adjacent_find(named_, std::greater_equal<>()) == named_.end());
  DESCENT_CHECK(named_.empty() || named_.front() >= 0);
  DESCENT_CHECK(named_.empty() || named_.back() < base_->sample_count());
  DESCENT_CHECK(sample_count() >= 1);
}

std::int64_t SubsetDataset::sample_count() const {
  const std::int64_t named = std::ssize(named_);
  return part_ == Part::kNamed ? named : base_->sample_count() - named;
}

// The i-th of the others has i others before it, and so is i + j where j named ones are: the first
// j of which the j-th named one has more than i others before it.
std::int64_t SubsetDataset::InBase(std::int64_t sample) const {
  DESCENT_CHECK(sample >= 0);
  DESCENT_CHECK(sample < sample_count());
  if (part_ == Part::kNamed) return named_[static_cast<std::size_t>(sample)];
  std::int64_t first = 0;
  for (std::int64_t last = std::ssize(named_); first < last;) {
    const std::int64_t middle = first + (last - first) / 2;
    const bool has_more_before = named_[static_cast<std::size_t>(middle)] - middle > sample;
    (has_more_before ? last : first) = has_more_before ? middle : middle + 1;
  }
  return sample + first;
}

std::vector<std::int64_t> SubsetDataset::InBase(std::span<const std::int64_t> samples) const {
  std::vector<std::int64_t> in_base;
  in_base.reserve(samples.size());
  for (const std::int64_t sample : samples) in_base.push_back(InBase(sample));
  return in_base;
}

void SubsetDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                                std::span<std::int32_t> tokens,
                                std::span<std::int32_t> labels) const {
  base_->CopySamples(InBase(samples), features, tokens, labels);
}

void SubsetDataset::CopyTargets(std::span<const std::int64_t> samples,
                                std::span<float> targets) const {
  base_->CopyTargets(InBase(samples), targets);
}

Digest SubsetDataset::Fingerprint() const {
  const std::string base = base_->Fingerprint().ToHex();
  const std::int64_t part = static_cast<std::int64_t>(part_);
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(base)));
  hasher.Add(std::as_bytes(std::span(&part, 1)));
  hasher.Add(std::as_bytes(std::span(named_)));
  return hasher.Finish();
}

}  // namespace descent
