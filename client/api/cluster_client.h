#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/api/endpoint.h"
#include "client/api/reply.h"
#include "client/api/types.h"

namespace descent {

// ClusterService of one coordinator, but for the status that Client asks for. Calls block as those
// of Client. Any thread.
class ClusterClient {
 public:
  explicit ClusterClient(const Endpoint& endpoint);
  ~ClusterClient();

  Reply<std::vector<PoolView>> ListPools();  // by name

  // `name`: of the worker, "pools/{pool}/workers/{world rank}".
  Reply<WorkerView> CordonWorker(const std::string& name);
  Reply<WorkerView> UncordonWorker(const std::string& name);
  Reply<WorkerView> DrainWorker(const std::string& name);

  Reply<ServerInfoView> GetServerInfo();

  // Newest first, at most so many, of which there is one at least.
  Reply<std::vector<AuditEventView>> ListAuditEvents(int events_max);

  // Empty: the coordinator makes the name. Blocks for as long as it takes, at most an hour, and is
  // sent once.
  Reply<StateBackupView> BackupState(const std::string& name);

 private:
  struct Stub;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace descent
