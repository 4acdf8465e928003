#include "coordinator/webhook_client.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <type_traits>
#include <utility>

namespace descent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using tcp = asio::ip::tcp;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::seconds kTimeout{10};
constexpr unsigned kHttp11 = 11;
constexpr int kClassOfSuccess = 2;  // 2xx
// Of the answer, only the status is of use.
constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
constexpr std::uint64_t kReplyBytesMax = 64 << 10;

Status DeliveryFailure(std::string_view what, const beast::error_code& error) {
  return Status(Code::kUnavailable, fmt::format("{}: {}", what, error.message()));
}

Status SetTrust(const std::string& authority, asio::ssl::context& context) {
  beast::error_code error;
  if (authority.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.add_certificate_authority(asio::buffer(authority), error);
  }
  if (error) return DeliveryFailure("cannot tell which certificates to trust", error);
  return Status();
}

class AsioWebhookClient final : public WebhookClient {
 public:
  explicit AsioWebhookClient(const WebhookUrl& url) : url_(url) {}

  Status Trust(const std::string& authority) {
    tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls_.set_verify_mode(asio::ssl::verify_peer);
    return SetTrust(authority, tls_);
  }

  Status Post(const WebhookRequest& request) override {
    tcp::resolver resolver(io_context_);
    tcp::resolver::results_type found;
    const auto error = Await([&](auto handler) {
      resolver.async_resolve(
          url_.address.host, std::to_string(url_.address.port),
          [&found, handler](beast::error_code failure, tcp::resolver::results_type results) {
            found = std::move(results);
            handler(failure);
          });
    });
    if (error) return DeliveryFailure("cannot find the host", error);
    return url_.is_https ? PostOverTls(found, request) : PostInPlainText(found, request);
  }

  void Wait(std::chrono::milliseconds duration) override {
    asio::steady_timer timer(io_context_, duration);
    Await([&](auto handler) { timer.async_wait(handler); });
  }

  void Stop() override {
    is_stopped_ = true;
    io_context_.stop();
  }
  bool is_stopped() const override { return is_stopped_; }

 private:
  // Runs what `start` begins with the handler that it is given, until it is done or everything is
  // stopped: then its handler is never called, and nothing runs any more.
  template <typename Start>
  beast::error_code Await(Start start) {
    beast::error_code result = asio::error::operation_aborted;
    start([&result](beast::error_code error, const auto&...) { result = error; });
    io_context_.restart();
    // After the restart, which would undo a stop that came before it.
    if (!is_stopped_) io_context_.run();
    return result;
  }

  Status PostInPlainText(const tcp::resolver::results_type& found, const WebhookRequest& request) {
    PlainStream stream(io_context_);
    return Exchange(stream, found, request);
  }

  Status PostOverTls(const tcp::resolver::results_type& found, const WebhookRequest& request) {
    const std::string& host = url_.address.host;
    TlsStream stream(io_context_, tls_);
    beast::error_code error;
    stream.set_verify_callback(asio::ssl::host_name_verification(host), error);
    if (error) return DeliveryFailure("cannot check certificates", error);
    beast::error_code is_name;
    asio::ip::make_address(host, is_name);
    // One machine may have many hosts, and chooses the certificate by the name that it is told.
    if (is_name && SSL_set_tlsext_host_name(stream.native_handle(), host.c_str()) != 1)
      return Status(Code::kUnavailable, "the host's name does not fit into TLS");
    return Exchange(stream, found, request);
  }

  http::request<http::string_body> MakeMessage(const WebhookRequest& request) const {
    http::request<http::string_body> message(http::verb::post, url_.target, kHttp11);
    message.set(http::field::host, url_.authority);
    message.set(http::field::user_agent, "descent/" DESCENT_VERSION);
    message.set(http::field::content_type, "application/json");
    message.set(http::field::connection, "close");
    if (!request.signature.empty()) message.set("Descent-Signature", request.signature);
    message.body() = request.body;
    message.prepare_payload();
    return message;
  }

  template <typename Stream>
  Status Exchange(Stream& stream, const tcp::resolver::results_type& found,
                  const WebhookRequest& request) {
    beast::tcp_stream& socket = beast::get_lowest_layer(stream);
    socket.expires_after(kTimeout);  // of all that follows together
    beast::error_code error = Await([&](auto handler) { socket.async_connect(found, handler); });
    if (error) return DeliveryFailure("cannot connect", error);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      error = Await(
          [&](auto handler) { stream.async_handshake(asio::ssl::stream_base::client, handler); });
      if (error) return DeliveryFailure("cannot agree on TLS", error);
    }
    const http::request<http::string_body> message = MakeMessage(request);
    error = Await([&](auto handler) { http::async_write(stream, message, handler); });
    if (error) return DeliveryFailure("cannot send", error);
    return ReadAnswer(stream);
  }

  // What comes after the header is read as far as it does, because a receiver that still writes
  // would take a connection that is closed for a failure.
  template <typename Stream>
  Status ReadAnswer(Stream& stream) {
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(kReplyBytesMax);
    const beast::error_code error =
        Await([&](auto handler) { http::async_read(stream, buffer, parser, handler); });
    if (!parser.is_header_done()) return DeliveryFailure("no answer", error);
    const unsigned status = parser.get().result_int();
    if (status / 100 == kClassOfSuccess) return Status();
    return Status(Code::kUnavailable, fmt::format("answered with {}", status));
  }

  const WebhookUrl url_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  asio::io_context io_context_{1};
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<WebhookClient>> WebhookClient::Create(const WebhookUrl& url,
                                                             const std::string& authority) {
  auto client = std::make_unique<AsioWebhookClient>(url);
  DESCENT_RETURN_IF_ERROR(client->Trust(authority));
  return std::unique_ptr<WebhookClient>(std::move(client));
}

}  // namespace descent
