#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/yaml_value.h"

namespace descent {

// The user's defaults for the flags of every command, a mapping in YAML: "server: host:9090". Its
// keys are server, tls_ca, tls_cert, tls_key and token_file. Names of files that are not absolute
// are in the directory of the config file.
struct ConfigFile {
  std::map<std::string, std::string> values;  // by key
  std::vector<FieldProblem> problems;         // by line
};

ConfigFile ParseConfigFile(std::string_view text, const std::filesystem::path& directory);

// descent/config.yaml in $XDG_CONFIG_HOME, by default in ~/.config. Empty: there is no such place.
std::filesystem::path ConfigFilePath();

}  // namespace descent
