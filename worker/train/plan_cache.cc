#include "worker/train/plan_cache.h"

#include "worker/models/model.h"

namespace descent {

Result<PlanCache> PlanCache::Create(const ModelSpec& model, const SampleFormat& format,
                                    ThreadPool& pool) {
  PlanCache cache(model, format, pool);
  // The layout does not depend on the batch size: one row is enough to know it.
  DESCENT_ASSIGN(cache.smallest_, BuildModel(model, format, 1));
  cache.layout_ = std::make_unique<const ParameterLayout>(MakeParameterLayout(*cache.smallest_));
  return cache;
}

PlanCache::PlanCache(const ModelSpec& model, const SampleFormat& format, ThreadPool& pool)
    : model_(model), format_(format), pool_(&pool) {}

std::int64_t PlanCache::parameter_count() const {
  std::int64_t count = 0;
  for (const ParameterSlot& slot : layout_->slots)
    if (!slot.momentum) count += slot.size;
  return count;
}

std::vector<std::string> PlanCache::ParameterNames() const {
  std::vector<std::string> names;
  for (const ParameterSlot& slot : layout_->slots)
    if (!slot.momentum) names.push_back(slot.name);
  return names;
}

void PlanCache::InitializeParameters(std::uint64_t seed, std::span<float> parameters) const {
  descent::InitializeParameters(*smallest_, *layout_, seed, parameters);
}

Result<Plan*> PlanCache::PlanFor(PlanKind kind, std::int64_t rows) {
  std::unique_ptr<Plan>& plan = plans_[{kind, rows}];
  if (!plan) {
    DESCENT_ASSIGN(const Graph model, BuildModel(model_, format_, rows));
    DESCENT_ASSIGN(plan, Plan::Compile(model, *layout_, kind, *pool_,
                                       {model_.activation_checkpointing, model_.precision}));
  }
  return plan.get();
}

std::int64_t PlanCache::memory_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [key, plan] : plans_) bytes += plan->cost().activation_bytes;
  return bytes;
}

}  // namespace descent
