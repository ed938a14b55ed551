#pragma once
// A response read from octets as they come (RFC 9112), without a socket.
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "posthouse/http/wire/message.h"

namespace posthouse::http {

/// How large a response may be.
struct ResponseLimits {
  std::size_t header_octets = 32 * 1024;  ///< Status line and fields; interim responses (1xx) each the same.
  std::size_t header_fields = 128;        ///< Those behind a chunked body count, too.
  std::size_t body_octets = 1024 * 1024;  ///< Without the framing of chunks.
};

/// Reads one response. Interim ones (100 to 199) in front of it are passed over, eight at most; 101 is refused, as nobody
/// has asked for it. Refused is also what two readers could understand in two ways: Content-Length beside
/// Transfer-Encoding or more than once, another coding than chunked, fields that go on on the next line.
class ResponseParser {
 public:
  /// `body` gets the octets of the body, in order, as they are read.
  ResponseParser(const ResponseLimits& limits, std::function<void(std::string_view)> body);
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;
  ~ResponseParser();

  /// Reads from `octets` and returns how many it has used; the others are to come again with more behind them. Throws
  /// Error: Errc::protocol, Errc::too_large. Not to be called when done().
  std::size_t put(std::string_view octets);
  /// The connection has ended: done() is true then, or it throws Error (Errc::closed).
  void put_end();
  /// True when the response is complete.
  bool done() const noexcept;
  /// True when the header is complete, which head() gives then (its body is empty).
  bool has_head() const noexcept;
  const Response& head() const noexcept;

 private:
  class Beast;
  void begin();
  void end_of_interim();

  ResponseLimits limits_;
  std::function<void(std::string_view)> body_;
  std::unique_ptr<Beast> beast_;
  int interim_ = 0;
};

}  // namespace posthouse::http
