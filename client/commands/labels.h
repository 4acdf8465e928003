#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "client/api/client.h"

namespace descent {

// --label, any number of times, each KEY=VALUE: of a command that creates a job.
void AddLabelOption(CLI::App& command, std::vector<std::string>& labels);

// The same, where KEY- takes a label away: of a command that changes a job.
void AddLabelChangeOption(CLI::App& command, std::vector<std::string>& changes);

// What these options were given. Of equal keys the last one counts; KEY- and KEY=VALUE together are
// for the coordinator to refuse.
LabelChange LabelChangeOf(const std::vector<std::string>& changes);
std::map<std::string, std::string> LabelsOf(const std::vector<std::string>& labels);

}  // namespace descent
