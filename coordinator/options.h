#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "common/low_watermark.h"
#include "common/result.h"
#include "coordinator/authenticator.h"
#include "coordinator/listen_address.h"
#include "coordinator/tls.h"
#include "coordinator/user_limits.h"
#include "coordinator/webhooks.h"

namespace descent {

// What the command line of descent-coordinator says.
struct CoordinatorOptions {
  ListenAddress user;
  ListenAddress worker;
  ListenAddress http;
  std::filesystem::path state_directory;
  std::filesystem::path checkpoint_root;  // absolute
  std::filesystem::path ports_file;       // empty: none
  std::filesystem::path worker_program;   // that exports models; empty: the one beside this
  std::optional<Tls> tls;                 // always there if another machine can reach a listener
  Admission admission = Admission::kEverybody;  // kTokens wherever there is TLS
  UserLimits limits;
  std::chrono::seconds stall_timeout{0};              // of StateOptions
  std::chrono::seconds resize_interval{60};           // of a running job; 0: none grows
  LowWatermark low_watermark = kLowWatermarkDefault;  // of the volume of checkpoint_root
  std::chrono::seconds start_timeout{0};              // of StateOptions, as are the next
  std::chrono::seconds min_runtime{60};
  double keep_jobs_days = 0;
  bool has_http_writes = false;  // jobs can be submitted and changed over HTTP, too
  WebhookOptions webhooks;
  bool exits_with_parent = false;
};

// Errors are kInvalidArgument and name the flag. Prints help or the version and exits the process
// if that is what was asked for.
Result<CoordinatorOptions> ParseCoordinatorOptions(int argc, const char* const* argv);

}  // namespace descent
