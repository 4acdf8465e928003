#pragma once

namespace descent {

// For a program that is a server or a client, before its first call of gRPC and any other thread:
// - gRPC prints nothing, unless GRPC_VERBOSITY asks for it: what matters comes back as a Status.
// - Abseil does not look for cycles among the mutexes of gRPC. Debian compiles it with the checks
//   of a debug build, which enter each lock that a thread takes into one graph of the process,
//   behind one lock: with thousands of connections they take more than the calls.
void SetUpGrpc();

}  // namespace descent
