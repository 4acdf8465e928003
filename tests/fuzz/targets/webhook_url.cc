#include "coordinator/webhook_url.h"

#include <string>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

DESCENT_FUZZ_TARGET(webhook_url) {
  const Result<WebhookUrl> url = WebhookUrl::Parse(bytes);
  if (!url.ok()) return;
  NoteTaken();
  DESCENT_CHECK(url.value().address.port >= 1 && url.value().address.port <= 65535);
  // What is sent is one line each of a request's head.
  DESCENT_CHECK(url.value().target.starts_with('/'));
  for (const std::string& part : {url.value().target, url.value().authority})
    DESCENT_CHECK(part.find_first_of(" \r\n") == part.npos);
  DESCENT_CHECK(!url.value().Origin().empty());
}

}  // namespace descent
