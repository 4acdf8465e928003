#include "bench/update_streams.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/update_streams.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void RunPlain(const UpdateStreams& streams) {
  const hn::ScalableTag<float> d;
  for (std::size_t i = 0; i < streams.count; i += hn::Lanes(d)) {
    const auto added = hn::LoadU(d, streams.added + i);
    for (std::size_t s = 0; s < streams.from.size(); ++s)
      hn::StoreU(hn::Add(hn::LoadU(d, streams.from[s] + i), added), d, streams.to[s] + i);
  }
}

void RunPastCaches(const UpdateStreams& streams) {
  const hn::ScalableTag<float> d;
  for (std::size_t i = 0; i < streams.count; i += hn::Lanes(d)) {
    const auto added = hn::LoadU(d, streams.added + i);
    for (std::size_t s = 0; s < streams.from.size(); ++s)
      hn::Stream(hn::Add(hn::LoadU(d, streams.from[s] + i), added), d, streams.to[s] + i);
  }
  hwy::FlushStream();
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(RunPlain);
HWY_EXPORT(RunPastCaches);

void RunUpdateStreams(const UpdateStreams& streams, bool past_caches) {
  if (past_caches)
    HWY_DYNAMIC_DISPATCH(RunPastCaches)(streams);
  else
    HWY_DYNAMIC_DISPATCH(RunPlain)(streams);
}

}  // namespace descent
#endif
