#include "coordinator/cordons.h"

#include <array>
#include <utility>

namespace descent {
namespace {

constexpr std::array<std::pair<Cordon, std::string_view>, 3> kCordonNames = {{
    {Cordon::kNone, "NONE"},
    {Cordon::kCordoned, "CORDONED"},
    {Cordon::kDraining, "DRAINING"},
}};

}  // namespace

std::string_view CordonName(Cordon cordon) {
  for (const auto& [value, name] : kCordonNames)
    if (value == cordon) return name;
  return "UNKNOWN";
}

std::optional<Cordon> CordonFromName(std::string_view name) {
  for (const auto& [value, value_name] : kCordonNames)
    if (value_name == name) return value;
  return std::nullopt;
}

void Cordons::Set(const CordonRecord& record, MonotonicTime now) {
  Pool& pool = pools_[record.pool];
  pool.last_seen = now;
  if (record.cordon == Cordon::kNone)
    pool.cordons.erase(record.world_rank);
  else
    pool.cordons[record.world_rank] = record.cordon;
  if (pool.cordons.empty()) pools_.erase(record.pool);
}

Cordon Cordons::Of(const std::string& pool, int world_rank) const {
  const auto found = pools_.find(pool);
  if (found == pools_.end()) return Cordon::kNone;
  const auto cordon = found->second.cordons.find(world_rank);
  return cordon == found->second.cordons.end() ? Cordon::kNone : cordon->second;
}

std::vector<CordonRecord> Cordons::Forget(const std::string& pool) {
  std::vector<CordonRecord> forgotten;
  if (const auto found = pools_.extract(pool))
    for (const auto& [world_rank, cordon] : found.mapped().cordons)
      forgotten.push_back({.pool = pool, .world_rank = world_rank});
  return forgotten;
}

std::vector<CordonRecord> Cordons::ForgetOld(const IsAttached& is_attached, MonotonicTime now) {
  std::vector<std::string> over;
  for (auto& [name, pool] : pools_) {
    if (is_attached(name)) pool.last_seen = now;
    if (now - pool.last_seen >= kForgetAfter) over.push_back(name);
  }
  std::vector<CordonRecord> forgotten;
  for (const std::string& pool : over)
    for (CordonRecord& record : Forget(pool)) forgotten.push_back(std::move(record));
  return forgotten;
}

}  // namespace descent
