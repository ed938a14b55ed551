#pragma once
// The part of an address before the @.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// Which addresses are taken.
enum class AddressSyntax : std::uint8_t {
  rfc,  ///< RFC 5321: what one's own addresses keep to.
  /// What other servers and devices are seen to send, too. Local parts may have more than 64 octets (bulk senders) as long
  /// as the path has at most 256 (RFC 5321 section 4.5.3.1.3), and dots anywhere (phone companies gave such addresses
  /// away; the same in quotes is the same address). Paths may lack their brackets (devices).
  wire,
};

struct Subaddress;

/// A local part (RFC 5321 section 4.1.2): a dot-string, or a quoted string that says anything. UTF-8 is allowed (RFC 6531
/// section 3.3).
///
/// It means what its own domain takes it to mean, so nobody else changes it: local parts are equal when they say the same
/// octets, and "Ann" is not "ann". Quotes that are not needed do not count: `"ann"` says ann.
///
///     mail::LocalPart(R"("ann")").text();      // ann
///     mail::LocalPart(R"("Ann Lee")").text();  // "Ann Lee", with its quotes
class LocalPart {
 public:
  /// Throws Error (Errc::local_part) for what parse() takes for none.
  explicit LocalPart(std::string_view text);
  /// All of `text`; nothing when it is no local part.
  static std::optional<LocalPart> parse(std::string_view text, AddressSyntax syntax = AddressSyntax::rfc);
  /// Takes a local part off the front of `text`; nothing, and `text` as it was, when none is there. For grammars that
  /// have local parts in them.
  static std::optional<LocalPart> take(std::string_view& text, AddressSyntax syntax);

  /// As it is written in an address: in quotes where needed, and only there.
  const std::string& text() const noexcept { return text_; }
  /// What it says, without quotes and backslashes.
  std::string content() const;
  bool is_ascii() const noexcept;

  /// "ann+tag" as ann and "tag" (RFC 5233): cut at the first `separator`. Nothing when it is not there, or nothing stands
  /// before it.
  std::optional<Subaddress> subaddress(char separator = '+') const;

  friend bool operator==(const LocalPart&, const LocalPart&) noexcept = default;
  friend std::strong_ordering operator<=>(const LocalPart& a, const LocalPart& b) noexcept {
    return a.text_ <=> b.text_;
  }

 private:
  struct Content {};
  LocalPart(std::string_view content, Content);

  std::string text_;
};

/// A local part that says where in somebody's mail a letter belongs.
struct Subaddress {
  LocalPart user;
  std::string detail{};  ///< May be empty, and hold any octets that a quoted string may.
};

}  // namespace posthouse::mail
