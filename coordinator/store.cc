#include "coordinator/store.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <system_error>

#include "common/clock.h"
#include "common/failpoint.h"
#include "common/file.h"
#include "common/hash.h"
#include "common/job_spec.h"
#include "common/log.h"
#include "coordinator/audit_log.h"
#include "coordinator/event_payload.h"
#include "coordinator/job_record.h"

namespace descent {
namespace {

// One string per schema version, run in order; never edited once released.
constexpr std::array<std::string_view, 7> kMigrations = {R"sql(
  CREATE TABLE jobs(
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL,
    record BLOB NOT NULL) STRICT;
  CREATE TABLE events(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL REFERENCES jobs(id),
    time REAL NOT NULL,
    type TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL) STRICT;
  CREATE INDEX events_by_job ON events(job, seq);
  CREATE TABLE counters(
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL) STRICT;
)sql",
                                                         R"sql(
  CREATE TABLE tokens(
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    create_time REAL NOT NULL,
    expire_time REAL NOT NULL) STRICT;
)sql",
                                                         R"sql(
  CREATE TABLE cordons(
    pool TEXT NOT NULL,
    world_rank INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY(pool, world_rank)) STRICT, WITHOUT ROWID;
)sql",
                                                         R"sql(
  ALTER TABLE jobs ADD COLUMN record_hash TEXT;
)sql",
                                                         R"sql(
  CREATE TABLE webhooks(
    id TEXT PRIMARY KEY,
    delivered INTEGER NOT NULL) STRICT;
  CREATE TABLE webhook_outbox(
    seq INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    time REAL NOT NULL,
    record BLOB NOT NULL) STRICT;
)sql",
                                                         R"sql(
  ALTER TABLE events ADD COLUMN actor TEXT NOT NULL DEFAULT '';
  ALTER TABLE events ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
  CREATE TABLE audit(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    actor TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL) STRICT;
)sql",
                                                         R"sql(
  ALTER TABLE events ADD COLUMN payload TEXT NOT NULL DEFAULT '{}';
)sql"};

// Names of counters.
constexpr std::string_view kGeneration = "generation";
constexpr std::string_view kStarts = "starts";

bool IsStored(const Action& action) {
  return std::holds_alternative<StoreJob>(action) || std::holds_alternative<ForgetJob>(action) ||
         std::holds_alternative<StoreGeneration>(action) ||
         std::holds_alternative<StoreCordon>(action) || std::holds_alternative<StoreAudit>(action);
}

std::string HashOf(std::string_view record) {
  return Hash(std::as_bytes(std::span<const char>(record))).ToHex();
}

// Of a record from before records had a hash: a job that would be scheduled must have a spec that
// can be.
Status CheckWithoutHash(const Job& job) {
  if (IsTerminal(job.state)) return Status();
  const std::vector<Violation> violations = ValidateJobSpec(job.spec);
  if (violations.empty()) return Status();
  return Status(Code::kDataLoss,
                fmt::format("{}: {}", violations.front().field, violations.front().message));
}

// One row of jobs.
struct JobRow {
  std::string id;
  std::int64_t sequence = 0;
  std::string record;
  std::optional<std::string> hash;
};

// kDataLoss: the record is not what was written, or not that of the job in whose row it is.
Result<Job> DecodeRow(const JobRow& row) {
  DESCENT_ASSIGN(Job job, DecodeJob(row.record));
  if (job.id != row.id || job.sequence != row.sequence)
    return Status(Code::kDataLoss,
                  fmt::format("it is of job \"{}\", number {}, in the row of job \"{}\", number {}",
                              job.id, job.sequence, row.id, row.sequence));
  if (!row.hash) {
    DESCENT_RETURN_IF_ERROR(CheckWithoutHash(job));
  } else if (*row.hash != HashOf(row.record)) {
    return Status(Code::kDataLoss, "it is not what was written: its hash differs");
  }
  return job;
}

// What an older program wrote stays beside the store, for whoever has to go back to that program.
Status KeepBeforeMigration(Database& database, const std::filesystem::path& path) {
  DESCENT_ASSIGN(const std::size_t version, database.Version());
  if (version == 0 || version >= kMigrations.size()) return Status();
  std::filesystem::path kept = path;
  kept += fmt::format(".schema-{}", version);
  std::filesystem::path partial = kept;
  partial += ".partial";
  DESCENT_RETURN_IF_ERROR(RemoveTree(partial));
  DESCENT_RETURN_IF_ERROR(database.CopyTo(partial));
  std::error_code error;
  std::filesystem::rename(partial, kept, error);
  if (error)
    return Status(Code::kUnavailable, fmt::format("cannot rename {} to {}: {}", partial.string(),
                                                  kept.string(), error.message()));
  LogInfo("state store kept before its schema is changed file={}", kept.string());
  return SyncDirectory(path.parent_path());
}

