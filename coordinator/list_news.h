#pragma once

#include <functional>
#include <map>
#include <string>

namespace descent {

// What has changed in a list since it was sent last. One thread.
class ListNews {
 public:
  // `list`: what it is named in the JSON, "jobs".
  explicit ListNews(std::string list) : list_(std::move(list)) {}

  // An entry as it is now. `to_json` is asked for it if its fingerprint is another than last time.
  void Add(const std::string& name, std::string fingerprint,
           const std::function<std::string()>& to_json);

  // After all entries: {"jobs":[…],"removed":["jobs/a"]}, of those that are new or other, and the
  // names of those that are gone; with `is_older` also, as "older", of those among them for which
  // it holds. Empty: nothing has changed.
  std::string Take(const std::function<bool(const std::string& name)>& is_older = nullptr);

 private:
  const std::string list_;
  bool was_sent_ = false;
  std::map<std::string, std::string> sent_;  // fingerprints by name
  std::map<std::string, std::string> now_;
  std::string changed_;
};

}  // namespace descent
