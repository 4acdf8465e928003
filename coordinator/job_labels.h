#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace descent {

// What users write on their jobs to find them again. The syntax is that of Kubernetes:
//   key    NAME or PREFIX/NAME
//   value  empty, or a NAME
//   NAME   1 to 63 of [A-Za-z0-9._-], the first and the last a letter or a digit
//   PREFIX 1 to 253 of [a-z0-9.-], each part between dots begins and ends with a letter or a digit

using JobLabels = std::map<std::string, std::string>;

// Keys that are in neither stay as they are.
struct LabelChange {
  JobLabels set;
  std::vector<std::string> removed;  // which the job need not have

  bool IsEmpty() const { return set.empty() && removed.empty(); }
};

bool IsLabelKey(std::string_view key);
bool IsLabelValue(std::string_view value);

// What is wrong with them: the field, what was found and what is wanted. Nothing: they may be a
// job's.
std::optional<std::string> FindProblem(const JobLabels& labels);

// The same of what an update sets and removes.
std::optional<std::string> FindProblem(const LabelChange& change);

// The labels after the change, which may be too many.
JobLabels Changed(JobLabels labels, const LabelChange& change);

// "team=nlp, stage=dev".
std::string LabelsText(const JobLabels& labels);

// "team=nlp, without stage".
std::string LabelsText(const LabelChange& change);

}  // namespace descent
