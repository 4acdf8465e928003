#include "client/profile.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/file.h"

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t GenerationOf(const std::string& file_name) {
  std::int64_t generation = -1;
  std::from_chars(file_name.data(), file_name.data() + file_name.size(), generation);
  return generation;
}

// The files of the newest attempt.
Result<std::vector<std::string>> NewestFiles(const std::filesystem::path& directory) {
  DESCENT_ASSIGN(std::vector<std::string> names, ListDirectory(directory));
  if (names.empty())
    return Status(Code::kNotFound,
                  "the run ended before a step was recorded: " + directory.string() + " is empty");
  const std::int64_t newest = GenerationOf(*std::ranges::max_element(names, {}, GenerationOf));
  std::erase_if(names, [&](const std::string& name) { return GenerationOf(name) != newest; });
  return names;
}

void BeginAtZero(Json& events) {
  double first = std::numeric_limits<double>::infinity();
  for (const Json& event : events)
    if (event.contains("ts")) first = std::min(first, event["ts"].get<double>());
  for (Json& event : events)
    if (event.contains("ts")) event["ts"] = event["ts"].get<double>() - first;
}

}  // namespace

Result<std::string> MergeProfiles(const std::filesystem::path& directory) {
  DESCENT_ASSIGN(const std::vector<std::string> names, NewestFiles(directory));
  Json events = Json::array();
  std::int64_t left_out = 0;
  for (const std::string& name : names) {
    DESCENT_ASSIGN(const std::string text, ReadFile(directory / name));
    try {
      Json trace = Json::parse(text);
      left_out += trace.at("leftOut").get<std::int64_t>();
      for (Json& event : trace.at("traceEvents")) events.push_back(std::move(event));
    } catch (const Json::exception& error) {
      return Status(Code::kInternal, (directory / name).string() + ": " + error.what());
    }
  }
  BeginAtZero(events);
  return Json{{"traceEvents", std::move(events)}, {"leftOut", left_out}}.dump();
}

}  // namespace descent
