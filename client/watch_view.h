#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "client/api/client.h"
#include "client/api/metric_client.h"
#include "client/follow.h"
#include "client/render/console.h"
#include "client/render/watch_text.h"

namespace descent {

// Shows a followed job on a terminal: a line for each of its states, and below them what changes,
// redrawn in place. Asks the coordinator for what a job does not say of itself: the best values of
// its metrics, and which of its ranks is the slowest. One thread.
class WatchView final : public JobDisplay {
 public:
  // `way_out` is the last line, such as "q detaches, the job goes on".
  WatchView(Client& client, const Endpoint& endpoint, Console& console, std::string way_out);

  void Show(const JobView& job) override;
  void Refresh() override;

 private:
  void LookUpBest();
  void LookUpSlowest();

  Client& client_;
  MetricClient metrics_;
  Console& console_;
  const std::string way_out_;
  std::optional<JobView> job_;
  std::string last_state_;
  std::map<std::string, double> last_validation_;  // of which `facts_` knows the best
  WatchFacts facts_;
  bool is_slowest_due_ = false;
  std::chrono::steady_clock::time_point next_slowest_{};
};

}  // namespace descent
