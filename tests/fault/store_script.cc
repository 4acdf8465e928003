#include "tests/fault/store_script.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <string_view>
#include <utility>

#include "coordinator/database.h"
#include "coordinator/job_record.h"
#include "coordinator/webhook_outbox.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

constexpr int kJobs = 6;
constexpr double kTime = 1234.5;
constexpr std::string_view kFastWebhook = "fast";
const std::array<std::string, 2> kWebhooks = {std::string(kFastWebhook), "slow"};

// Each row as one text.
constexpr std::array<std::string_view, 7> kRows = {
    "SELECT 'job ' || quote(id) || quote(sequence) || quote(state) || quote(record) || "
    "quote(record_hash) FROM jobs ORDER BY id",
    "SELECT 'event ' || quote(seq) || quote(job) || quote(time) || quote(type) || "
    "quote(from_state) || quote(to_state) || quote(reason) || quote(message) FROM events "
    "ORDER BY seq",
    "SELECT 'counter ' || quote(name) || quote(value) FROM counters ORDER BY name",
    "SELECT 'cordon ' || quote(pool) || quote(world_rank) || quote(kind) FROM cordons "
    "ORDER BY pool, world_rank",
    "SELECT 'webhook ' || quote(id) || quote(delivered) FROM webhooks ORDER BY id",
    "SELECT 'outbox ' || quote(seq) || quote(event) || quote(time) || quote(record) "
    "FROM webhook_outbox ORDER BY seq",
    "SELECT 'sequence ' || quote(name) || quote(seq) FROM sqlite_sequence ORDER BY name"};

Status CheckIntegrity(Database& database) {
  DESCENT_ASSIGN(Statement check, database.Prepare("PRAGMA integrity_check"));
  DESCENT_RETURN_IF_ERROR(check.Step().status());
  if (check.Bytes(0) == "ok") return Status();
  return Status(Code::kDataLoss, check.Bytes(0));
}

StoreJob Change(const Job& before, const Job& after) {
  return {.job = after,
          .event_type = "StateChanged",
          .from_state = std::string(JobStateName(before.state)),
          .to_state = std::string(JobStateName(after.state)),
          .reason = "Scripted",
          .message = "a step of the script"};
}

CheckpointRecord CheckpointOf(const Job& job, std::int64_t step) {
  return {
      .step = step,
      .epoch = step / 10,
      .directory = fmt::format("/checkpoints/{}/step-{}", job.id, step),
      .state_digest = {static_cast<std::uint64_t>(job.sequence), static_cast<std::uint64_t>(step)},
      .bytes = 2048,
      .create_time = kTime};
}

}  // namespace

StoreScript::StoreScript(std::filesystem::path file) : file_(std::move(file)) {
  steps_.emplace_back([this] { return MakeOldStore(); });
  steps_.emplace_back([this] { return Open(); });
  steps_.emplace_back([this] { return WebhookOutbox::Register(file_, kWebhooks); });
  for (int number = 1; number <= kJobs; ++number) AddLifeOf(number);
}

void StoreScript::AddCommit(std::vector<Action> actions) {
  steps_.emplace_back([this, actions = std::move(actions)] { return Commit(actions); });
}

void StoreScript::AddLifeOf(int number) {
  // The old store has the job with sequence 1.
  Job job = MakeJob(fmt::format("job-{}", number), number + 1);
  const auto move_to = [&](JobState state, const Action& beside) {
    const Job before = job;
    job.state = state;
    AddCommit({beside, Change(before, job)});
  };
  AddCommit({StoreJob{.job = job, .event_type = "Created"}});
  move_to(JobState::kStarting, StoreGeneration{.generation = number});
  move_to(JobState::kRunning,
          StoreCordon{{.pool = "p", .world_rank = number, .cordon = Cordon::kCordoned}});
  for (const std::int64_t step : {10, 20, 30}) {
    job.checkpoints.push_back(CheckpointOf(job, step));
    AddCommit({StoreJob{.job = job, .event_type = "CheckpointWritten"}});
  }
  if (number % 2 == 1) steps_.emplace_back([this] { return FoldLog(); });
  move_to(JobState::kSucceeded, StoreCordon{{.pool = "p", .world_rank = number}});
  steps_.emplace_back([this] { return AcknowledgeNext(); });
  if (number % 3 == 0) steps_.emplace_back([this] { return StartAgain(); });
  if (number > 1) AddCommit({ForgetJob{.job_id = fmt::format("job-{}", number - 1)}});
}

