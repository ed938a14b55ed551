#include "posthouse/imap/wire/item/status_item.h"

#include <algorithm>
#include <iterator>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

// In the order of StatusItem.
constexpr std::string_view status_names[] = {"MESSAGES",      "RECENT",      "UIDNEXT",         "UIDVALIDITY",
                                             "UNSEEN",        "DELETED",     "DELETED-STORAGE", "SIZE",
                                             "HIGHESTMODSEQ", "APPENDLIMIT", "MAILBOXID"};

}  // namespace

std::string_view name_of(StatusItem item) noexcept {
  return status_names[static_cast<std::size_t>(item)];
}

std::optional<StatusItem> status_item(std::string_view name) noexcept {
  const auto* found = std::find_if(std::begin(status_names), std::end(status_names),
                                   [&](std::string_view n) { return iequals(n, name); });
  if (found == std::end(status_names)) {
    return std::nullopt;
  }
  return static_cast<StatusItem>(found - std::begin(status_names));
}

}  // namespace posthouse::imap
