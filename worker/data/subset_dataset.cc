#include "worker/data/subset_dataset.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "common/check.h"

namespace descent {

SubsetDataset::SubsetDataset(std::shared_ptr<const Dataset> all, std::vector<std::int64_t> named,
                             Part part)
    : RenumberedDataset(*all), owned_(std::move(all)), named_(std::move(named)), part_(part) {
  DESCENT_CHECK(std::ranges::adjacent_find(named_, std::greater_equal<>()) == named_.end());
  DESCENT_CHECK(named_.empty() || named_.front() >= 0);
  DESCENT_CHECK(named_.empty() || named_.back() < whole().sample_count());
  DESCENT_CHECK(sample_count() >= 1);
}

std::int64_t SubsetDataset::sample_count() const {
  const std::int64_t named = std::ssize(named_);
  return part_ == Part::kNamed ? named : whole().sample_count() - named;
}

// The i-th of the others has i others before it, and so is i + j where j named ones are: the first
// j of which the j-th named one has more than i others before it.
std::int64_t SubsetDataset::InWhole(std::int64_t sample) const {
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

Digest SubsetDataset::Fingerprint() const {
  const std::string all = whole().Fingerprint().ToHex();
  const std::int64_t part = static_cast<std::int64_t>(part_);
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(all)));
  hasher.Add(std::as_bytes(std::span(&part, 1)));
  hasher.Add(std::as_bytes(std::span(named_)));
  return hasher.Finish();
}

}  // namespace descent
