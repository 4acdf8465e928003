#include "coordinator/webhook_outbox.h"

#include <nlohmann/json.hpp>

namespace descent {
namespace {

// sqlite_sequence has the newest number that was ever given, also where the events are deleted.
constexpr std::string_view kAddNew =
    "INSERT OR IGNORE INTO webhooks(id, delivered) "
    "SELECT value, (SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'events') "
    "FROM json_each(?)";
constexpr std::string_view kRemoveOld =
    "DELETE FROM webhooks WHERE id NOT IN (SELECT value FROM json_each(?))";
constexpr std::string_view kMoveTo = "UPDATE webhooks SET delivered = ? WHERE id = ?";
// Without a webhook nobody waits for anything.
constexpr std::string_view kRemovePassed =
    "DELETE FROM webhook_outbox WHERE seq <= "
    "(SELECT COALESCE(MIN(delivered), 9223372036854775807) FROM webhooks)";

Status Run(Database& database, std::string_view sql, std::string_view text) {
  DESCENT_ASSIGN(Statement statement, database.Prepare(sql));
  return statement.Bind(0, text).Run();
}

Status Replace(Database& database, const std::string& ids) {
  DESCENT_RETURN_IF_ERROR(Run(database, kAddNew, ids));
  DESCENT_RETURN_IF_ERROR(Run(database, kRemoveOld, ids));
  return database.Execute(kRemovePassed);
}

Status MoveTo(Database& database, const std::string& id, std::int64_t sequence) {
  DESCENT_ASSIGN(Statement statement, database.Prepare(kMoveTo));
  DESCENT_RETURN_IF_ERROR(statement.Bind(0, sequence).Bind(1, id).Run());
  return database.Execute(kRemovePassed);
}

// What `change` does takes effect as a whole or not at all.
template <typename Change>
Status InTransaction(Database& database, Change change) {
  DESCENT_RETURN_IF_ERROR(database.Begin());
  Status status = change();
  if (status.ok()) status = database.Commit();
  if (!status.ok()) database.Rollback();
  return status;
}

}  // namespace

Status WebhookOutbox::Register(const std::filesystem::path& store,
                               std::span<const std::string> ids) {
  DESCENT_ASSIGN(Database database, Database::Open(store, Durability::kEveryCommit));
  const std::string list = nlohmann::json(std::vector<std::string>(ids.begin(), ids.end())).dump();
  return InTransaction(database, [&] { return Replace(database, list); });
}

Result<WebhookOutbox> WebhookOutbox::Open(const std::filesystem::path& store, std::string id) {
  DESCENT_ASSIGN(Database database, Database::Open(store, Durability::kEveryCommit));
  return WebhookOutbox(std::move(database), std::move(id));
}

Result<std::optional<WebhookEntry>> WebhookOutbox::Next() {
  DESCENT_ASSIGN(Statement row,
                 database_.Prepare("SELECT seq, event, time, record FROM webhook_outbox "
                                   "WHERE seq > (SELECT MAX(delivered, ?) FROM webhooks "
                                   "WHERE id = ?) ORDER BY seq LIMIT 1"));
  DESCENT_ASSIGN(const bool has_row, row.Bind(0, told_).Bind(1, id_).Step());
  if (!has_row) return std::optional<WebhookEntry>();
  return std::optional(WebhookEntry{.sequence = row.Integer(0),
                                    .event = row.Bytes(1),
                                    .time = row.Real(2),
                                    .record = row.Bytes(3)});
}

Status WebhookOutbox::Save() {
  if (told_ == saved_) return Status();
  DESCENT_RETURN_IF_ERROR(InTransaction(database_, [&] { return MoveTo(database_, id_, told_); }));
  saved_ = told_;
  return Status();
}

Result<std::int64_t> WebhookOutbox::DropBefore(double time) {
  DESCENT_ASSIGN(
      Statement row,
      database_.Prepare("SELECT COUNT(*), MAX(seq) FROM webhook_outbox WHERE time < ? "
                        "AND seq > (SELECT MAX(delivered, ?) FROM webhooks WHERE id = ?)"));
  DESCENT_RETURN_IF_ERROR(row.Bind(0, time).Bind(1, told_).Bind(2, id_).Step().status());
  const std::int64_t count = row.Integer(0);
  const std::int64_t last = row.Integer(1);
  row.Reset();  // a statement that is open would keep the transaction from ending
  if (count > 0) Acknowledge(last);
  DESCENT_RETURN_IF_ERROR(Save());
  return count;
}

Result<std::int64_t> WebhookOutbox::CountPending(const std::filesystem::path& store) {
  DESCENT_ASSIGN(Database database, Database::OpenReadOnly(store));
  DESCENT_ASSIGN(Statement row, database.Prepare("SELECT COUNT(*) FROM webhooks "
                                                 "JOIN webhook_outbox ON seq > delivered"));
  DESCENT_RETURN_IF_ERROR(row.Step().status());
  return row.Integer(0);
}

}  // namespace descent
