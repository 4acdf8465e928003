#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/result.h"
#include "coordinator/action.h"
#include "coordinator/counters.h"
#include "coordinator/database.h"
#include "coordinator/event.h"
#include "coordinator/webhook_event.h"

namespace descent {

// The coordinator's memory across restarts: one SQLite file with the jobs as they are, every event
// that led there, the cordons of workers, and the generation counter. What Commit has returned for
// survives power loss. One thread at a time.
//   jobs(id, sequence, state, record, record_hash)
//     record: job_record.proto; record_hash: null in a row from before there were hashes
//   events(seq, job, time, type, from_state, to_state, reason, message, actor, request_id)
//     actor: empty in a row from before there were actors
//   counters(name, value)
//   cordons(pool, world_rank, kind)
//   audit(seq, time, actor, type, subject, message)   audit_log.h's
//   tokens(…)                           TokenStore's
//   webhooks(id, delivered)             WebhookOutbox's
//   webhook_outbox(seq, event, time, record)
//     what webhooks are to be told of: the number of the event, and the job as it was then
class Store {
 public:
  // Creates the file or brings its schema up to date; what it was before that is kept as
  // PATH.schema-VERSION.
  static Result<std::unique_ptr<Store>> Open(const std::filesystem::path& path);

  // From now on, events of these names (webhook_event.h) are put into the outbox of webhooks, in
  // the transaction that stores them.
  void TellWebhooksOf(WebhookEvents events) { webhook_events_ = std::move(events); }

  // Everything a new State needs. A job whose record cannot be read, or
  // is not what was written, is logged, and FAILED with
  // reason kRecordUnreadable; its row stays as it is, for a program that can read it.
  Result<Restore> Load();

  // The StoreJob, ForgetJob, StoreGeneration, StoreCordon and StoreAudit among `actions`, in order,
  // in one transaction; the others are passed over. `time` is when their events happened, in
  // seconds since the epoch. After an error nothing is stored, and the call can be repeated.
  Status Commit(std::span<const Action> actions, double time);

  // How often this was called before: once in each life of a coordinator.
  Result<std::int64_t> CountStart();

  // How long the transactions took, since this object was made.
  const Histogram& commit_times() const { return commit_times_; }

  // The sequence of the newest event that was ever stored; 0: none was.
  std::int64_t last_event() const { return last_event_; }

 private:
  explicit Store(Database database) : database_(std::move(database)) {}

  Status Write(const StoreJob& action, double time);
  Status Write(const ForgetJob& action);
  Status Write(const StoreGeneration& action);
  Status Write(const CordonRecord& record);
  Result<std::vector<Job>> LoadJobs();
  // Stands for one whose row cannot be read. `why`: of its record.
  Result<Job> UnreadableJob(const std::string& id, std::int64_t sequence, const std::string& why);
  Result<std::vector<CordonRecord>> LoadCordons();
  Result<std::int64_t> LoadLastEvent();
  Result<std::optional<std::int64_t>> LoadCounter(std::string_view name);
  Status Transact(std::span<const Action> actions, double time);
  Status WriteAll(std::span<const Action> actions, double time);

  Histogram commit_times_;
  std::int64_t last_event_ = 0;
  std::int64_t written_event_ = 0;  // the newest of the transaction
  WebhookEvents webhook_events_;
  Database database_;  // before its statements, which end first
  std::unique_ptr<Statement> put_job_;
  std::unique_ptr<Statement> add_event_;
  std::unique_ptr<Statement> remove_events_;
  std::unique_ptr<Statement> remove_job_;
  std::unique_ptr<Statement> put_counter_;
  std::unique_ptr<Statement> put_cordon_;
  std::unique_ptr<Statement> remove_cordon_;
  std::unique_ptr<Statement> add_to_outbox_;
};

}  // namespace descent
