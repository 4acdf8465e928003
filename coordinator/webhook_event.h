#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "coordinator/action.h"

namespace descent {

// Names of what webhooks are told of (docs/webhooks.md).
using WebhookEvents = std::set<std::string, std::less<>>;

// All that there are: "JobCreated", "JobStarted", …, "JobSucceeded", "JobFailed", "JobCancelled".
std::span<const std::string_view> AllWebhookEvents();

// Those that a webhook is told of unless others are asked for: the ends of a job.
WebhookEvents DefaultWebhookEvents();

// The name of what happened to a job; empty: webhooks are never told of it.
std::string_view WebhookEventOf(const StoreJob& change);

}  // namespace descent
