#pragma once
// The extensions of the language, by their capability strings.
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace posthouse::sieve {

/// An extension (RFC 5228 section 6).
enum class Extension : std::uint8_t {
  base,  ///< What needs no `require`.
  body,
  comparator_ascii_casemap,
  comparator_ascii_numeric,
  comparator_octet,
  comparator_unicode_casemap,
  copy,
  date,
  duplicate,
  editheader,
  encoded_character,
  enotify,
  envelope,
  environment,
  ereject,
  extlists,
  extracttext,
  fileinto,
  foreverypart,
  ihave,
  imap4flags,
  imapsieve,
  include,
  index,
  mailbox,
  mboxmetadata,
  mime,
  regex,
  reject,
  relational,
  servermetadata,
  spamtest,
  spamtestplus,
  special_use,
  subaddress,
  vacation,
  vacation_seconds,
  variables,
  virustest,
  host,  ///< The commands of the program around; see HostCommands.
};
inline constexpr std::size_t extension_count = static_cast<std::size_t>(Extension::host) + 1;

/// Those in force at a place in a script.
using ExtensionSet = std::bitset<extension_count>;

/// Its capability string: "comparator-i;octet".
std::string_view capability_of(Extension extension) noexcept;
/// By capability string, which is compared octet by octet; nothing where there is none.
std::optional<Extension> find_extension(std::string_view capability) noexcept;
/// All capability strings of this library in order of the alphabet: what ManageSieve's SIEVE capability lists.
std::span<const std::string_view> capabilities() noexcept;

constexpr std::size_t bit(Extension extension) noexcept {
  return static_cast<std::size_t>(extension);
}
/// True when `extension` may be used where those of `set` are required.
inline bool has(const ExtensionSet& set, Extension extension) noexcept {
  return extension == Extension::base || set.test(bit(extension));
}

}  // namespace posthouse::sieve
