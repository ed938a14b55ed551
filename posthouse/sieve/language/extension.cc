#include "posthouse/sieve/language/extension.h"

#include <algorithm>
#include <array>

namespace posthouse::sieve {
namespace {

// In the order of the enumeration, without its first and last.
constexpr std::array<std::string_view, extension_count - 2> capability_names{"body",
                                                                             "comparator-i;ascii-casemap",
                                                                             "comparator-i;ascii-numeric",
                                                                             "comparator-i;octet",
                                                                             "comparator-i;unicode-casemap",
                                                                             "copy",
                                                                             "date",
                                                                             "duplicate",
                                                                             "editheader",
                                                                             "encoded-character",
                                                                             "enotify",
                                                                             "envelope",
                                                                             "environment",
                                                                             "ereject",
                                                                             "extlists",
                                                                             "extracttext",
                                                                             "fileinto",
                                                                             "foreverypart",
                                                                             "ihave",
                                                                             "imap4flags",
                                                                             "imapsieve",
                                                                             "include",
                                                                             "index",
                                                                             "mailbox",
                                                                             "mboxmetadata",
                                                                             "mime",
                                                                             "regex",
                                                                             "reject",
                                                                             "relational",
                                                                             "servermetadata",
                                                                             "spamtest",
                                                                             "spamtestplus",
                                                                             "special-use",
                                                                             "subaddress",
                                                                             "vacation",
                                                                             "vacation-seconds",
                                                                             "variables",
                                                                             "virustest"};

}  // namespace

std::string_view capability_of(Extension extension) noexcept {
  const std::size_t index = bit(extension);
  return index == 0 || index > capability_names.size() ? std::string_view() : capability_names[index - 1];
}

std::optional<Extension> find_extension(std::string_view capability) noexcept {
  const auto found = std::find(capability_names.begin(), capability_names.end(), capability);
  if (found == capability_names.end()) {
    return std::nullopt;
  }
  return static_cast<Extension>(found - capability_names.begin() + 1);
}

std::span<const std::string_view> capabilities() noexcept {
  return capability_names;
}

}  // namespace posthouse::sieve
