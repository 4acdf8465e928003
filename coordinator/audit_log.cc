#include "coordinator/audit_log.h"

#include <limits>

namespace descent {
namespace {

constexpr std::int64_t kEventsKept = 100'000;

}  // namespace

Status AddAuditEvent(Database& database, const StoreAudit& change, double time) {
  DESCENT_ASSIGN(Statement add,
                 database.Prepare("INSERT INTO audit(time, actor, type, subject, message) "
                                  "VALUES(?, ?, ?, ?, ?)"));
  add.Bind(0, time).Bind(1, change.actor).Bind(2, change.type);
  DESCENT_RETURN_IF_ERROR(add.Bind(3, change.subject).Bind(4, change.message).Run());
  DESCENT_ASSIGN(Statement forget, database.Prepare("DELETE FROM audit WHERE seq <= ?"));
  return forget.Bind(0, database.last_insert_id() - kEventsKept).Run();
}

Result<std::vector<AuditEvent>> ReadAuditEvents(const std::filesystem::path& store,
                                                std::optional<std::int64_t> before, int count_max) {
  DESCENT_ASSIGN(Database database, Database::OpenReadOnly(store));
  DESCENT_ASSIGN(Statement rows,
                 database.Prepare("SELECT seq, time, actor, type, subject, message FROM audit "
                                  "WHERE seq < ? ORDER BY seq DESC LIMIT ?"));
  rows.Bind(0, before.value_or(std::numeric_limits<std::int64_t>::max()));
  rows.Bind(1, std::int64_t{count_max});
  std::vector<AuditEvent> events;
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return events;
    events.push_back({.sequence = rows.Integer(0),
                      .time = rows.Real(1),
                      .change = {.actor = rows.Bytes(2),
                                 .type = rows.Bytes(3),
                                 .subject = rows.Bytes(4),
                                 .message = rows.Bytes(5)}});
  }
}

}  // namespace descent
