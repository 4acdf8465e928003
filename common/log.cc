#include "common/log.h"

#include <spdlog/sinks/stdout_sinks.h>

#include <memory>

namespace descent {

void InitLog(const std::string& process_name, std::FILE* file) {
  using Sink = spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>;
  auto logger = std::make_shared<spdlog::logger>(process_name, std::make_shared<Sink>(file));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %n %L %v", spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace descent
