#include "coordinator/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/log.h"
#include "coordinator/http_connection.h"

namespace descent {
namespace {

using tcp = asio::ip::tcp;

constexpr int kConnectionsMax = 256;
constexpr int kSendBufferBytes = 128 << 10;  // of each: what a peer that does not read may hold
// Requests and event streams read the disk and ask the owner thread, so several threads share them.
constexpr int kThreads = 4;

// TLS 1.2 and 1.3. The text has been read by ReadTls, so nothing fails.
asio::ssl::context MakeTlsContext(const Tls& tls) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  context.use_certificate_chain(asio::buffer(tls.certificates));
  context.use_private_key(asio::buffer(tls.key), asio::ssl::context::pem);
  return context;
}

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(const ListenAddress& address, HttpBackend backend,
                 const Authenticator& authenticator, const std::optional<Tls>& tls)
      : address_(address), routes_(std::move(backend), address.host, authenticator) {
    if (tls) tls_.emplace(MakeTlsContext(*tls));
  }

  ~AsioHttpServer() override {
    io_context_.stop();
    for (std::thread& thread : threads_) thread.join();
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
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { io_context_.run(); });
    return error;
  }

 private:
  void AcceptNext() {
    acceptor_.async_accept(asio::make_strand(io_context_),
                           [this](beast::error_code error, tcp::socket socket) {
                             if (error == asio::error::operation_aborted) return;
                             if (error) return AcceptLater(error);
                             if (MakeRoom()) Serve(std::move(socket));
                             AcceptNext();
                           });
  }

  // False: every connection is being answered, so the new one is closed at once. One that has been
  // told to close may still be counted for a moment.
  bool MakeRoom() {
    return connections_.count < kConnectionsMax || connections_.waiting.CloseLongest();
  }

  void Serve(tcp::socket socket) {
    beast::error_code ignored;  // only how much memory the peer may take
    socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
    if (tls_) {
      std::make_shared<HttpConnection<TlsStream>>(TlsStream(std::move(socket), *tls_), connections_)
          ->Start();
    } else {
      std::make_shared<HttpConnection<PlainStream>>(PlainStream(std::move(socket)), connections_)
          ->Start();
    }
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
  std::optional<asio::ssl::context> tls_;
  HttpConnectionContext connections_{routes_};  // outlives io_context_, which owns them
  asio::io_context io_context_{kThreads};
  tcp::acceptor acceptor_{io_context_};
  asio::steady_timer retry_{io_context_};
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const ListenAddress& address,
                                                      HttpBackend backend,
                                                      const Authenticator& authenticator,
                                                      const std::optional<Tls>& tls) {
  auto server = std::make_unique<AsioHttpServer>(address, std::move(backend), authenticator, tls);
  if (server->Open()) return ExplainListenFailure(address, "--http");
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace descent
