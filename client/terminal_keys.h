#pragma once

namespace descent {

// Single keys of the terminal that stdin is, without waiting for a line and without showing them.
// For as long as one lives the terminal has other modes. They are restored when it ends, while the
// process is stopped (Ctrl-Z), and before a signal kills it, unless that is SIGKILL. Where stdin is
// no terminal, or one that another process group has, there are no keys. One at a time, of one
// thread.
class TerminalKeys {
 public:
  TerminalKeys();
  ~TerminalKeys();
  TerminalKeys(const TerminalKeys&) = delete;
  TerminalKeys& operator=(const TerminalKeys&) = delete;

  bool AreThere() const { return are_there_; }

  // Whether it is among those that were pressed since the last call. Does not block.
  bool WasPressed(char key);

 private:
  bool are_there_ = false;
};

}  // namespace descent
