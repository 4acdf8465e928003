#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "common/credential_files.h"

namespace descent {

// A channel to a listener of the coordinator at HOST:PORT: by TLS if the credentials say who
// vouches for it, and with the token in each call. No proxy of the environment is used:
// coordinators are named directly, often as 127.0.0.1.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address,
                                           const Credentials& credentials,
                                           grpc::ChannelArguments arguments);

}  // namespace descent
