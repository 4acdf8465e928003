#include "client/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace descent {
namespace {

// A signal handler reaches nothing but globals.
volatile std::sig_atomic_t interrupt_count = 0;

void CountInterrupt(int) { interrupt_count = interrupt_count + 1; }

}  // namespace

void CatchInterrupts() {
  struct sigaction action {};
  action.sa_handler = CountInterrupt;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

int InterruptCount() { return interrupt_count; }

}  // namespace descent
