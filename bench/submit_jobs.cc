// Submits the job of a file many times and cancels every second one:
//   submit_jobs JOB_FILE COUNT HOST:PORT

#include <cstdio>
#include <cstdlib>
#include <string>

#include "client/api/client.h"
#include "common/file.h"
#include "proto/job_file.h"

namespace descent {
namespace {

bool Tell(const std::string& error) {
  std::fprintf(stderr, "error: %s\n", error.c_str());
  return false;
}

bool SubmitJobs(const std::string& path, int count, const std::string& address) {
  const Result<std::string> text = ReadFile(path);
  if (!text.ok()) return Tell(text.status().message());
  const JobFile file = ReadJobFile(text.value(), {});
  if (!file.problems.empty()) return Tell(FormatProblems(file.problems, path));
  Client client(Endpoint{address});
  for (int i = 0; i < count; ++i) {
    const auto job = client.CreateJob({.spec = file.spec});
    if (!job.ok()) return Tell(job.error().message);
    if (i % 2 == 0) continue;
    if (const auto cancelled = client.CancelJob(job.value().id); !cancelled.ok())
      return Tell(cancelled.error().message);
  }
  return true;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return descent::SubmitJobs(argv[1], std::atoi(argv[2]), argv[3]) ? 0 : 1;
}
