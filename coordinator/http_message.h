#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace descent {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // "/v1/jobs?page_size=10"
  std::string host;    // the Host header; the next are headers, too; empty: absent
  std::string authorization = "";
  std::string if_none_match = "";
  std::string last_event_id = "";
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

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string entity_tag = "";                   // names what the body says; empty: none
  std::unique_ptr<HttpEvents> events = nullptr;  // takes the body's place
};

}  // namespace descent
