#include "coordinator/event_log.h"

#include <string_view>

#include "coordinator/database.h"

namespace descent {
namespace {

constexpr std::string_view kSelect =
    "SELECT seq, time, type, from_state, to_state, reason, message, actor, request_id, job, "
    "payload FROM events WHERE ";

Result<std::vector<StoredEvent>> ReadRows(Statement& rows) {
  std::vector<StoredEvent> events;
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return events;
    events.push_back({.sequence = rows.Integer(0),
                      .time = rows.Real(1),
                      .type = rows.Bytes(2),
                      .from_state = rows.Bytes(3),
                      .to_state = rows.Bytes(4),
                      .reason = rows.Bytes(5),
                      .message = rows.Bytes(6),
                      .actor = rows.Bytes(7),
                      .request_id = rows.Bytes(8),
                      .job_id = rows.Bytes(9),
                      .payload = PayloadFromJson(rows.Bytes(10))});
  }
}

}  // namespace

Result<std::vector<StoredEvent>> ReadEvents(const std::filesystem::path& store,
                                            const std::string& job_id, std::int64_t after,
                                            int count_max) {
  DESCENT_ASSIGN(Database database, Database::OpenReadOnly(store));
  DESCENT_ASSIGN(Statement rows, database.Prepare(std::string(kSelect) +
                                                  "job = ? AND seq > ? ORDER BY seq LIMIT ?"));
  rows.Bind(0, job_id).Bind(1, after).Bind(2, std::int64_t{count_max});
  return ReadRows(rows);
}

Result<std::vector<StoredEvent>> ReadEventsOfAll(const std::filesystem::path& store,
                                                 std::int64_t after, int count_max) {
  DESCENT_ASSIGN(Database database, Database::OpenReadOnly(store));
  DESCENT_ASSIGN(Statement rows,
                 database.Prepare(std::string(kSelect) + "seq > ? ORDER BY seq LIMIT ?"));
  rows.Bind(0, after).Bind(1, std::int64_t{count_max});
  return ReadRows(rows);
}

}  // namespace descent
