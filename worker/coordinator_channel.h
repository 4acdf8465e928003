#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/credential_files.h"

namespace descent {

// A channel to the coordinator's worker listener, HOST:PORT, for a link that opens its stream again
// by itself. Any thread; connects when it is first waited for.
std::shared_ptr<grpc::Channel> MakeCoordinatorChannel(const std::string& address,
                                                      const Credentials& credentials);

// A delay before the next attempt, so that the ranks of a world do not all come at once.
std::chrono::milliseconds Jittered(std::chrono::milliseconds delay);

}  // namespace descent
