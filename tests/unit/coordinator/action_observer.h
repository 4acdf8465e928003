#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "coordinator/action.h"

namespace descent {

// Looks at every action of a coordinator and collects what must never happen.
class ActionObserver {
 public:
  void Observe(const Action& action);

  // The coordinator starts again from what was stored; what it did not store it may repeat.
  void ForgetVolatile();

  const std::vector<std::string>& violations() const { return violations_; }
  const std::map<std::string, Job>& stored_jobs() const { return jobs_; }
  std::int64_t stored_generation() const { return generation_; }
  bool AllJobsAreTerminal() const;
  int resizes() const { return resizes_; }  // that came to a next attempt

 private:
  void On(const StoreJob& store);
  void ObserveCheckpoints(const Job& before, const StoreJob& store);
  void ObserveResize(const Job& before, const StoreJob& store);
  void On(const ForgetJob& forget);
  void On(const StoreGeneration& store);
  void On(const RecordMetrics& record);
  void On(const SendToWorker& send);
  void On(const StoreCordon&) {}
  void On(const StoreAudit&) {}
  void On(const CloseSession&) {}
  void On(const Answer&) {}
  void On(const NotifyWatchers&) {}
  void Require(bool is_met, const std::string& what);

  std::vector<std::string> violations_;
  std::map<std::string, Job> jobs_;
  std::int64_t generation_ = 0;
  int resizes_ = 0;
  std::set<std::tuple<std::string, std::string, std::int64_t>> recorded_;  // job, metric, step
  std::map<std::pair<SessionId, std::int64_t>, std::int64_t> granted_;     // session, generation
};

}  // namespace descent
