#pragma once
// What a session says: whole responses, sent in batches. Private to this module.
//
// Invariants:
//  1. What waits never grows beyond ServerDialogue::flush_at + `piece` + one response without bodies.
//  2. A response once begun is completed, or take_back() removes it, or the session ends.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/dialogue/server_dialogue.h"
#include "posthouse/imap/server/server.h"
#include "posthouse/imap/wire/response/response_writer.h"

namespace posthouse::imap {

/// Thrown inside a session to end it; not a std::exception, so that no back end takes it for a failure of its own.
struct SessionOver {
  SessionEnd end;
  std::string detail{};
};

/// Why the connection failed, for which there is nobody left to answer.
SessionOver connection_failed(const net::Error& error);

class Outlet {
 public:
  static constexpr std::size_t piece = 16 * 1024;  // how much of a body is added at a time

  /// Both must outlive it.
  Outlet(dialogue::ServerDialogue& dialogue, const ServerTimeouts& timeouts) noexcept
      : dialogue_(dialogue), timeouts_(timeouts) {}
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  const ResponseStyle& style() const noexcept { return style_; }
  void set_style(const ResponseStyle& style) noexcept { style_ = style; }

  // Each may send what waits when it is much; then they throw SessionOver when the connection fails.

  void untagged(const response::Data& data);
  /// "* OK [code] text".
  void untagged_ok(ResponseCode code, std::string text);
  void tagged(std::string_view tag, const response::Status& status);
  /// "+ text"; any octets of ASCII, none too.
  void proceed(std::string_view text);

  /// The responses that wait, for whoever appends one itself; end_response() must follow.
  std::string& text() { return dialogue_.replies(); }
  void end_response();
  /// The response that is being appended has no bound: what there is of it may be sent.
  void go_on() { flush_when_much(); }

  /// Octets of a body follow in the response that is being appended.
  void begin_body(std::uint64_t size);
  void body(std::string_view octets);
  void end_body() noexcept { traced_ = text().size(); }

  /// Removes what was appended of a response that is not complete. False when a part of it has been sent.
  bool take_back() noexcept;
  /// Sends what waits.
  void flush();

 private:
  void flush_when_much();

  dialogue::ServerDialogue& dialogue_;
  const ServerTimeouts& timeouts_;
  ResponseStyle style_{};
  std::size_t complete_ = 0;  // up to here the text is whole responses
  std::size_t traced_ = 0;    // up to here it was shown
  bool partly_sent_ = false;  // a part of the response that is being appended is out
};

}  // namespace posthouse::imap
