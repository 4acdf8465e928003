#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/job_spec.h"
#include "proto/yaml_value.h"

namespace descent {

// A job file is YAML with exactly the fields of proto/descent/v1/job_spec.proto: a message is a
// mapping, a member of a oneof is a key of its parent (`optimizer: {adamw: {…}, clip_norm: 1.0}`),
// an enum is written in lower case without its prefix. Anchors, aliases, tags and merge keys are
// refused, so that what stands in a line is what the line means. Pure functions; any thread.

struct JobFile {
  // With defaults filled in; with problems only as far as it could be read.
  JobSpec spec;
  std::vector<FieldProblem> problems;        // by line; everything the spec alone can tell
  std::map<std::string, FieldPlace> places;  // of every field given, by path: "batch.micro"
};

// Reads and validates a job file. Each override is "field.path=value", the value YAML again; it
// replaces what the file says (a mapping as a whole) before anything is checked.
JobFile ReadJobFile(std::string_view text, const std::vector<std::string>& overrides);

// The same for a job that exists: its spec with some fields replaced.
JobFile OverrideJobSpec(const JobSpec& base, const std::vector<std::string>& overrides);

// Gives a violation found elsewhere its place in the file.
FieldProblem LocateViolation(const JobFile& file, const Violation& violation);

// Adds a violation found elsewhere to the problems of the file, in their order.
void AddViolation(JobFile& file, const Violation& violation);

// "error: 2 problems in bad.yaml", then one line for each problem, in columns. Ends with a newline.
std::string FormatProblems(const std::vector<FieldProblem>& problems, std::string_view subject);

}  // namespace descent
