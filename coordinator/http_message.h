#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace descent {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // "/v1/jobs?page_size=10"
  std::string host;    // the Host header; the next are headers, too; empty: absent
  std::string authorization = "";
  std::string if_none_match = "";
  std::string last_event_id = "";
  std::string range = "";
  std::string if_range = "";
  std::string accept = "";
  std::string accept_encoding = "";
  std::string content_type = "";
  std::string body = "";
};

enum class JobVerb { kCreate, kCancel, kSuspend, kResume };

// A change that a request asks for.
struct JobChange {
  JobVerb verb = JobVerb::kCreate;
  std::string job_id;         // of a job that is there
  std::string body;           // the verb's request message in JSON; empty: its defaults
  std::string authorization;  // empty: nobody asks who makes it
};

// An answer without an end, as Server-Sent Events. One thread at a time; may block on the disk.
class HttpEvents {
 public:
  virtual ~HttpEvents() = default;

  // What is new since the last call; empty: nothing. The server asks twice a second.
  virtual std::string Next() = 0;

  // That the client may not see more of it: the connection is to be closed.
  virtual bool IsOver() const { return false; }
};

// A body that is made while it is sent. One thread at a time; may block on the disk.
class HttpBody {
 public:
  virtual ~HttpBody() = default;

  // Of all pieces together; absent: known at the end only.
  virtual std::optional<std::int64_t> size() const = 0;

  // The next piece, about 1 MiB; empty: that was all. After an error the connection is closed, so
  // that nobody takes a part for the whole.
  virtual Result<std::string> Next() = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string entity_tag = "";                   // names what the body says; empty: none
  std::unique_ptr<HttpEvents> events = nullptr;  // takes the body's place
  std::unique_ptr<HttpBody> pieces = nullptr;    // takes the body's place, too
};

}  // namespace descent
