#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"

namespace descent {

// Whether a worker is kept from new jobs.
enum class Cordon {
  kNone,
  kCordoned,
  kDraining,  // and the job that it had when that was asked for moves to others
};

std::string_view CordonName(Cordon cordon);  // "DRAINING"
std::optional<Cordon> CordonFromName(std::string_view name);

// A worker and its cordon, by the names that outlive its stream.
struct CordonRecord {
  std::string pool;
  int world_rank = 0;
  Cordon cordon = Cordon::kNone;
};

// Which workers are kept from new jobs. A coordinator that is restarted knows of a cordon before
// the worker is back. It ends with its pool, which is over when a launcher says so, or when nothing
// was seen of it for kForgetAfter.
class Cordons {
 public:
  static constexpr std::chrono::minutes kForgetAfter{10};

  void Set(const CordonRecord& record, MonotonicTime now);  // kNone ends one
  Cordon Of(const std::string& pool, int world_rank) const;

  // Ends those of that pool, and answers with what is left of each: kNone.
  std::vector<CordonRecord> Forget(const std::string& pool);

  // The same for all pools that are over; of those that are attached none is.
  using IsAttached = std::function<bool(const std::string& pool)>;
  std::vector<CordonRecord> ForgetOld(const IsAttached& is_attached, MonotonicTime now);

 private:
  struct Pool {
    std::map<int, Cordon> cordons;  // by world rank
    MonotonicTime last_seen;
  };

  std::map<std::string, Pool> pools_;
};

}  // namespace descent