Result<std::unique_ptr<Statement>> Keep(Result<Statement> statement) {
  if (!statement.ok()) return statement.status();
  return std::make_unique<Statement>(std::move(statement).value());
}

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(const std::filesystem::path& path) {
  DESCENT_ASSIGN(Database database, Database::Open(path, Durability::kEveryCommit));
  DESCENT_RETURN_IF_ERROR(KeepBeforeMigration(database, path));
  DESCENT_RETURN_IF_ERROR(database.Migrate(kMigrations));
  std::unique_ptr<Store> store(new Store(std::move(database)));  // NOLINT: private constructor
  DESCENT_ASSIGN(store->put_job_,
                 Keep(store->database_.Prepare(
                     "INSERT INTO jobs(id, sequence, state, record, record_hash) "
                     "VALUES(?, ?, ?, ?, ?) "
                     "ON CONFLICT(id) DO UPDATE SET state = excluded.state, "
                     "record = excluded.record, record_hash = excluded.record_hash")));
  DESCENT_ASSIGN(store->add_event_,
                 Keep(store->database_.Prepare(
                     "INSERT INTO events(job, time, type, from_state, to_state, reason, message, "
                     "actor, request_id, payload) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")));
  DESCENT_ASSIGN(store->remove_events_,
                 Keep(store->database_.Prepare("DELETE FROM events WHERE job = ?")));
  DESCENT_ASSIGN(store->remove_job_,
                 Keep(store->database_.Prepare("DELETE FROM jobs WHERE id = ?")));
  DESCENT_ASSIGN(
      store->put_counter_,
      Keep(store->database_.Prepare("INSERT INTO counters(name, value) VALUES(?, ?) "
                                    "ON CONFLICT(name) DO UPDATE SET value = excluded.value")));
  DESCENT_ASSIGN(store->put_cordon_,
                 Keep(store->database_.Prepare(
                     "INSERT INTO cordons(pool, world_rank, kind) VALUES(?, ?, ?) "
                     "ON CONFLICT(pool, world_rank) DO UPDATE SET kind = excluded.kind")));
  DESCENT_ASSIGN(
      store->remove_cordon_,
      Keep(store->database_.Prepare("DELETE FROM cordons WHERE pool = ? AND world_rank = ?")));
  DESCENT_ASSIGN(store->add_to_outbox_,
                 Keep(store->database_.Prepare("INSERT INTO webhook_outbox(seq, event, time, "
                                               "record) VALUES(?, ?, ?, ?)")));
  DESCENT_ASSIGN(store->last_event_, store->LoadLastEvent());
  return store;
}

Result<std::int64_t> Store::LoadLastEvent() {
  DESCENT_ASSIGN(Statement row,
                 database_.Prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'"));
  DESCENT_ASSIGN(const bool has_row, row.Step());
  return has_row ? row.Integer(0) : 0;
}

Result<Restore> Store::Load() {
  Restore restore;
  DESCENT_ASSIGN(restore.jobs, LoadJobs());
  DESCENT_ASSIGN(const std::optional<std::int64_t> generation, LoadCounter(kGeneration));
  restore.last_generation = generation.value_or(0);
  DESCENT_ASSIGN(restore.cordons, LoadCordons());
  return restore;
}

// Nothing: it was never stored.
Result<std::optional<std::int64_t>> Store::LoadCounter(std::string_view name) {
  DESCENT_ASSIGN(Statement row, database_.Prepare("SELECT value FROM counters WHERE name = ?"));
  DESCENT_ASSIGN(const bool has_row, row.Bind(0, name).Step());
  return has_row ? std::optional(row.Integer(0)) : std::nullopt;
}

Result<std::int64_t> Store::CountStart() {
  DESCENT_ASSIGN(const std::optional<std::int64_t> starts, LoadCounter(kStarts));
  DESCENT_RETURN_IF_ERROR(put_counter_->Bind(0, kStarts).Bind(1, starts.value_or(0) + 1).Run());
  return starts.value_or(0);
}

Result<std::vector<Job>> Store::LoadJobs() {
  std::vector<Job> jobs;
  DESCENT_ASSIGN(
      Statement rows,
      database_.Prepare("SELECT id, sequence, record, record_hash FROM jobs ORDER BY sequence"));
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return jobs;
    const JobRow row{.id = rows.Bytes(0),
                     .sequence = rows.Integer(1),
                     .record = rows.Bytes(2),
                     .hash = rows.IsNull(3) ? std::nullopt : std::optional(rows.Bytes(3))};
    Result<Job> job = DecodeRow(row);
    if (!job.ok()) {
      LogError("job record not readable job={} bytes={} error=\"{}\"", row.id, row.record.size(),
               job.status().message());
      job = UnreadableJob(row.id, row.sequence, job.status().message());
    }
    if (!job.ok()) return job.status();
    jobs.push_back(std::move(job).value());
  }
}

