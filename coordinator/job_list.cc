#include "coordinator/job_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/hex.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "common/hash.h"
#include "common/limits.h"
#include "coordinator/excerpt.h"
#include "coordinator/job_order.h"
#include "coordinator/job_view.h"
#include "coordinator/list_page.h"

namespace descent {
namespace {

struct Query {
  JobFilter filter;
  JobOrder order;
  std::optional<std::set<JobState>> states;  // null: all
  std::string fingerprint;                   // of all of the above
  std::optional<ListPosition> after;         // where the page before ended
  std::size_t page_size = 0;

  bool IsAsked(const Job& job) const {
    return (!states || states->contains(job.state)) && filter.Matches(job);
  }
};

RequestError RefuseList(std::string reason, std::string message) {
  return {Status(Code::kInvalidArgument, std::move(message)), std::move(reason), {}, {}};
}

std::optional<std::set<JobState>> StatesOf(const v1::ListJobsRequest& request) {
  if (request.states().empty()) return std::nullopt;
  std::set<JobState> states;
  for (int i = 0; i <= static_cast<int>(JobState::kCancelled); ++i) {
    const auto state = static_cast<JobState>(i);
    if (std::ranges::find(request.states(), static_cast<int>(ToProto(state))) !=
        request.states().end())
      states.insert(state);
  }
  return states;
}

std::string FingerprintOf(const v1::ListJobsRequest& request) {
  std::string text = fmt::format("{}:{} {}:{}", request.filter().size(), request.filter(),
                                 request.order_by().size(), request.order_by());
  for (const int state : std::set<int>(request.states().begin(), request.states().end()))
    text += fmt::format(" {}", state);
  return Hash(std::as_bytes(std::span<const char>(text))).ToHex();
}

nlohmann::json ToJson(const ListPosition::Key& key) {
  if (const auto* number = std::get_if<double>(&key)) return *number;
  if (const auto* text = std::get_if<std::string>(&key)) return *text;
  return nullptr;
}

std::optional<ListPosition::Key> KeyFromJson(const nlohmann::json& value) {
  if (value.is_null()) return std::monostate();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  return std::nullopt;
}

// The hex digits of [fingerprint, sequence, keys…] in JSON.
std::string PageTokenOf(const Query& query, const Job& last) {
  const ListPosition position = query.order.PositionOf(last);
  nlohmann::json parts = nlohmann::json::array();
  parts.push_back(query.fingerprint);
  parts.push_back(position.sequence);
  for (const ListPosition::Key& key : position.keys) parts.push_back(ToJson(key));
  return boost::algorithm::hex_lower(
      parts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// Null: the token is none of this service.
nlohmann::json PartsOf(const std::string& token) {
  if (token.size() > limits::kPageTokenBytesMax) return nullptr;
  std::string text;
  try {
    text = boost::algorithm::unhex(token);
  } catch (const boost::algorithm::hex_decode_error&) {
    return nullptr;
  }
  nlohmann::json parts = nlohmann::json::parse(text, nullptr, false);
  const bool is_token =
      parts.is_array() && parts.size() >= 2 && parts[0].is_string() && parts[1].is_number_integer();
  if (!is_token) return nullptr;
  return parts;
}

std::variant<ListPosition, RequestError> ParsePageToken(const std::string& token,
                                                        const Query& query) {
  const RequestError foreign = RefuseList(
      "PAGE_TOKEN_INVALID",
      fmt::format("page_token {} is not one of this service, wanted next_page_token of a page",
                  Excerpt(token)));
  const nlohmann::json parts = PartsOf(token);
  if (parts.is_null()) return foreign;
  if (parts[0].get<std::string>() != query.fingerprint)
    return RefuseList(
        "PAGE_TOKEN_INVALID",
        "page_token is of a list with another filter, order_by or states, wanted one of "
        "this list, or none to begin it");
  if (parts.size() != 2 + query.order.field_count()) return foreign;
  ListPosition position{.keys = {}, .sequence = parts[1].get<std::int64_t>()};
  for (std::size_t i = 2; i < parts.size(); ++i) {
    std::optional<ListPosition::Key> key = KeyFromJson(parts[i]);
    if (!key) return foreign;
    position.keys.push_back(*std::move(key));
  }
  return position;
}

std::variant<Query, RequestError> ParseListQuery(const v1::ListJobsRequest& request) {
  auto filter = ParseJobFilter(request.filter());
  if (auto* error = std::get_if<RequestError>(&filter)) return std::move(*error);
  auto order = JobOrder::Parse(request.order_by());
  if (const auto* problem = std::get_if<QueryProblem>(&order))
    return QueryInvalid("ORDER_BY_INVALID", "order_by", *problem);
  const auto page_size = PageSizeOf(request.page_size());
  if (const auto* error = std::get_if<RequestError>(&page_size)) return *error;
  Query query{.filter = std::get<JobFilter>(std::move(filter)),
              .order = std::get<JobOrder>(std::move(order)),
              .states = StatesOf(request),
              .fingerprint = FingerprintOf(request),
              .after = std::nullopt,
              .page_size = static_cast<std::size_t>(std::get<int>(page_size))};
  if (request.page_token().empty()) return query;
  auto after = ParsePageToken(request.page_token(), query);
  if (auto* error = std::get_if<RequestError>(&after)) return std::move(*error);
  query.after = std::get<ListPosition>(std::move(after));
  return query;
}

// The first of `jobs`, which are newest first, that are asked for.
std::vector<const Job*> NewestFirst(const Query& query, const std::vector<const Job*>& jobs,
                                    std::size_t jobs_max) {
  std::vector<const Job*> chosen;
  for (const Job* job : jobs) {
    if (chosen.size() == jobs_max) break;
    if (query.after && job->sequence >= query.after->sequence) continue;
    if (query.IsAsked(*job)) chosen.push_back(job);
  }
  return chosen;
}

// The same in the query's order.
std::vector<const Job*> InOrder(const Query& query, const std::vector<const Job*>& jobs,
                                std::size_t jobs_max) {
  struct Entry {
    ListPosition position;
    const Job* job;
  };
  std::vector<Entry> entries;
  for (const Job* job : jobs) {
    if (!query.IsAsked(*job)) continue;
    ListPosition position = query.order.PositionOf(*job);
    if (query.after && !query.order.IsBefore(*query.after, position)) continue;
    entries.push_back({std::move(position), job});
  }
  const std::size_t count = std::min(entries.size(), jobs_max);
  std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                    entries.end(), [&](const Entry& left, const Entry& right) {
                      return query.order.IsBefore(left.position, right.position);
                    });
  std::vector<const Job*> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(entries[i].job);
  return chosen;
}

std::variant<v1::ListJobsResponse, RequestError> PageOf(
    const v1::ListJobsRequest& request, const std::vector<const Job*>& jobs,
    const std::map<std::string, QueuePosition>& queue) {
  const auto parsed = ParseListQuery(request);
  if (const auto* error = std::get_if<RequestError>(&parsed)) return *error;
  const Query& query = std::get<Query>(parsed);
  // One more than the page has says whether another page follows.
  const auto choose = query.order.field_count() == 0 ? NewestFirst : InOrder;
  const std::vector<const Job*> chosen = choose(query, jobs, query.page_size + 1);
  v1::ListJobsResponse response;
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < std::min(chosen.size(), query.page_size); ++count) {
    const auto queued = queue.find(chosen[count]->id);
    v1::Job job = ToProto(*chosen[count],
                          queued == queue.end() ? std::nullopt : std::optional(queued->second));
    bytes += job.ByteSizeLong();
    if (count > 0 && bytes > kPageBytesMax) break;
    *response.add_jobs() = std::move(job);
  }
  if (count < chosen.size()) response.set_next_page_token(PageTokenOf(query, *chosen[count - 1]));
  return response;
}

}  // namespace

std::variant<JobFilter, RequestError> ParseJobFilter(const std::string& text) {
  auto filter = JobFilter::Parse(text);
  if (const auto* problem = std::get_if<QueryProblem>(&filter))
    return QueryInvalid("FILTER_INVALID", "filter", *problem);
  return std::get<JobFilter>(std::move(filter));
}

std::variant<v1::ListJobsResponse, RequestError> ListJobsPage(const v1::ListJobsRequest& request,
                                                              const State& state) {
  return PageOf(request, state.jobs(), state.QueuePositions());
}

std::variant<v1::ListJobsResponse, RequestError> ListJobsPage(const v1::ListJobsRequest& request,
                                                              const ClusterSnapshot& snapshot) {
  std::vector<const Job*> jobs;
  for (const Job& job : snapshot.jobs) jobs.push_back(&job);
  return PageOf(request, jobs, snapshot.queue);
}

}  // namespace descent
