#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/endpoint.h"
#include "client/api/reply.h"
#include "client/api/types.h"

namespace descent {

enum class MetricFileFormat { kCsv, kJsonLines, kTensorBoard };

struct MetricSelection {
  std::string job;                 // its id
  std::vector<std::string> names;  // empty: all
  std::int64_t first_step = 0;
};

// What the points of curves have an `x` on, beside their step.
enum class XAxis { kStep, kTime, kSamples };

struct CurveSelection {
  std::vector<std::string> jobs;   // their ids
  std::vector<std::string> names;  // empty: all
  std::int64_t first_step = 0;
  int points_max = 0;  // of each curve; 0: as many as the coordinator thinks fit
  XAxis axis = XAxis::kStep;
};

// MetricService of one coordinator. Calls block and are repeated as those of Client; streams have
// no deadline. Any thread.
class MetricClient {
 public:
  explicit MetricClient(const Endpoint& endpoint);
  ~MetricClient();

  Reply<MetricSummaries> List(const std::string& job);

  // By job, then by name. Curves of more than points_max points come as means.
  Reply<MetricSeriesList> Query(const CurveSelection& selection);

  Reply<ComparisonView> Compare(const std::vector<std::string>& jobs,
                                const std::vector<std::string>& names);

  // Hands over new points as they come, each once, until `take` says no or the job is over. Goes on
  // when the coordinator was away for less than a minute.
  std::optional<ApiError> Follow(const MetricSelection& selection,
                                 const std::function<bool(const MetricSeriesList&)>& take);

  // Hands over the bytes of a file, chunk by chunk, until `take` says no.
  std::optional<ApiError> Export(const MetricSelection& selection, MetricFileFormat format,
                                 const std::function<bool(std::string_view)>& take);

 private:
  struct Stub;

  const std::string address_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace descent
