#include "client/render/json_lines.h"

#include <nlohmann/json.hpp>

namespace descent {

std::string JsonLines(const std::string& json) {
  const auto document = nlohmann::ordered_json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return json;
  if (!document.is_array()) return document.dump() + "\n";
  std::string lines;
  for (const auto& item : document) lines += item.dump() + "\n";
  return lines;
}

}  // namespace descent