Result<Job> Store::UnreadableJob(const std::string& id, std::int64_t sequence,
                                 const std::string& why) {
  DESCENT_ASSIGN(Statement times,
                 database_.Prepare("SELECT COALESCE(MIN(time), 0), COALESCE(MAX(time), 0) "
                                   "FROM events WHERE job = ?"));
  DESCENT_RETURN_IF_ERROR(times.Bind(0, id).Step().status());
  const std::string message =
      "its record in the coordinator's store cannot be read, and is kept as it is: " + why;
  Job job;
  job.id = id;
  job.state = JobState::kFailed;
  job.state_reason = kRecordUnreadable;
  job.state_message = message;
  job.failure = FailureRecord{.reason = job.state_reason, .message = message};
  job.sequence = sequence;
  job.create_time = times.Real(0);
  job.end_time = times.Real(1);
  return job;
}

Result<std::vector<CordonRecord>> Store::LoadCordons() {
  std::vector<CordonRecord> cordons;
  DESCENT_ASSIGN(Statement rows, database_.Prepare("SELECT pool, world_rank, kind FROM cordons"));
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return cordons;
    const std::optional<Cordon> cordon = CordonFromName(rows.Bytes(2));
    if (!cordon)
      return Status(Code::kDataLoss, "stored cordon of pool \"" + rows.Bytes(0) +
                                         "\": unknown kind \"" + rows.Bytes(2) + "\"");
    cordons.push_back({.pool = rows.Bytes(0),
                       .world_rank = static_cast<int>(rows.Integer(1)),
                       .cordon = *cordon});
  }
}

Status Store::Commit(std::span<const Action> actions, double time) {
  if (std::none_of(actions.begin(), actions.end(), IsStored)) return Status();
  const MonotonicTime begin = MonotonicNow();
  const Status status = Transact(actions, time);
  commit_times_.Add(SecondsBetween(begin, MonotonicNow()));
  return status;
}

Status Store::Transact(std::span<const Action> actions, double time) {
  DESCENT_RETURN_IF_ERROR(database_.Begin());
  written_event_ = last_event_;
  Status status = WriteAll(actions, time);
  DESCENT_FAILPOINT("coordinator.commit.before");
  if (status.ok()) status = database_.Commit();
  DESCENT_FAILPOINT("coordinator.commit.after");
  if (status.ok()) last_event_ = written_event_;
  if (!status.ok()) database_.Rollback();
  return status;
}

Status Store::WriteAll(std::span<const Action> actions, double time) {
  for (const Action& action : actions) {
    if (const auto* job = std::get_if<StoreJob>(&action)) {
      DESCENT_RETURN_IF_ERROR(Write(*job, time));
    } else if (const auto* forget = std::get_if<ForgetJob>(&action)) {
      DESCENT_RETURN_IF_ERROR(Write(*forget));
    } else if (const auto* generation = std::get_if<StoreGeneration>(&action)) {
      DESCENT_RETURN_IF_ERROR(Write(*generation));
    } else if (const auto* cordon = std::get_if<StoreCordon>(&action)) {
      DESCENT_RETURN_IF_ERROR(Write(cordon->record));
    } else if (const auto* audit = std::get_if<StoreAudit>(&action)) {
      DESCENT_RETURN_IF_ERROR(AddAuditEvent(database_, *audit, time));
    }
  }
  return Status();
}

Status Store::Write(const StoreJob& action, double time) {
  const std::string record = EncodeJob(action.job);
  const std::string hash = HashOf(record);
  put_job_->Bind(0, action.job.id).Bind(1, action.job.sequence);
  put_job_->Bind(2, JobStateName(action.job.state)).BindBlob(3, record).Bind(4, hash);
  DESCENT_RETURN_IF_ERROR(put_job_->Run());
  if (action.event_type.empty()) return Status();
  add_event_->Bind(0, action.job.id).Bind(1, time).Bind(2, action.event_type);
  add_event_->Bind(3, action.from_state).Bind(4, action.to_state);
  add_event_->Bind(5, action.reason).Bind(6, action.message);
  add_event_->Bind(7, action.origin.actor).Bind(8, action.origin.request_id);
  const std::string payload = ToJson(PayloadOf(action));
  add_event_->Bind(9, payload);
  DESCENT_RETURN_IF_ERROR(add_event_->Run());
  written_event_ = database_.last_insert_id();
  const std::string_view event = WebhookEventOf(action);
  if (!webhook_events_.contains(event)) return Status();
  add_to_outbox_->Bind(0, written_event_).Bind(1, event).Bind(2, time).BindBlob(3, record);
  return add_to_outbox_->Run();
}

Status Store::Write(const ForgetJob& action) {
  DESCENT_RETURN_IF_ERROR(remove_events_->Bind(0, action.job_id).Run());
  return remove_job_->Bind(0, action.job_id).Run();
}

Status Store::Write(const CordonRecord& record) {
  if (record.cordon == Cordon::kNone)
    return remove_cordon_->Bind(0, record.pool).Bind(1, std::int64_t{record.world_rank}).Run();
  put_cordon_->Bind(0, record.pool).Bind(1, std::int64_t{record.world_rank});
  return put_cordon_->Bind(2, CordonName(record.cordon)).Run();
}

Status Store::Write(const StoreGeneration& action) {
  return put_counter_->Bind(0, kGeneration).Bind(1, action.generation).Run();
}

}  // namespace descent
