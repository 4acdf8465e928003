#include "coordinator/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "common/log.h"

namespace descent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kPeerTimeout{30};  // to send a request, and to take the answer
constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
constexpr std::uint64_t kBodyBytesMax = 64 << 10;  // bodies are read only to be refused politely
constexpr int kConnectionsMax = 256;

http::response<http::string_body> Encode(const http::request<http::string_body>& request,
                                         HttpResponse answer) {
  http::response<http::string_body> response;
  response.version(request.version());
  response.result(static_cast<unsigned>(answer.status));
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.content_length(answer.body.size());
  if (request.method() != http::verb::head) response.body() = std::move(answer.body);
  return response;
}

// One connection: read a request, answer, read the next. Lives as long as an operation is pending.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpRoutes& routes, int& connections)
      : stream_(std::move(socket)), routes_(routes), connections_(connections) {
    ++connections_;
  }
  ~Connection() { --connections_; }

  void ReadNext() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    stream_.expires_after(kPeerTimeout);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->OnRead(error); });
  }

 private:
  void OnRead(beast::error_code error) {
    if (error)
      return Shut();  // also of a malformed or too large request: there is no common ground
    const http::request<http::string_body>& request = parser_->get();
    HttpRequest plain;
    plain.method = std::string(request.method_string());
    plain.target = std::string(request.target());
    plain.host = std::string(request[http::field::host]);
    response_ = Encode(request, routes_.Handle(plain));
    stream_.expires_after(kPeerTimeout);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code failure, std::size_t) {
                        self->OnWritten(failure);
                      });
  }

  void OnWritten(beast::error_code error) {
    if (error || response_.need_eof()) return Shut();
    ReadNext();
  }

  void Shut() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  const HttpRoutes& routes_;
  int& connections_;
};

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(const ListenAddress& address, HttpBackend backend)
      : address_(address), routes_(std::move(backend), address.host) {}

  ~AsioHttpServer() override {
    io_context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  ListenAddress address() const override { return address_; }

  beast::error_code Open() {
    beast::error_code error;
    const auto resolved =
        tcp::resolver(io_context_).resolve(address_.host, std::to_string(address_.port), error);
    if (error) return error;
    const tcp::endpoint endpoint = *resolved.begin();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    address_.port = acceptor_.local_endpoint(error).port();
    AcceptNext();
    thread_ = std::thread([this] { io_context_.run(); });
    return error;
  }

 private:
  void AcceptNext() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return AcceptLater(error);
      // Beyond the bound the socket closes at once.
      if (connections_ < kConnectionsMax)
        std::make_shared<Connection>(std::move(socket), routes_, connections_)->ReadNext();
      AcceptNext();
    });
  }

  // Out of file descriptors, most likely: some are free again when connections end.
  void AcceptLater(beast::error_code error) {
    LogWarning("http accept failed error=\"{}\"", error.message());
    retry_.expires_after(std::chrono::seconds(1));
    retry_.async_wait([this](beast::error_code cancelled) {
      if (!cancelled) AcceptNext();
    });
  }

  ListenAddress address_;
  const HttpRoutes routes_;
  int connections_ = 0;  // outlives io_context_, whose handlers own the connections
  asio::io_context io_context_{1};
  tcp::acceptor acceptor_{io_context_};
  asio::steady_timer retry_{io_context_};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const ListenAddress& address,
                                                      HttpBackend backend) {
  auto server = std::make_unique<AsioHttpServer>(address, std::move(backend));
  if (server->Open()) return ExplainListenFailure(address, "--http");
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace descent
