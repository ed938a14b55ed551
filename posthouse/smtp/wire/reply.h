#pragma once
// A reply of an SMTP server: RFC 5321 section 4.2, with the enhanced status codes of RFC 3463 in front of its text as
// RFC 2034 has it.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// A three-digit code, perhaps an enhanced code, and text.
///
///     return smtp::Reply{550, "5.1.1", "There is no " + address + " here"};
struct Reply {
  int code = 0;            ///< 200…599; 0: none was received.
  std::string enhanced{};  ///< "5.1.1"; empty when there is none (greeting, EHLO and 3xx never have one).
  std::string text{};      ///< Without codes and line ends; '\n' between the lines of a longer one.

  /// 2xx: it is done.
  bool positive() const noexcept { return code / 100 == 2; }
  /// 3xx: go on.
  bool intermediate() const noexcept { return code / 100 == 3; }
  /// 4xx: not now; the same may succeed later.
  bool transient() const noexcept { return code / 100 == 4; }
  /// 5xx: no.
  bool permanent() const noexcept { return code / 100 == 5; }

  /// In one line for people: "550 5.1.1 There is no bob here"; the lines of a longer one are joined by spaces.
  std::string to_string() const;

  /// As it goes over the wire: every line with the code (and the enhanced code, if any), '-' or ' ', and CRLF. Control
  /// octets in the text become '?', so that no text can forge a reply; lines are cut at 512 octets (RFC 5321 section
  /// 4.5.3.1.5).
  std::string wire() const;

  bool operator==(const Reply&) const = default;
};

/// Puts together a reply from the lines of the wire.
///
///     ReplyParser parser;
///     while (parser.add(read_line()) == ReplyParser::State::more) {}
///     if (parser.state() == ReplyParser::State::complete) use(parser.reply());
///
/// Bounded: a reply has at most `max_lines` lines and `max_text` octets of text, whatever comes beyond is counted and
/// dropped, and after `max_dropped` lines it is malformed.
class ReplyParser {
 public:
  enum class State { more, complete, malformed };
  static constexpr std::size_t max_lines = 128;
  static constexpr std::size_t max_text = 16 * 1024;
  static constexpr std::size_t max_dropped = 10'000;

  /// Takes one line without its line end. After `complete` or `malformed`, a new reply begins.
  State add(std::string_view line);
  State state() const noexcept { return state_; }
  /// What has been put together; the enhanced code is cut off the text when every line begins with the same one.
  const Reply& reply() const noexcept { return reply_; }
  /// The same, to be moved from after `complete`.
  Reply& reply() noexcept { return reply_; }

 private:
  Reply reply_;
  State state_ = State::complete;
  std::size_t lines_ = 0;
};

/// The enhanced status code (RFC 3463: class "." subject "." detail) that `text` begins with, a view into it; empty
/// when there is none or its class does not fit `code`.
std::string_view find_enhanced_code(int code, std::string_view text) noexcept;

}  // namespace posthouse::smtp
