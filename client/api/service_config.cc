#include "client/api/service_config.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>

#include "descent/v1/access.pb.h"
#include "descent/v1/auth_service.pb.h"
#include "descent/v1/service.pb.h"

namespace descent {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using nlohmann::json;

// A viewer changes nothing. Streams are begun anew by those who know where they were.
bool MayBeRepeated(const MethodDescriptor& method) {
  if (method.server_streaming() || method.client_streaming()) return false;
  const MethodOptions& options = method.options();
  return options.GetExtension(v1::required_role) == v1::ROLE_VIEWER ||
         options.idempotency_level() == MethodOptions::IDEMPOTENT;
}

void AddRepeatable(const FileDescriptor& file, json& names) {
  for (int i = 0; i < file.service_count(); ++i)
    for (int j = 0; j < file.service(i)->method_count(); ++j) {
      const MethodDescriptor& method = *file.service(i)->method(j);
      if (MayBeRepeated(method))
        names.push_back({{"service", method.service()->full_name()}, {"method", method.name()}});
    }
}

}  // namespace

std::string RetryServiceConfig() {
  json names = json::array();
  AddRepeatable(*v1::Job::descriptor()->file(), names);
  AddRepeatable(*v1::Token::descriptor()->file(), names);
  const json policy = {{"maxAttempts", 5},
                       {"initialBackoff", "0.2s"},
                       {"maxBackoff", "5s"},
                       {"backoffMultiplier", 2},
                       {"retryableStatusCodes", {"UNAVAILABLE"}}};
  json config;
  config["methodConfig"] = json::array({{{"name", names}, {"retryPolicy", policy}}});
  config["retryThrottling"] = {{"maxTokens", 10}, {"tokenRatio", 0.1}};
  return config.dump();
}

}  // namespace descent
