#include "worker/train/plan_cache.h"

#include "worker/models/model.h"

namespace descent {

Result<PlanCache> PlanCache::Create(const ModelSpec& model, std::int64_t feature_count,
                                    std::int64_t class_count, ThreadPool& pool) {
  PlanCache cache(model, feature_count, class_count, pool);
  // The layout does not depend on the batch size: one row is enough to know it.
  DESCENT_ASSIGN(cache.smallest_, BuildModel(model, feature_count, class_count, 1));
  cache.layout_ = std::make_unique<const ParameterLayout>(MakeParameterLayout(*cache.smallest_));
  return cache;
}

PlanCache::PlanCache(const ModelSpec& model, std::int64_t feature_count, std::int64_t class_count,
                     ThreadPool& pool)
    : model_(model), feature_count_(feature_count), class_count_(class_count), pool_(&pool) {}

std::int64_t PlanCache::parameter_count() const {
  std::int64_t count = 0;
  for (const ParameterSlot& slot : layout_->slots) count += slot.size;
  return count;
}

void PlanCache::InitializeParameters(std::uint64_t seed, std::span<float> parameters) const {
  descent::InitializeParameters(*smallest_, *layout_, seed, parameters);
}

Result<Plan*> PlanCache::PlanFor(PlanKind kind, std::int64_t rows) {
  std::unique_ptr<Plan>& plan = plans_[{kind, rows}];
  if (!plan) {
    DESCENT_ASSIGN(const Graph model, BuildModel(model_, feature_count_, class_count_, rows));
    DESCENT_ASSIGN(plan, Plan::Compile(model, *layout_, kind, *pool_));
  }
  return plan.get();
}

std::int64_t PlanCache::memory_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [key, plan] : plans_) bytes += plan->cost().activation_bytes;
  return bytes;
}

}  // namespace descent
