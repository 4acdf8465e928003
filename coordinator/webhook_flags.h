#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/webhooks.h"

namespace CLI {
class App;
}

namespace descent {

// What the command line says of webhooks: only its operator, never a job, chooses whom the
// coordinator calls.
struct WebhookFlags {
  std::vector<std::string> urls;
  std::vector<std::string> events;
  std::string secret_file;
  std::string ca_file;
};

void DeclareWebhookFlags(CLI::App& app, WebhookFlags& flags);

// Reads the files. Errors are kInvalidArgument or those of the file, and name the flag; none
// repeats a secret.
Result<WebhookOptions> ResolveWebhookFlags(const WebhookFlags& flags);

}  // namespace descent
