#pragma once

#include <map>
#include <string>

#include "coordinator/action.h"

namespace descent {

// What programs would look for in the message of an event: names and values, as in JobEvent of
// service.proto. What is not known is left out.
using EventPayload = std::map<std::string, std::string>;

EventPayload PayloadOf(const StoreJob& change);

// As the store keeps it: an object of texts.
std::string ToJson(const EventPayload& payload);
EventPayload PayloadFromJson(const std::string& json);  // what is no text is left out

}  // namespace descent
