#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "worker/log_ring.h"
#include "worker/output_lines.h"

namespace descent {

// What a worker and the process that reads its output share. The descriptors stay their owner's.
struct OutputEnds {
  std::array<int, 2> readers{-1, -1};  // of what the worker writes to stdout and to stderr
  std::array<int, 2> copies{-1, -1};   // where that is passed on to, byte for byte
  // A socket of type SOCK_SEQPACKET, whose other end the worker alone has: it closes with it.
  int control = -1;
};

// Messages of the worker; the reader answers the second with the same, once what was written before
// is stored, or after limits::kLogFlushMax.
std::string BeginMessage(const LogOrigin& origin);
inline constexpr const char* kEndMessage = "end";

// Reads what another process writes to its standard output and error, passes it on, and puts the
// lines into a ring, those that the process writes while it has an assignment. One thread.
class OutputReader {
 public:
  // `step` holds the steps done; below 0: not known. `on_line` is called when the ring has got one.
  OutputReader(const OutputEnds& ends, std::shared_ptr<LogRing> ring,
               const std::atomic<std::int64_t>& step, std::function<void()> on_line);

  // Returns when the worker has ended, however, and all that it wrote is read.
  void Run();

 private:
  struct Stream {
    int reader;
    int copy;
    OutputLines lines;
  };

  Stream MakeStream(int reader, int copy, LogSource source);
  void Put(LogSource source, std::string_view line);
  void Read(Stream& stream);  // what there is
  void ReadBoth();
  void FinishBoth();
  void Hear();
  void HearBegin();
  void Begin(const std::string& message);
  void End();

  const int control_;
  const std::shared_ptr<LogRing> ring_;
  const std::atomic<std::int64_t>& step_;
  const std::function<void()> on_line_;
  std::array<Stream, 2> streams_;
  bool has_assignment_ = false;
  bool has_lines_ = false;  // of the assignment
  bool is_over_ = false;
};

}  // namespace descent
