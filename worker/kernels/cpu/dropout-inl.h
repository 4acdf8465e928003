// The masks of dropout, once for each instruction set. Include after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_DROPOUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_DROPOUT_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_DROPOUT_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_DROPOUT_INL_H_
#endif

#include <hwy/highway.h>

#include <array>

#include "worker/kernels/cpu/dropout.h"
#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// The 64 words of one group: word (e / 16) % 4 of block 16 group + e % 16 decides element e, so
// that neighbouring lanes hold neighbouring elements whatever the width of a vector.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void GroupWords(const PhiloxKey& key, PhiloxCounter counter, std::uint32_t* words) {
  for (std::size_t block = 0; block < kBlocksPerGroup; ++block, ++counter[0]) {
    const std::array<std::uint32_t, 4> drawn = Philox4x32(counter, key);
    for (std::size_t i = 0; i < 4; ++i) words[i * kBlocksPerGroup + block] = drawn[i];
  }
}
#else
using WideTag = hn::ScalableTag<std::uint64_t>;  // a 32-bit word in each 64-bit lane
using WideVector = hn::Vec<WideTag>;
using WordTag = hn::Repartition<std::uint32_t, WideTag>;
using HalfWordTag = hn::Half<WordTag>;

// The product of the low halves of the lanes. The words below keep garbage in their high halves,
// which this ignores.
HWY_INLINE WideVector MulWords(WideVector a, WideVector b) {
  return hn::MulEven(hn::BitCast(WordTag(), a), hn::BitCast(WordTag(), b));
}

HWY_INLINE void GroupWords(const PhiloxKey& key, PhiloxCounter counter, std::uint32_t* words) {
  const WideTag wide;
  const WideVector multiplier0 = hn::Set(wide, 0xD2511F53);
  const WideVector multiplier1 = hn::Set(wide, 0xCD9E8D57);
  for (std::size_t block = 0; block < kBlocksPerGroup; block += hn::Lanes(wide)) {
    WideVector c0 = hn::Iota(wide, counter[0] + block);
    WideVector c1 = hn::Set(wide, counter[1]);
    WideVector c2 = hn::Set(wide, counter[2]);
    WideVector c3 = hn::Set(wide, counter[3]);
    std::uint32_t key0 = key[0];
    std::uint32_t key1 = key[1];
    for (int round = 0; round < 10; ++round) {
      const WideVector product0 = MulWords(multiplier0, c0);
      const WideVector product1 = MulWords(multiplier1, c2);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1), hn::Set(wide, key0));
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Set(wide, key1));
      c1 = product1;
      c3 = product0;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    const HalfWordTag half;
    hn::StoreU(hn::TruncateTo(half, c0), half, words + block);
    hn::StoreU(hn::TruncateTo(half, c1), half, words + block + kBlocksPerGroup);
    hn::StoreU(hn::TruncateTo(half, c2), half, words + block + 2 * kBlocksPerGroup);
    hn::StoreU(hn::TruncateTo(half, c3), half, words + block + 3 * kBlocksPerGroup);
  }
}
#endif

// What the elements [64 group, 64 group + 64) of the mask's row are multiplied by: 0, or the scale
// of what stays. `factors` is aligned to a vector.
HWY_INLINE void DropoutFactors(const DropoutMask& mask, std::uint32_t group, float* factors) {
  const FloatTag tag;
  const hn::RebindToUnsigned<FloatTag> word_tag;
  const FloatVector scale = hn::Set(tag, mask.scale);
  const auto threshold = hn::Set(word_tag, mask.drop_below);
  HWY_ALIGN std::uint32_t words[kElementsPerGroup];
  const auto block = static_cast<std::uint32_t>(group * kBlocksPerGroup);
  GroupWords(mask.key, {block, mask.position, mask.step, mask.layer}, words);
  for (std::size_t i = 0; i < kElementsPerGroup; i += hn::Lanes(tag)) {
    const auto is_dropped = hn::Lt(hn::Load(word_tag, words + i), threshold);
    hn::Store(hn::IfThenZeroElse(hn::RebindMask(tag, is_dropped), scale), tag, factors + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
