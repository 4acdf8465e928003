#include "client/commands/command.h"
#include "client/commands/manual.h"

namespace descent {

void AddEveryCommand(CLI::App& app, CommandLine& line) {
  AddRun(app, line);
  AddSubmit(app, line);
  AddFork(app, line);
  AddJob(app, line);
  AddExplain(app, line);
  AddPlan(app, line);
  AddLs(app, line);
  AddDescribe(app, line);
  AddWatch(app, line);
  AddWait(app, line);
  AddEvents(app, line);
  AddAttempts(app, line);
  AddLogs(app, line);
  AddMetrics(app, line);
  AddControl(app, line);
  AddUpdate(app, line);
  AddDelete(app, line);
  AddCheckpoint(app, line);
  AddData(app, line);
  AddGenerate(app, line);
  AddPredict(app, line);
  AddLaunch(app, line);
  AddWorker(app, line);
  AddPool(app, line);
  AddServer(app, line);
  AddDashboard(app, line);
  AddToken(app, line);
  AddDoctor(app, line);
  AddCompletion(app, line);
  AddHelp(app, line);
  AddManual(app);
}

}  // namespace descent
