#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "coordinator/action.h"
#include "coordinator/database.h"

namespace descent {

// Who changed what beside the jobs' histories, in the table `audit` of state.db, which Store makes:
// workers kept from jobs, tokens, and deletions of jobs. The newest 100,000 are kept.

struct AuditEvent {
  std::int64_t sequence = 0;
  double time = 0;  // seconds since the epoch
  StoreAudit change;
};

// Adds one to the transaction that `database` is in, so that it is on record with what it is of.
Status AddAuditEvent(Database& database, const StoreAudit& change, double time);

// The newest `count_max` of those before the sequence number `before`, newest first; none: of all.
// From the Store's file; what is returned is durable. Any thread; blocks on the disk.
Result<std::vector<AuditEvent>> ReadAuditEvents(const std::filesystem::path& store,
                                                std::optional<std::int64_t> before, int count_max);

}  // namespace descent
