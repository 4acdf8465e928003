"""A command on a terminal of its own, as a user sees it."""

import os
import pty
import select
import signal
import termios
import time


class Terminal:
    """Runs a command that has a new pseudo-terminal for stdin, stdout and stderr, and controls it."""

    def __init__(self, command, environment, columns=120):
        # This end stays open, so that the modes can be asked for when the command has ended.
        self.screen, self.keyboard = pty.openpty()
        termios.tcsetwinsize(self.keyboard, (40, columns))
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(self.keyboard)
            os.execve(command[0], [str(part) for part in command], {**environment, "TERM": "xterm"})
        self.shown = ""
        self.exit_code = None

    def modes(self):
        """Whether it waits for whole lines, and shows what is typed."""
        local = termios.tcgetattr(self.keyboard)[3]
        return bool(local & termios.ICANON), bool(local & termios.ECHO)

    def type(self, text):
        os.write(self.screen, text.encode())

    def _read(self):
        """Whether there was something to read within a moment."""
        if not select.select([self.screen], [], [], 0.05)[0]:
            return False
        self.shown += os.read(self.screen, 65536).decode(errors="replace")
        return True

    def wait_for(self, wanted, seconds=60):
        """Until the text has been shown."""
        deadline = time.monotonic() + seconds
        while wanted not in self.shown:
            self._read()
            if time.monotonic() > deadline:
                raise AssertionError(f"{wanted!r} is not shown:\n{self.shown}")

    def wait(self, seconds=60):
        """The exit code, or minus the signal that ended it."""
        deadline = time.monotonic() + seconds
        while self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.exit_code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                raise AssertionError(f"it goes on:\n{self.shown}")
            self._read()
        while self._read():
            pass
        return self.exit_code

    def close(self):
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.screen)
        os.close(self.keyboard)
