#pragma once
// What a sender asks to be told about a letter (RFC 3461), as SMTP says it and as the queue keeps it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// What comes back with a report of failure (RFC 3461 section 4.3).
enum class Ret : std::uint8_t {
  full,     ///< The whole message.
  headers,  ///< Its header only.
};

/// When the sender is told about one recipient (RFC 3461 section 4.1).
///
///     Notify::parse("SUCCESS,FAILURE")->success();  // true
class Notify {
 public:
  static constexpr unsigned never_bit = 1, success_bit = 2, failure_bit = 4, delay_bit = 8;

  /// Nothing was said: told of failure and of delay.
  constexpr Notify() noexcept = default;
  /// By the bits above, as a database keeps them; 0 says nothing. Bits that contradict each other are never().
  constexpr explicit Notify(unsigned bits) noexcept
      : bits_((bits & never_bit) != 0 ? never_bit : bits & (success_bit | failure_bit | delay_bit)) {}
  static constexpr Notify never() noexcept { return Notify(never_bit); }

  /// NEVER alone, or a list of SUCCESS, FAILURE and DELAY, each once, ASCII case aside; nothing for anything else.
  static std::optional<Notify> parse(std::string_view text) noexcept;
  /// The parameter's value; empty when nothing was said.
  std::string to_string() const;

  constexpr unsigned bits() const noexcept { return bits_; }
  constexpr bool said() const noexcept { return bits_ != 0; }
  constexpr bool success() const noexcept { return (bits_ & success_bit) != 0; }
  constexpr bool failure() const noexcept { return bits_ == 0 || (bits_ & failure_bit) != 0; }
  constexpr bool delay() const noexcept { return bits_ == 0 || (bits_ & delay_bit) != 0; }
  /// The same without success: who has told of it passes this on. What asked for nothing else is never().
  constexpr Notify without_success() const noexcept {
    return bits_ == 0 ? *this : Notify((bits_ & ~success_bit) == 0 ? never_bit : bits_ & ~success_bit);
  }
  bool operator==(const Notify&) const = default;

 private:
  unsigned bits_ = 0;
};

/// The longest ENVID and ORCPT, as they are written (RFC 3461 sections 4.2 and 4.4).
inline constexpr std::size_t longest_envid = 100, longest_orcpt = 500;

/// `text` as xtext (RFC 3461 section 4): what is no printable ASCII, "+" and "=" as "+XX".
std::string encode_xtext(std::string_view text);
/// The octets that xtext stands for; nothing when it is none or is empty.
std::optional<std::string> decode_xtext(std::string_view text);

/// The value of ENVID: xtext of printable ASCII and blanks, at most longest_envid octets. Nothing for anything else.
std::optional<std::string> parse_envid(std::string_view value);

/// The value of ORCPT, decoded: "rfc822;bob@two.test", "utf-8;张@two.test" (RFC 3461 section 4.2, RFC 6533 section 3). UTF-8
/// as it is only where `utf8` says that the transaction is in it. Nothing for what is none, for control characters in it,
/// and for more than longest_orcpt octets.
std::optional<std::string> parse_orcpt(std::string_view value, bool utf8);
/// The value of ORCPT for what parse_orcpt() returned; `utf8` as there. Empty when it would be too long.
std::string write_orcpt(std::string_view orcpt, bool utf8);
/// What ORCPT says about `address`: "rfc822;" or "utf-8;" and the address.
std::string orcpt_of(std::string_view address);

/// The utf-8-addr-xtext of RFC 6533 section 3: `address` in ASCII, what is none as "\x{5F20}".
std::string encode_unicode_xtext(std::string_view address);

}  // namespace posthouse::mail
