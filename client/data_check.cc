#include "client/data_check.h"

#include <sstream>
#include <thread>

#include "client/child_process.h"
#include "client/interrupt.h"
#include "common/file.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kPollInterval{5};
constexpr int kProblemsExitStatus = 2;

Result<std::vector<std::string>> RunCheck(const JobSpec& spec,
                                          const std::filesystem::path& directory) {
  DESCENT_ASSIGN(const std::filesystem::path program, ProgramBeside("descent-worker"));
  const std::filesystem::path spec_file = directory / "spec";
  DESCENT_RETURN_IF_ERROR(WriteNewFile(spec_file, EncodeJobSpec(spec)));
  DESCENT_ASSIGN(ChildProcess check,
                 ChildProcess::Start({program.string(), "--check-data", spec_file.string()},
                                     directory / "problems"));
  while (!check.HasEnded()) {
    if (InterruptCount() > 0) return Status(Code::kCancelled, "interrupted");
    std::this_thread::sleep_for(kPollInterval);
  }
  DESCENT_ASSIGN(const std::string output, ReadFile(check.log()));
  if (check.ExitStatus() != 0 && check.ExitStatus() != kProblemsExitStatus)
    return Status(Code::kInternal,
                  "the check of the data ended with " + check.EndText() + ": " + output);
  std::vector<std::string> problems;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) problems.push_back(line);
  return problems;
}

}  // namespace

Result<std::vector<std::string>> FindDataProblems(const JobSpec& spec) {
  DESCENT_ASSIGN(const std::filesystem::path directory, MakeTemporaryDirectory());
  Result<std::vector<std::string>> problems = RunCheck(spec, directory);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return problems;
}

}  // namespace descent
