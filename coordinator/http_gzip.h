#pragma once

#include "coordinator/http_message.h"

namespace descent {

// Whether the answer may be sent packed: text and JSON, but nothing that is made while it is sent,
// whose bytes must be those of the file.
bool IsPackable(const HttpResponse& response);

// A body of a KiB or more is packed. The entity tag becomes a weak one, as it is the same for both.
void Pack(HttpResponse& response);

}  // namespace descent
