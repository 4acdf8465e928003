#include "coordinator/http_server.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

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
// Requests and event streams read the disk and ask the owner thread, so several threads share them.
constexpr int kThreads = 4;
constexpr std::chrono::milliseconds kEventsInterval{500};

// Browsers ask again each time, with what they have: an answer is never older than it looks.
void SetCommonHeaders(const HttpResponse& answer, http::fields& fields) {
  fields.set(http::field::content_type, answer.content_type);
  fields.set(http::field::cache_control, "private, no-cache");
  fields.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) fields.set(name, value);
}

http::response<http::string_body> Encode(const http::request<http::string_body>& request,
                                         HttpResponse answer) {
  http::response<http::string_body> response;
  response.version(request.version());
  response.result(static_cast<unsigned>(answer.status));
  response.keep_alive(request.keep_alive());
  SetCommonHeaders(answer, response);
  response.content_length(answer.body.size());
  if (request.method() != http::verb::head) response.body() = std::move(answer.body);
  return response;
}

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// TLS 1.2 and 1.3. The text has been read by ReadTls, so nothing fails.
asio::ssl::context MakeTlsContext(const Tls& tls) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  context.use_certificate_chain(asio::buffer(tls.certificates));
  context.use_private_key(asio::buffer(tls.key), asio::ssl::context::pem);
  return context;
}

// One connection: read a request, answer, read the next; an answer of events lasts until the peer
// goes. Lives as long as an operation is pending. Its operations run one after the other, on a
// strand of its own.
template <typename Stream>
class Connection final : public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(Stream stream, const HttpRoutes& routes, std::atomic<int>& connections)
      : stream_(std::move(stream)),
        routes_(routes),
        connections_(connections),
        pause_(stream_.get_executor()) {
    ++connections_;
  }
  ~Connection() { --connections_; }

  void Start() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Socket().expires_after(kPeerTimeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](beast::error_code error) {
                                if (!error) self->ReadNext();
                              });
    } else {
      ReadNext();
    }
  }

 private:
  void ReadNext() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    Socket().expires_after(kPeerTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                       self->OnRead(error);
                     });
  }

  void OnRead(beast::error_code error) {
    if (error)
      return Shut();  // also of a malformed or too large request: there is no common ground
    const http::request<http::string_body>& request = parser_->get();
    HttpRequest plain;
    plain.method = std::string(request.method_string());
    plain.target = std::string(request.target());
    plain.host = std::string(request[http::field::host]);
    plain.authorization = std::string(request[http::field::authorization]);
    plain.if_none_match = std::string(request[http::field::if_none_match]);
    plain.last_event_id = std::string(request["Last-Event-ID"]);
    HttpResponse answer = routes_.Handle(plain);
    Socket().expires_after(kPeerTimeout);
    if (answer.events != nullptr && request.method() == http::verb::get)
      return StartEvents(std::move(answer));
    response_ = Encode(request, std::move(answer));
    http::async_write(stream_, response_,
                      [self = this->shared_from_this()](beast::error_code failure, std::size_t) {
                        self->OnWritten(failure);
                      });
  }

  void OnWritten(beast::error_code error) {
    if (error || response_.need_eof()) return Shut();
    ReadNext();
  }

  // Each batch of events is a chunk of a body without an end.
  void StartEvents(HttpResponse answer) {
    events_ = std::move(answer.events);
    events_head_.result(http::status::ok);
    SetCommonHeaders(answer, events_head_);
    events_head_.set("X-Accel-Buffering", "no");  // for proxies that would hold events back
    events_head_.chunked(true);
    http::async_write_header(stream_, events_head_serializer_,
                             [self = this->shared_from_this()](
                                 beast::error_code error, std::size_t) { self->SendNews(error); });
  }

  void SendNews(beast::error_code error) {
    if (error || events_->IsOver()) return Shut();
    news_ = events_->Next();
    if (news_.empty()) return WaitForNews();
    Socket().expires_after(kPeerTimeout);
    asio::async_write(stream_, http::make_chunk(asio::buffer(news_)),
                      [self = this->shared_from_this()](beast::error_code failure, std::size_t) {
                        if (failure) return self->Shut();
                        self->WaitForNews();
                      });
  }

  void WaitForNews() {
    Socket().expires_never();
    pause_.expires_after(kEventsInterval);
    pause_.async_wait(
        [self = this->shared_from_this()](beast::error_code error) { self->SendNews(error); });
  }

  void Shut() {
    beast::error_code ignored;
    Socket().socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream& Socket() { return beast::get_lowest_layer(stream_); }

  Stream stream_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  const HttpRoutes& routes_;
  std::atomic<int>& connections_;
  std::unique_ptr<HttpEvents> events_;  // of an answer of events, with the following
  http::response<http::empty_body> events_head_;
  http::response_serializer<http::empty_body> events_head_serializer_{events_head_};
  std::string news_;  // owned by the write in progress
  asio::steady_timer pause_;
};

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
                             // Beyond the bound the socket closes at once.
                             if (connections_ < kConnectionsMax) Serve(std::move(socket));
                             AcceptNext();
                           });
  }

  void Serve(tcp::socket socket) {
    if (tls_) {
      std::make_shared<Connection<TlsStream>>(TlsStream(std::move(socket), *tls_), routes_,
                                              connections_)
          ->Start();
    } else {
      std::make_shared<Connection<PlainStream>>(PlainStream(std::move(socket)), routes_,
                                                connections_)
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
  std::atomic<int> connections_ = 0;  // outlives io_context_, whose handlers own the connections
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
