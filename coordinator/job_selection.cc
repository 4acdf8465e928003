#include "coordinator/job_selection.h"

#include <fmt/format.h>

#include <utility>

#include "coordinator/job_list.h"
#include "coordinator/job_refusal.h"
#include "coordinator/resource_name.h"

namespace descent {

RequestError SelectionInvalid(const std::string& message) {
  return {Status(Code::kInvalidArgument, message), "SELECTION_INVALID", {}, {}};
}

std::variant<JobSelection, RequestError> JobSelection::Parse(const std::vector<std::string>& names,
                                                             const std::string& filter) {
  if (!names.empty() && !filter.empty())
    return SelectionInvalid("names and filter are given, must be one of them");
  if (names.size() > kJobsMax)
    return SelectionInvalid(
        fmt::format("names has {} names, must have at most {}", names.size(), kJobsMax));
  JobSelection selection;
  for (const std::string& name : names) {
    const Result<std::string> job_id = ParseJobName(name);
    if (!job_id.ok()) return NameInvalid(job_id.status(), name);
    if (selection.known_.insert(job_id.value()).second)
      selection.job_ids_.push_back(job_id.value());
  }
  auto parsed = ParseJobFilter(filter);
  if (auto* error = std::get_if<RequestError>(&parsed)) return std::move(*error);
  selection.filter_ = std::get<JobFilter>(std::move(parsed));
  return selection;
}

bool JobSelection::Includes(const Job& job) const {
  return IsByName() ? Names(job.id) : filter_.Matches(job);
}

}  // namespace descent
