#include "launch/mpirun_command.h"

#include "common/check.h"
#include "common/limits.h"
#include "launch/leave_time.h"
#include "launch/pool_processes.h"

namespace descent {

std::vector<std::string> MpirunCommand(const PoolOptions& pool, const LaunchSite& site) {
  DESCENT_CHECK(pool.ranks >= 1);
  DESCENT_CHECK(pool.ranks <= limits::kWorldSizeMax);
  std::vector<std::string> command = {site.mpirun_program, "-n", std::to_string(pool.ranks)};
  const auto add = [&](std::initializer_list<std::string> arguments) {
    command.insert(command.end(), arguments);
  };
  // mpirun refuses root otherwise; in a container there is often nobody else.
  if (site.is_root) add({"--allow-run-as-root"});
  if (pool.host_file.empty()) {
    add({"--oversubscribe", "--bind-to", "none"});
  } else {
    if (pool.hosts.empty())
      add({"--hostfile", pool.host_file});
    else
      add({"--host", HostList(pool.hosts)});
    add({"-x", kPoolVariable});
  }
  command.insert(command.end(), pool.mpirun_options.begin(), pool.mpirun_options.end());
  add({site.launch_program, kRankWrapperFlag, site.worker_program});
  add({"--coordinator", pool.coordinator});
  if (!pool.only_job.empty()) add({"--job", pool.only_job});
  for (const auto& arguments : {ArgumentsOf(pool.credentials), ArgumentsOf(pool.profile)})
    command.insert(command.end(), arguments.begin(), arguments.end());
  // As an argument: variables of the environment do not reach other hosts.
  if (pool.leave_timeout_seconds)
    add({kLeaveTimeoutFlag, std::to_string(*pool.leave_timeout_seconds)});
  return command;
}

}  // namespace descent
