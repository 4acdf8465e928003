#include "client/terminal_keys.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <initializer_list>

namespace descent {
namespace {

// A signal handler reaches nothing but globals.
termios original_modes{};
termios key_modes{};
volatile std::sig_atomic_t are_modes_changed = 0;

constexpr std::array kDeadly = {SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPIPE};

// Whoever else sets a terminal's modes is stopped for it.
bool IsForeground() { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

void Restore() {
  if (are_modes_changed != 0 && IsForeground()) tcsetattr(STDIN_FILENO, TCSANOW, &original_modes);
}

void RestoreAndDie(int number) {
  Restore();
  std::signal(number, SIG_DFL);
  raise(number);  // delivered once this handler has returned
}

void RestoreAndStop(int) {
  const int saved_errno = errno;
  Restore();
  raise(SIGSTOP);
  // Here somebody has continued it, maybe in the background.
  if (IsForeground()) tcsetattr(STDIN_FILENO, TCSANOW, &key_modes);
  errno = saved_errno;
}

void Handle(int number, void (*handler)(int)) {
  struct sigaction old {};
  sigaction(number, nullptr, &old);
  if (old.sa_handler != SIG_DFL) return;  // somebody else's, or nobody dies of it
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

void StopHandling(int number, void (*handler)(int)) {
  struct sigaction old {};
  sigaction(number, nullptr, &old);
  if (old.sa_handler == handler) std::signal(number, SIG_DFL);
}

}  // namespace

TerminalKeys::TerminalKeys() {
  if (isatty(STDIN_FILENO) == 0 || !IsForeground()) return;
  if (tcgetattr(STDIN_FILENO, &original_modes) != 0) return;
  key_modes = original_modes;
  key_modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  key_modes.c_cc[VMIN] = 0;
  key_modes.c_cc[VTIME] = 0;
  for (const int number : kDeadly) Handle(number, RestoreAndDie);
  Handle(SIGTSTP, RestoreAndStop);
  are_modes_changed = 1;
  are_there_ = tcsetattr(STDIN_FILENO, TCSANOW, &key_modes) == 0;
}

TerminalKeys::~TerminalKeys() {
  Restore();
  are_modes_changed = 0;
  for (const int number : kDeadly) StopHandling(number, RestoreAndDie);
  StopHandling(SIGTSTP, RestoreAndStop);
}

bool TerminalKeys::WasPressed(char key) {
  bool is_among_them = false;
  char pressed = 0;
  while (are_there_ && IsForeground() && read(STDIN_FILENO, &pressed, 1) == 1)
    is_among_them = is_among_them || pressed == key;
  return is_among_them;
}

}  // namespace descent
