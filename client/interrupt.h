#pragma once

namespace descent {

// Counts SIGINT, SIGTERM and SIGHUP from now on, instead of ending the process.
void CatchInterrupts();
int InterruptCount();

}  // namespace descent