// As the first release wrote it. A commit that failed may still be there after the next opening.
Status StoreScript::MakeOldStore() {
  DESCENT_ASSIGN(Database database, Database::Open(file_, Durability::kEveryCommit));
  DESCENT_ASSIGN(const std::size_t version, database.Version());
  if (version == 1) return Status();
  DESCENT_RETURN_IF_ERROR(database.Begin());
  DESCENT_RETURN_IF_ERROR(database.Execute(
      "CREATE TABLE jobs(id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, "
      "state TEXT NOT NULL, record BLOB NOT NULL) STRICT;"
      "CREATE TABLE events(seq INTEGER PRIMARY KEY AUTOINCREMENT, "
      "job TEXT NOT NULL REFERENCES jobs(id), time REAL NOT NULL, type TEXT NOT NULL, "
      "from_state TEXT NOT NULL, to_state TEXT NOT NULL, reason TEXT NOT NULL, "
      "message TEXT NOT NULL) STRICT;"
      "CREATE INDEX events_by_job ON events(job, seq);"
      "CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
      "PRAGMA user_version=1"));
  const std::string record = EncodeJob(MakeJob("old", 1));
  {
    DESCENT_ASSIGN(Statement add,
                   database.Prepare("INSERT INTO jobs VALUES('old', 1, 'QUEUED', ?)"));
    DESCENT_RETURN_IF_ERROR(add.BindBlob(0, record).Run());
  }
  DESCENT_RETURN_IF_ERROR(
      database.Execute("INSERT INTO events VALUES(1, 'old', 1, 'Created', '', 'QUEUED', '', '')"));
  return database.Commit();
}

Status StoreScript::Open() {
  DESCENT_ASSIGN(store_, Store::Open(file_));
  store_->TellWebhooksOf(DefaultWebhookEvents());
  return Status();
}

Status StoreScript::StartAgain() {
  Close();
  DESCENT_RETURN_IF_ERROR(Open());
  return store_->CountStart().status();
}

Status StoreScript::Commit(std::span<const Action> actions) {
  if (store_ == nullptr) DESCENT_RETURN_IF_ERROR(Open());
  return store_->Commit(actions, kTime);
}

// The fast webhook was told of the newest; the slow one never is.
Status StoreScript::AcknowledgeNext() {
  DESCENT_ASSIGN(WebhookOutbox outbox, WebhookOutbox::Open(file_, std::string(kFastWebhook)));
  DESCENT_ASSIGN(const std::optional<WebhookEntry> entry, outbox.Next());
  if (!entry) return Status();
  outbox.Acknowledge(entry->sequence);
  return outbox.Save();
}

// As a commit does once the log is long; the next one then begins the log anew.
Status StoreScript::FoldLog() {
  DESCENT_ASSIGN(Database database, Database::Open(file_, Durability::kEveryCommit));
  return database.Execute("PRAGMA wal_checkpoint(PASSIVE)");
}

Result<std::string> ContentsOf(const std::filesystem::path& file) {
  DESCENT_ASSIGN(Database database, Database::OpenReadOnly(file));
  DESCENT_RETURN_IF_ERROR(CheckIntegrity(database));
  std::string contents;
  for (const std::string_view sql : kRows) {
    DESCENT_ASSIGN(Statement rows, database.Prepare(sql));
    while (true) {
      DESCENT_ASSIGN(const bool has_row, rows.Step());
      if (!has_row) break;
      contents += rows.Bytes(0);
      contents += '\n';
    }
  }
  return contents;
}

}  // namespace descent
