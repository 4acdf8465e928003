#include "rpc/connect_failure.h"

#include <string_view>

namespace descent {
namespace {

struct Explanation {
  std::string_view found;  // in OpenSSL's or gRPC's text
  std::string_view meaning;
};

constexpr Explanation kExplanations[] = {
    {"certificate verify failed", "its certificate is not vouched for by --tls-ca"},
    {"wrong version number", "it does not speak TLS; leave --tls-ca out"},
    {"is not in peer certificate", "its certificate is for other names than this one"},
    {"Hostname Verification Check failed", "its certificate is for other names than this one"},
    {"certificate required", "it asks for a certificate; give --tls-cert and --tls-key"},
    {"Ssl handshake failed", "the TLS handshake failed"},
};

}  // namespace

std::string ExplainTlsFailure(const std::string& message) {
  for (const Explanation& explanation : kExplanations)
    if (message.find(explanation.found) != std::string::npos)
      return std::string(explanation.meaning);
  return "";
}

}  // namespace descent
