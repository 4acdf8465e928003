#pragma once

// A named point in the course of a program, where a test can end, stop or delay it:
//
//   DESCENT_FAILPOINT("checkpoint.publish.before");
//
// Only in a build with the CMake option DESCENT_FAILPOINTS (preset `fault`); of any other it leaves
// nothing. A name is that of one place, and is written out there: whoever wants all of them reads
// the sources. Such a program does what its environment says:
//
//   DESCENT_FAILPOINTS  [PROGRAM/][rank:R/]NAME=ACTION[@K], several separated by commas
//     PROGRAM  the file name of the program; rank:R, a process with that rank of an mpirun
//     NAME     of a point; *: of every one
//     ACTION   kill (SIGKILL), stop (SIGSTOP), delay(MILLISECONDS), count
//     K        at the K-th passage of the process, from 1. Without it: the first for kill and stop,
//              every one for delay and count
//   DESCENT_FAILPOINT_RECORD  a directory for what is done
//     fired.NAME                 "PROGRAM RANK PID PASSAGE": kill and stop act once for each name,
//                                in the first process that comes there; without the directory in
//                                each
//     count.PROGRAM.RANK.NAME    has as many bytes as passages were counted
//   RANK is - where there is none. An environment that cannot be read ends the program with 2.
#ifdef DESCENT_FAILPOINTS

namespace descent {

// Any thread. Not between fork and exec.
void PassFailpoint(const char* name);

}  // namespace descent

#define DESCENT_FAILPOINT(name) ::descent::PassFailpoint(name)
// The same where `condition` holds.
#define DESCENT_FAILPOINT_IF(condition, name) \
  ((condition) ? ::descent::PassFailpoint(name) : static_cast<void>(0))

#else

#define DESCENT_FAILPOINT(name) static_cast<void>(0)
#define DESCENT_FAILPOINT_IF(condition, name) static_cast<void>(0)

#endif
