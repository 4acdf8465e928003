#include "worker/log_sink.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace descent {
namespace {

LogSeverity SeverityOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LogSeverity::kDebug;
    case spdlog::level::warn:
      return LogSeverity::kWarning;
    case spdlog::level::err:
    case spdlog::level::critical:
      return LogSeverity::kError;
    default:
      return LogSeverity::kInfo;
  }
}

// The ring has a lock of its own.
class RingSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit RingSink(std::shared_ptr<LogRing> ring) : ring_(std::move(ring)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto time =
        std::chrono::duration_cast<std::chrono::microseconds>(message.time.time_since_epoch());
    ring_->Add(SeverityOf(message.level), time.count(),
               {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  const std::shared_ptr<LogRing> ring_;
};

}  // namespace

void AddRingToLog(std::shared_ptr<LogRing> ring) {
  spdlog::default_logger()->sinks().push_back(std::make_shared<RingSink>(std::move(ring)));
}

}  // namespace descent
