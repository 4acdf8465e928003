#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "common/result.h"
#include "coordinator/database.h"

namespace descent {

// What a webhook is to be told of.
struct WebhookEntry {
  std::int64_t sequence = 0;  // of the job's event, which it is named by
  std::string event;          // "JobSucceeded"
  double time = 0;            // seconds since the epoch
  std::string record;         // the job as it was then (job_record.h)
};

// One webhook's view of the outbox that Store fills: what it was not yet told of, oldest first. An
// entry is kept until every webhook has passed it, also where its job is deleted meanwhile. What
// was saved survives power loss. One thread at a time, beside others with their own and
// beside the Store; every call waits for the disk. Errors are those of Database.
class WebhookOutbox {
 public:
  // Says which webhooks there are, by WebhookUrl::Id. A new one begins after the newest event; what
  // was kept for one that is gone is forgotten. `store` is a file that Store has opened before.
  static Status Register(const std::filesystem::path& store, std::span<const std::string> ids);

  static Result<WebhookOutbox> Open(const std::filesystem::path& store, std::string id);

  // Nothing: the webhook was told of everything.
  Result<std::optional<WebhookEntry>> Next();

  // The webhook was told of this entry and those before it: Next goes on behind it. It is not on
  // record before the next Save.
  void Acknowledge(std::int64_t sequence) { told_ = sequence; }
  // Puts on record what was acknowledged, in one transaction, if there is anything new.
  Status Save();

  // Passes over what is older than `time`, and saves; returns how many entries that are.
  Result<std::int64_t> DropBefore(double time);

  // What webhooks are still to be told of, all together.
  static Result<std::int64_t> CountPending(const std::filesystem::path& store);

 private:
  WebhookOutbox(Database database, std::string id)
      : database_(std::move(database)), id_(std::move(id)) {}

  Database database_;
  std::string id_;
  std::int64_t told_ = 0;   // the last that was acknowledged; 0: none yet
  std::int64_t saved_ = 0;  // the last that is on record since this was opened
};

}  // namespace descent
