#include "worker/collective/add_elements.h"

#include <cstddef>
#include <cstdint>

#include "common/check.h"

// Compiles what stands between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once per instruction
// set, by including this file again; the best one is chosen at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/collective/add_elements.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void AddVectors(const float* a, const float* b, float* sum, std::size_t count) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, sum + i);
  for (; i < count; ++i) sum[i] = a[i] + b[i];
}

// Streaming stores want aligned vectors, and a fence before anybody else is told of them.
void AddVectorsStreaming(const float* a, const float* b, float* sum, std::size_t count) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  const std::size_t vector_bytes = lanes * sizeof(float);
  for (; i < count && reinterpret_cast<std::uintptr_t>(sum + i) % vector_bytes != 0; ++i)
    sum[i] = a[i] + b[i];
  for (; i + lanes <= count; i += lanes)
    hn::Stream(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, sum + i);
  hwy::FlushStream();
  for (; i < count; ++i) sum[i] = a[i] + b[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(AddVectors);
HWY_EXPORT(AddVectorsStreaming);

void AddElements(std::span<const float> a, std::span<const float> b, std::span<float> sum,
                 StoreKind store) {
  DESCENT_CHECK(a.size() == sum.size());
  DESCENT_CHECK(b.size() == sum.size());
  if (store == StoreKind::kStreaming)
    HWY_DYNAMIC_DISPATCH(AddVectorsStreaming)(a.data(), b.data(), sum.data(), sum.size());
  else
    HWY_DYNAMIC_DISPATCH(AddVectors)(a.data(), b.data(), sum.data(), sum.size());
}

}  // namespace descent
#endif
