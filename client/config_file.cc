#include "client/config_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace descent {
namespace {

constexpr std::string_view kServer = "server";  // the others name files
constexpr std::array<std::string_view, 5> kKeys = {kServer, "tls_ca", "tls_cert", "tls_key",
                                                   "token_file"};

// Puts one value into `config`, or says what is wrong with it.
std::string Take(const YamlValue& key, const YamlValue& value,
                 const std::filesystem::path& directory, ConfigFile& config) {
  if (std::ranges::find(kKeys, key.text) == kKeys.end())
    return fmt::format("unknown key, must be one of {}", fmt::join(kKeys, ", "));
  if (value.kind != YamlValue::Kind::kText || value.text.empty()) return "must be a text";
  const std::string text =
      key.text == kServer ? value.text : (directory / value.text).lexically_normal().string();
  return config.values.emplace(key.text, text).second ? "" : "given twice";
}

}  // namespace

ConfigFile ParseConfigFile(std::string_view text, const std::filesystem::path& directory) {
  ConfigFile config;
  Yaml yaml = ParseYaml(text, "");
  config.problems = std::move(yaml.problems);
  if (!config.problems.empty() || yaml.root.kind == YamlValue::Kind::kNothing) return config;
  if (yaml.root.kind != YamlValue::Kind::kMapping) {
    config.problems = {ProblemAt(yaml.root.place, "", "must be lines of KEY: VALUE")};
    return config;
  }
  const std::vector<YamlValue>& children = yaml.root.children;
  for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
    std::string problem = Take(children[i], children[i + 1], directory, config);
    if (!problem.empty())
      config.problems.push_back(
          ProblemAt(children[i].place, Shown(children[i].text), std::move(problem)));
  }
  return config;
}

std::filesystem::path ConfigFilePath() {
  const char* const config_home = std::getenv("XDG_CONFIG_HOME");
  const char* const home = std::getenv("HOME");
  std::filesystem::path directory;
  if (config_home != nullptr && *config_home == '/')  // others are to be ignored, the standard says
    directory = config_home;
  else if (home != nullptr && *home != '\0')
    directory = std::filesystem::path(home) / ".config";
  return directory.empty() ? directory : directory / "descent" / "config.yaml";
}

}  // namespace descent
