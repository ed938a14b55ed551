#pragma once
// Flags of messages (RFC 9051 section 2.3.2) and attributes of mailboxes.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap {

/// The flags that the protocol itself knows, as bits.
enum class SystemFlag : std::uint8_t {
  seen = 1,
  answered = 2,
  flagged = 4,
  deleted = 8,
  draft = 16,
  recent = 32,  ///< Only a server sets it (RFC 3501 section 2.3.2; gone in RFC 9051).
};

/// A set of flags: the system flags as bits, all others by name, each once, in the order they came in.
///
///     Flags flags;
///     flags.add(SystemFlag::seen);
///     flags.add("$Forwarded");
///     flags.to_string();                            // "\Seen $Forwarded"
class Flags {
 public:
  Flags() = default;
  Flags(SystemFlag flag) noexcept { add(flag); }  // NOLINT: wherever flags are asked for, one may stand
  /// Flags by their names, as add() takes them.
  static Flags of(std::initializer_list<std::string_view> names);

  bool has(SystemFlag flag) const noexcept { return (system_ & static_cast<std::uint8_t>(flag)) != 0; }
  /// True for "\Seen" and for keywords, ASCII case aside (RFC 9051 section 2.3.2).
  bool has(std::string_view name) const noexcept;
  void add(SystemFlag flag) noexcept { system_ |= static_cast<std::uint8_t>(flag); }
  void remove(SystemFlag flag) noexcept { system_ &= static_cast<std::uint8_t>(~static_cast<unsigned>(flag)); }
  /// Adds "\Seen", a keyword ("$Junk"), or any other flag with a backslash ("\*").
  void add(std::string_view name);

  /// SystemFlag bits.
  std::uint8_t system() const noexcept { return system_; }
  /// The others: keywords, and names with a backslash that are no system flag.
  const std::vector<std::string>& others() const noexcept { return others_; }
  bool empty() const noexcept { return system_ == 0 && others_.empty(); }
  /// Without parentheses, the system flags first.
  std::string to_string() const;

  friend bool operator==(const Flags&, const Flags&) = default;

 private:
  std::uint8_t system_ = 0;
  std::vector<std::string> others_{};
};

}  // namespace posthouse::imap
