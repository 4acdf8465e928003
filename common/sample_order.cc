#include "common/sample_order.h"

#include <algorithm>

#include "common/check.h"

namespace descent {
namespace {

std::uint32_t Low(std::int64_t value) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(value));
}
std::uint32_t High(std::int64_t value) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32);
}

// The key of what is within one block in one epoch; block -1 stands for the place of the short
// block, so no two draws share a counter.
std::array<std::uint32_t, 4> Draw(PhiloxKey key, std::int64_t epoch, std::int64_t block) {
  return Philox4x32({Low(block), High(block), Low(epoch), High(epoch)}, key);
}

std::int64_t FullBlocks(const ShuffleSpec& shuffle, std::int64_t sample_count) {
  DESCENT_CHECK(shuffle.block >= 1);
  return shuffle.mode == Shuffle::kBlock ? sample_count / shuffle.block : 0;
}

// Any of [0, full_blocks]; the product of 64 bits keeps the bias below 2^-32.
std::int64_t PlaceOfShortBlock(PhiloxKey key, std::int64_t epoch, std::int64_t full_blocks) {
  const auto words = Draw(key, epoch, -1);
  const std::uint64_t word = std::uint64_t{words[1]} << 32 | words[0];
  return static_cast<std::int64_t>(word % static_cast<std::uint64_t>(full_blocks + 1));
}

}  // namespace

SampleOrder::SampleOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t sample_count,
                         const ShuffleSpec& shuffle)
    : sample_count_(sample_count),
      epoch_(epoch),
      shuffle_(shuffle),
      block_key_(MakePhiloxKey(seed, RandomPurpose::kBlockOrder)),
      full_blocks_(FullBlocks(shuffle, sample_count)),
      permutation_(
          MakePhiloxKey(seed, RandomPurpose::kSampleOrder), static_cast<std::uint64_t>(epoch),
          shuffle.mode == Shuffle::kBlock ? std::max<std::int64_t>(1, full_blocks_) : sample_count),
      short_block_place_(PlaceOfShortBlock(block_key_, epoch, full_blocks_)) {
  DESCENT_CHECK(sample_count >= 1);
  DESCENT_CHECK(epoch >= 0);
}

std::int64_t SampleOrder::At(std::int64_t position) const {
  DESCENT_CHECK(position >= 0);
  DESCENT_CHECK(position < sample_count_);
  if (shuffle_.mode == Shuffle::kNone) return position;
  if (shuffle_.mode == Shuffle::kFull) return permutation_.At(position);
  const std::int64_t short_size = sample_count_ % shuffle_.block;
  const std::int64_t short_first = short_block_place_ * shuffle_.block;
  if (position >= short_first && position < short_first + short_size)
    return InBlock(full_blocks_, position - short_first);
  const std::int64_t among_full = position < short_first ? position : position - short_size;
  return InBlock(permutation_.At(among_full / shuffle_.block), among_full % shuffle_.block);
}

std::int64_t SampleOrder::InBlock(std::int64_t block, std::int64_t offset) const {
  const std::int64_t first = block * shuffle_.block;
  const std::int64_t size = std::min(shuffle_.block, sample_count_ - first);
  const auto words = Draw(block_key_, epoch_, block);
  return first + KeyedPermutation({words[0], words[1]}, 0, size).At(offset);
}

}  // namespace descent
