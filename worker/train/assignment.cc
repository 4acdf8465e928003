#include "worker/train/assignment.h"

#include <utility>

#include "common/job_instruction_set.h"
#include "worker/train/assignment_run.h"
#include "worker/train/marked_collective.h"

namespace descent {
namespace {

// Lets Abort reach the collective for as long as this lives.
class AbortHook {
 public:
  AbortHook(StepControl& control, Collective& collective) : control_(control) {
    control_.SetOnAbort([&collective] { collective.Abort(); });
  }
  ~AbortHook() { control_.SetOnAbort({}); }
  AbortHook(const AbortHook&) = delete;
  AbortHook& operator=(const AbortHook&) = delete;

 private:
  StepControl& control_;
};

}  // namespace

AssignmentEnded RunAssignment(const Assign& assign, std::string_view instruction_set,
                              Collective& collective, StepControl& control,
                              AssignmentReporter& reporter, const ProfileOptions& profile,
                              ProgressMarker& progress) {
  MarkedCollective marked(collective, progress);
  const AbortHook abort_hook(control, collective);
  AssignmentRun run(
      {.assign = assign,
       .instruction_set = JobInstructionSet(instruction_set, assign.spec.model.precision),
       .collective = marked,
       .control = control,
       .reporter = reporter,
       .profile = profile,
       .progress = progress});
  return run.Perform();
}

}  // namespace descent
