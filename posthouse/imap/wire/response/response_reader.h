#pragma once
// What a server says, found in octets as they come: the step of an IMAP client that needs no socket.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/response/response.h"

namespace posthouse::imap {

struct LiteralHead;

/// How much a server may say at once.
struct ResponseLimits {
  std::size_t line = 64 * 1024 * 1024;       ///< Octets of one response outside its literals.
  std::uint64_t literal = 64 * 1024 * 1024;  ///< Octets of one literal that is kept in memory.
  std::size_t response = 256 * 1024 * 1024;  ///< Octets of a whole response, its literals in memory counted.
};

enum class ResponseEvent : std::uint8_t {
  more,      ///< Nothing yet; all of the input is done with.
  body,      ///< A body begins, if they are streamed: body() says which. response::Fetch will tell of it too.
  octets,    ///< Octets of that body. body().data.size of them in all come before the next other event.
  response,  ///< A whole response: response().
  failed,    ///< A response over a limit. The connection is of no use any more; further input is dropped.
};

/// An event, and how much of the input is done with.
struct ResponseStep {
  ResponseEvent event = ResponseEvent::more;
  std::size_t size = 0;       ///< Octets at the front of the input, to be dropped.
  std::string_view octets{};  ///< Of `octets`: a view into the input.
};

/// A body that is being streamed.
struct StreamedBody {
  std::uint32_t number = 0;  ///< The message's sequence number, or its UID where the answer is UIDFETCH.
  response::BodyData data{};
};

/// Reads responses, one after another. Octets may come in any pieces: the events are the same.
///
///     for (;;) {
///       const ResponseStep step = reader.read(stream.buffered());
///       if (step.event == ResponseEvent::response) {
///         Response& response = reader.response();
///         if (response.kind == ResponseKind::tagged) …
///         else keep(std::move(response.data));       // it may be about anything, at any time
///       }
///       stream.consume(step.size);
///       if (step.event == ResponseEvent::more) stream.fill();
///     }
///
/// What is no IMAP comes as response::Unknown, so that a client can go on. Read kindly: missing and doubled spaces, bare
/// LF, atoms for strings, octets above 127, names of mailboxes that are neither UTF-7 nor UTF-8 (MailboxName::valid).
///
/// Invariants:
///  1. It holds at most ResponseLimits::response octets and what they stand for; of streamed bodies, none.
///  2. Linear in what comes; nothing recurses.
class ResponseReader {
 public:
  explicit ResponseReader(const ResponseLimits& limits = {}) : limits_(limits) {}

  /// Looks at the octets that have come and were not dropped.
  ResponseStep read(std::string_view input);

  /// After `response`: it may be moved from.
  Response& response() noexcept { return response_; }
  /// After `body` and `octets`.
  const StreamedBody& body() const noexcept { return body_; }
  /// Forgets what came, for a connection that goes over to TLS.
  void reset();

  /// Names of mailboxes are in this style: utf8 after ENABLE UTF8=ACCEPT or IMAP4rev2.
  void set_names(NameStyle names) noexcept { names_ = names; }
  /// Literals of BODY[…], BINARY[…] and RFC822's items are handed out as they come, of any size. Off at first.
  void stream_bodies(bool on) noexcept { stream_bodies_ = on; }

 private:
  enum class State : std::uint8_t { line, literal, body, failed };

  ResponseEvent read_line(std::string_view& input);
  ResponseEvent read_literal(std::string_view& input);
  ResponseEvent read_body(std::string_view& input, std::string_view& octets);
  ResponseEvent end_line();
  ResponseEvent begin_literal(const LiteralHead& head);
  bool begin_body(const LiteralHead& head);
  ResponseEvent end_response();
  ResponseEvent fail();

  ResponseLimits limits_;
  NameStyle names_ = NameStyle::utf7;
  State state_ = State::line;
  bool stream_bodies_ = false;
  std::string text_{};                     // of the response, literals in memory in their places
  std::size_t line_begin_ = 0;             // of the line being read, in text_
  std::size_t outside_ = 0;                // octets of the response outside literals
  std::uint64_t left_ = 0;                 // octets of a literal that are yet to come
  std::vector<std::uint64_t> streamed_{};  // sizes of the bodies that text_ has as literals without octets
  StreamedBody body_{};
  Response response_{};
};

}  // namespace posthouse::imap
