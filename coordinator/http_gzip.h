#pragma once

#include "coordinator/http_message.h"

namespace descent {

// Whether the answer may be sent packed: text and JSON, but nothing that is made while it is sent,
// whose bytes must be those of the file.
bool IsPackable(const HttpResponse& response);

// Whether its body has a KiB or more.
bool IsWorthPacking(const HttpResponse& response);

// An entity tag has to be a weak one then: it is that of the body as it was.
void Pack(HttpResponse& response);

}  // namespace descent
