#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "common/log.h"
#include "coordinator/http_routes.h"
#include "coordinator/waiting_connections.h"

namespace descent {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// What the connections of a server have in common; it outlives them.
struct HttpConnectionContext {
  const HttpRoutes& routes;
  std::atomic<int> count = 0;  // of the connections
  WaitingConnections waiting{};
};

// One connection: read a request, answer, read the next; an answer of events lasts until the peer
// goes. Lives as long as an operation is pending. Its operations run one after the other, on a
// strand of its own.
template <typename Stream>
class HttpConnection final : public std::enable_shared_from_this<HttpConnection<Stream>> {
 public:
  HttpConnection(Stream stream, HttpConnectionContext& context)
      : stream_(std::move(stream)), context_(context), pause_(stream_.get_executor()) {
    ++context_.count;
  }
  ~HttpConnection() {
    StopWaiting();
    --context_.count;
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Start() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      StartWaiting();
      Socket().expires_after(kHeaderTimeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](beast::error_code error) {
                                if (error || !self->StopWaiting()) return self->Shut();
                                self->ReadNext(kHeaderTimeout);
                              });
    } else {
      ReadNext(kHeaderTimeout);
    }
  }

 private:
  static constexpr std::chrono::seconds kHeaderTimeout{10};  // from its first byte to its last
  static constexpr std::chrono::seconds kIdleTimeout{30};    // between two requests
  static constexpr std::chrono::seconds kPeerTimeout{30};    // for the body, and for each MiB sent
  static constexpr std::chrono::seconds kLingerTimeout{5};   // for the rest of a refused request
  static constexpr std::chrono::milliseconds kEventsInterval{500};
  static constexpr int kNotModified = 304;  // its length would be that of the answer with a body
  static constexpr unsigned kVersionWithChunks = 11;
  static constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
  static constexpr std::size_t kReadBytes = 4 << 10;
  static constexpr std::size_t kBufferBytesMax = 128 << 10;

  // --- Waiting for the peer ----------------------------------------------------------------
  // For a request to come to its end, and for an answer from memory to be taken: meanwhile the
  // connection may be closed to make room.

  void StartWaiting() {
    const std::weak_ptr<HttpConnection> weak = this->weak_from_this();
    waiting_id_ = context_.waiting.Add([weak] {
      const std::shared_ptr<HttpConnection> self = weak.lock();
      if (self == nullptr) return;
      asio::post(self->stream_.get_executor(), [self] { self->Socket().close(); });
    });
  }

  // False: it was told to close.
  bool StopWaiting() {
    const auto id = std::exchange(waiting_id_, std::nullopt);
    return !id || context_.waiting.Remove(*id);
  }

  void ReadNext(std::chrono::seconds first_byte_timeout) {
    StartWaiting();
    if (buffer_.size() > 0) return ReadHeader();  // of a request that came with the last one
    Socket().expires_after(first_byte_timeout);
    stream_.async_read_some(
        buffer_.prepare(kReadBytes),
        [self = this->shared_from_this()](beast::error_code error, std::size_t bytes) {
          if (error) return self->Shut();
          self->buffer_.commit(bytes);
          self->ReadHeader();
        });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(context_.routes.body_bytes_max());
    Socket().expires_after(kHeaderTimeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](beast::error_code error, std::size_t) {
          if (error) return self->Refuse(error);
          self->ReadBody();
        });
  }

  void ReadBody() {
    if (parser_->is_done()) return Answer();
    if (auto refusal = context_.routes.RefuseUnread(Decode())) return Refuse(*std::move(refusal));
    Socket().expires_after(kPeerTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                       if (error) return self->Refuse(error);
                       self->Answer();
                     });
  }

  // What is said of a request that cannot be read; nothing to a peer that has gone or is silent.
  static std::optional<int> RefusalCode(beast::error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == http::error::body_limit) return 413;
    const bool is_gone =
        error == http::error::end_of_stream || error == http::error::partial_message;
    const beast::error_code of_the_parser = http::error::bad_method;
    if (is_gone || error.category() != of_the_parser.category()) return std::nullopt;
    return 400;
  }

  void Refuse(beast::error_code error) {
    const std::optional<int> code = RefusalCode(error);
    if (!code) return Shut();
    if (error == http::error::body_limit)
      if (auto refusal = context_.routes.RefuseUnread(Decode())) return Refuse(*std::move(refusal));
    Refuse(context_.routes.RefuseUnreadable(*code, error.message()));
  }

  // Where the next request would begin is not known: the connection ends.
  void Refuse(HttpResponse answer) {
    if (!StopWaiting()) return Shut();
    is_refused_ = true;
    Send(std::move(answer));
  }

  HttpRequest Decode() {
    http::request<http::string_body>& message = parser_->get();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.host = std::string(message[http::field::host]);
    request.authorization = std::string(message[http::field::authorization]);
    request.if_none_match = std::string(message[http::field::if_none_match]);
    request.last_event_id = std::string(message["Last-Event-ID"]);
    request.range = std::string(message[http::field::range]);
    request.if_range = std::string(message[http::field::if_range]);
    request.accept = std::string(message[http::field::accept]);
    request.accept_encoding = std::string(message[http::field::accept_encoding]);
    request.content_type = std::string(message[http::field::content_type]);
    request.body = std::move(message.body());
    return request;
  }

  // --- Answering ----------------------------------------------------------------------------

  void Answer() {
    if (parser_->get().count(http::field::host) > 1)
      return Refuse(context_.routes.RefuseUnreadable(400, "several Host headers"));
    if (!StopWaiting()) return Shut();
    Send(context_.routes.Handle(Decode()));
  }

  void Send(HttpResponse answer) {
    Socket().expires_after(kPeerTimeout);
    const bool is_head = parser_->get().method() == http::verb::head;
    if (answer.events != nullptr && !is_head) return StartEvents(std::move(answer));
    if (answer.pieces != nullptr) return StartPieces(std::move(answer), is_head);
    SetHead(response_.emplace(), answer);
    if (answer.status != kNotModified) response_->content_length(answer.body.size());
    closes_after_ = response_->need_eof();
    if (!is_head) response_->body() = std::move(answer.body);
    StartWaiting();
    http::async_write(stream_, *response_,
                      [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                        if (!self->StopWaiting()) return self->Shut();
                        self->OnWritten(error);
                      });
  }

  // Browsers ask again each time, with what they have: an answer is never older than it looks.
  template <typename Body>
  void SetHead(http::response<Body>& head, const HttpResponse& answer) {
    head.version(parser_->get().version());
    head.result(static_cast<unsigned>(answer.status));
    head.keep_alive(parser_->get().keep_alive() && !is_refused_);
    head.set(http::field::content_type, answer.content_type);
    head.set(http::field::cache_control, "private, no-cache");
    head.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) head.set(name, value);
  }

  // Sends the head of an answer whose body follows by and by, then calls `then` with the error. A
  // body of a known size is sent as it is, another one as chunks; to a client of HTTP/1.0, which
  // knows none, until the connection ends.
  template <typename Then>
  void WriteHead(std::optional<std::int64_t> size, Then then) {
    if (size) head_->content_length(static_cast<std::uint64_t>(*size));
    has_chunks_ = !size && head_->version() >= kVersionWithChunks;
    if (has_chunks_) head_->chunked(true);
    if (!size && !has_chunks_) head_->keep_alive(false);
    closes_after_ = head_->need_eof();
    head_serializer_.emplace(*head_);
    http::async_write_header(
        stream_, *head_serializer_,
        [then = std::move(then)](beast::error_code error, std::size_t) { then(error); });
  }

  void OnWritten(beast::error_code error) {
    if (error || closes_after_) return is_refused_ ? Linger() : Shut();
    ReadNext(kIdleTimeout);
  }

  template <typename Then>
  void WritePiece(Then then) {
    Socket().expires_after(kPeerTimeout);
    if (has_chunks_) {
      asio::async_write(stream_, http::make_chunk(asio::buffer(piece_)), std::move(then));
    } else {
      asio::async_write(stream_, asio::buffer(piece_), std::move(then));
    }
  }

  void StartPieces(HttpResponse answer, bool is_head) {
    pieces_ = std::move(answer.pieces);
    SetHead(head_.emplace(), answer);
    WriteHead(pieces_->size(), [self = this->shared_from_this(), is_head](beast::error_code error) {
      if (error || !is_head) return self->SendPiece(error);
      self->pieces_.reset();
      self->OnWritten(error);
    });
  }

  void SendPiece(beast::error_code error) {
    if (error) return Shut();
    Result<std::string> piece = pieces_->Next();
    if (!piece.ok()) {
      LogWarning("http answer not completed error=\"{}\"", piece.status().ToString());
      return Shut();
    }
    piece_ = std::move(piece).value();
    if (piece_.empty()) return EndPieces();
    WritePiece([self = this->shared_from_this()](beast::error_code failure, std::size_t) {
      self->SendPiece(failure);
    });
  }

  void EndPieces() {
    pieces_.reset();
    if (!has_chunks_) return OnWritten({});
    asio::async_write(stream_, http::make_chunk_last(),
                      [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                        self->OnWritten(error);
                      });
  }

  // Each batch of events is a piece of a body without an end.
  void StartEvents(HttpResponse answer) {
    events_ = std::move(answer.events);
    SetHead(head_.emplace(), answer);
    head_->set("X-Accel-Buffering", "no");  // for proxies that would hold events back
    WriteHead(std::nullopt, [self = this->shared_from_this()](beast::error_code error) {
      self->SendNews(error);
    });
  }

  void SendNews(beast::error_code error) {
    if (error || events_->IsOver()) return Shut();
    piece_ = events_->Next();
    if (piece_.empty()) return WaitForNews();
    WritePiece([self = this->shared_from_this()](beast::error_code failure, std::size_t) {
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
    Socket().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }

  // Reads what the peer still sends: a socket that is closed with unread bytes is reset, and the
  // peer might never see the answer.
  void Linger() {
    Shut();
    StartWaiting();
    Socket().expires_after(kLingerTimeout);
    Discard();
  }

  void Discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBytes), [self = this->shared_from_this()](
                                                             beast::error_code error, std::size_t) {
      if (!error) self->Discard();
    });
  }

  beast::tcp_stream& Socket() { return beast::get_lowest_layer(stream_); }

  Stream stream_;
  HttpConnectionContext& context_;
  std::optional<WaitingConnections::Id> waiting_id_;  // while it waits
  beast::flat_buffer buffer_{kBufferBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  bool closes_after_ = false;  // the answer that is sent
  bool is_refused_ = false;    // the request, which was not read to its end
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response<http::empty_body>> head_;  // of an answer in pieces or of events
  std::optional<http::response_serializer<http::empty_body>> head_serializer_;
  std::unique_ptr<HttpBody> pieces_;
  bool has_chunks_ = false;
  std::unique_ptr<HttpEvents> events_;
  std::string piece_;  // owned by the write in progress
  asio::steady_timer pause_;
};

}  // namespace descent
