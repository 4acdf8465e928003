#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/job_filter.h"
#include "coordinator/request_error.h"

namespace descent {

// Which jobs a call is about: those that it names, those for which its filter holds, or all.
class JobSelection {
 public:
  static constexpr std::size_t kJobsMax = 1000;  // that may be named

  // Names as "jobs/{job}"; neither names nor a filter: all jobs. NAME_INVALID, FILTER_INVALID;
  // SELECTION_INVALID: both, or too many names.
  static std::variant<JobSelection, RequestError> Parse(const std::vector<std::string>& names,
                                                        const std::string& filter);

  bool IsByName() const { return !job_ids_.empty(); }
  const std::vector<std::string>& job_ids() const { return job_ids_; }  // each once, as given

  bool Names(const std::string& job_id) const { return known_.contains(job_id); }

  bool Includes(const Job& job) const;

 private:
  std::vector<std::string> job_ids_;
  std::set<std::string> known_;  // the same
  JobFilter filter_;
};

// The selection is no sensible one: SELECTION_INVALID.
RequestError SelectionInvalid(const std::string& message);

}  // namespace descent
