#include "common/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace descent {

void InitLog(const std::string& process_name) {
  auto logger = spdlog::stderr_logger_mt(process_name);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %n %L %v", spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace descent
