#include "coordinator/list_news.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace descent {

void ListNews::Add(const std::string& name, std::string fingerprint,
                   const std::function<std::string()>& to_json) {
  const auto sent = sent_.find(name);
  if (sent == sent_.end() || sent->second != fingerprint) {
    if (!changed_.empty()) changed_ += ',';
    changed_ += to_json();
  }
  now_.emplace(name, std::move(fingerprint));
}

std::string ListNews::Take(const std::function<bool(const std::string& name)>& is_older) {
  nlohmann::json removed = nlohmann::json::array();
  nlohmann::json older = nlohmann::json::array();
  for (const auto& [name, fingerprint] : sent_) {
    if (now_.contains(name)) continue;
    removed.push_back(name);
    if (is_older && is_older(name)) older.push_back(name);
  }
  sent_ = std::exchange(now_, {});
  const std::string changed = std::exchange(changed_, {});
  if (changed.empty() && removed.empty() && was_sent_) return "";
  was_sent_ = true;
  const std::string rest = is_older ? fmt::format(",\"older\":{}", older.dump()) : "";
  return fmt::format("{{\"{}\":[{}],\"removed\":{}{}}}", list_, changed, removed.dump(), rest);
}

}  // namespace descent
