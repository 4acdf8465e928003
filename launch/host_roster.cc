#include "launch/host_roster.h"

#include <algorithm>
#include <cstddef>

#include "common/check.h"

namespace descent {

std::vector<HostRoster::Change> HostRoster::Take(const std::vector<Status>& answers) {
  DESCENT_CHECK(answers.size() == hosts_.size());
  std::vector<Change> changes;
  if (std::ranges::none_of(answers, &Status::ok)) {
    left_out_.clear();
    return changes;
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string& host = hosts_[i].host;
    if (answers[i].ok() != left_out_.contains(host)) continue;
    changes.push_back({.host = host, .answer = answers[i]});
    if (answers[i].ok())
      left_out_.erase(host);
    else
      left_out_.insert(host);
  }
  return changes;
}

void HostRoster::LeaveOut(const std::vector<std::string>& hosts) {
  std::set<std::string> left_out = left_out_;
  left_out.insert(hosts.begin(), hosts.end());
  if (left_out.size() < hosts_.size()) left_out_ = std::move(left_out);
}

std::vector<std::string> HostRoster::names() const {
  std::vector<std::string> names;
  for (const HostSlots& host : hosts_) names.push_back(host.host);
  return names;
}

std::vector<std::string> HostRoster::left_out() const {
  return {left_out_.begin(), left_out_.end()};
}

std::vector<HostSlots> HostRoster::present() const {
  std::vector<HostSlots> present;
  for (const HostSlots& host : hosts_)
    if (!left_out_.contains(host.host)) present.push_back(host);
  return present;
}

}  // namespace descent
