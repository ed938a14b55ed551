#pragma once
// Flags as the store has them and as IMAP names them. Private to this module.
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::server {

/// The names of one mailbox's flags.
class FlagNames {
 public:
  /// All keywords the mailbox has from now on.
  void set(std::span<const store::Keyword> keywords);
  /// What `bits` mean; valid until set(), or until some thousand other sets were asked for.
  const imap::Flags& named(store::Flags bits);
  /// The same with keywords that have no bit.
  imap::Flags named(store::Flags bits, std::span<const store::KeywordNumber> beyond);

 private:
  std::map<store::KeywordNumber, std::string> keywords_;
  std::unordered_map<store::Flags, imap::Flags> sets_;  // that have been asked for
};

/// What a client may store of flags: system flags, and keywords by name.
struct StorableFlags {
  store::Flags system = 0;
  std::vector<std::string> keywords{};
};

/// Throws imap::MailError CANNOT for a flag with a backslash that is none of RFC 9051's; "\Recent", which only a server
/// sets, is left out.
StorableFlags storable(const imap::Flags& flags);

}  // namespace posthouse::server
