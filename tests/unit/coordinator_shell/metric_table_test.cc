#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/prometheus.h"
#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

struct Family {
  std::string type;
  std::set<std::string> labels;

  bool operator==(const Family&) const = default;
};
using Families = std::map<std::string, Family>;

void PrintTo(const Family& family, std::ostream* out) {
  *out << family.type;
  for (const std::string& label : family.labels) *out << " " << label;
}

// What is between backticks.
std::vector<std::string> QuotedIn(const std::string& cell) {
  std::vector<std::string> quoted;
  std::istringstream parts(cell);
  std::string part;
  for (bool is_quoted = false; std::getline(parts, part, '`'); is_quoted = !is_quoted)
    if (is_quoted) quoted.push_back(part);
  return quoted;
}

// The rows of docs/metrics.md that begin with a name of ours or of those that dashboards know.
Families Documented() {
  Families families;
  std::ifstream file(DESCENT_DOCS "/metrics.md");
  EXPECT_TRUE(file.is_open()) << DESCENT_DOCS;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    std::istringstream row(line.substr(1));
    std::string names, type, labels;
    std::getline(row, names, '|');
    std::getline(row, type, '|');
    std::getline(row, labels, '|');
    const std::string kind = type.substr(1, type.size() - 2);
    if (kind != "gauge" && kind != "counter" && kind != "histogram") continue;
    const std::vector<std::string> quoted = QuotedIn(labels);
    for (const std::string& name : QuotedIn(names)) {
      EXPECT_FALSE(families.contains(name)) << name << " has two rows";
      families[name] = {kind, {quoted.begin(), quoted.end()}};
    }
  }
  return families;
}

// Of {job="a",le="1"}.
std::set<std::string> LabelsOf(const std::string& sample) {
  std::set<std::string> labels;
  const std::size_t open = sample.find('{');
  if (open == std::string::npos) return labels;
  std::istringstream parts(sample.substr(open + 1, sample.rfind('}') - open - 1));
  for (std::string part; std::getline(parts, part, ',');)
    labels.insert(part.substr(0, part.find('=')));
  labels.erase("le");
  return labels;
}

Families FamiliesOf(const std::string& text) {
  Families families;
  std::set<std::string> with_samples;
  std::istringstream lines(text);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      std::string type;
      words >> name >> type;
      families[name].type = type;
    } else if (!line.starts_with('#')) {
      const std::set<std::string> labels = LabelsOf(line);
      if (with_samples.insert(name).second) families[name].labels = labels;
      EXPECT_EQ(labels, families[name].labels) << line;
    }
  }
  for (const auto& [family, what] : families)
    EXPECT_TRUE(with_samples.contains(family)) << family << " has no sample to tell its labels by";
  return families;
}

// One in which every family has a sample.
ClusterSnapshot FullSnapshot() {
  ClusterSnapshot snapshot = MakeSnapshot();
  snapshot.jobs[0].spec.model.architecture = GptSpec{.context_length = 8};
  for (WorkerView& worker : snapshot.pools[0].workers) {
    worker.job_id = "full-1";
    worker.times = {.steps = 1, .seconds = {{"compute", 1}}};
    worker.resources.host_cpus = 1;
  }
  Counters& counters = snapshot.counters;
  counters.jobs["full-1"].phase_seconds["compute"] = 1;
  counters.jobs_finished[{"FAILED", "DiskFull"}] = 1;
  counters.restarts["WorkerLost"] = 1;
  counters.checkpoints[{"written", "schedule"}] = 1;
  return snapshot;
}

ProcessMeasurements FullMeasurements() {
  ProcessMeasurements process;
  MethodCalls calls{.service = "s", .method = "m", .type = "unary", .started = 1};
  calls.handled["OK"] = 1;
  process.calls = {calls};
  process.http[{"/livez", "GET", "200"}].Add(0.1);
  return process;
}

TEST(MetricTableTest, WhatIsExportedIsDocumentedAndTheOtherWayRound) {
  const Families documented = Documented();
  const Families exported = FamiliesOf(PrometheusText(FullSnapshot(), FullMeasurements(), {}));

  for (const auto& [name, family] : exported)
    EXPECT_TRUE(documented.contains(name)) << name << " is not in the table of docs/metrics.md";
  for (const auto& [name, family] : documented) {
    ASSERT_TRUE(exported.contains(name)) << name << " is in the table and not exported";
    EXPECT_EQ(exported.at(name), family) << name;
  }
}

}  // namespace
}  // namespace descent
