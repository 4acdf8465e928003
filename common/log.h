#pragma once

#include <spdlog/spdlog.h>

#include <cstdio>
#include <string>

namespace descent {

// One event a line, past tense, then keys: LogInfo("step finished job={} step={}", job, step).
// Goes to stderr as "2026-01-31T12:00:00.000Z NAME I text". Any thread.
template <typename... Args>
void LogInfo(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::info(format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogWarning(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::warn(format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogError(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::error(format, std::forward<Args>(args)...);
}

// Names this process in every line, for example "worker 2". Call once, first thing in main.
void InitLog(const std::string& process_name, std::FILE* file = stderr);

}  // namespace descent
