#pragma once
// Which flags rights let change (RFC 4314 section 2.1). Private to this module.
#include <string>
#include <utility>

#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/mail/rights.h"

namespace posthouse::imap {

/// Those of `flags` that `rights` let set and clear: "\Seen" by "s", "\Deleted" by "t", all others by "w".
inline Flags changeable(const Flags& flags, mail::Rights rights) {
  Flags some;
  for (const auto& [flag, right] :
       {std::pair{SystemFlag::seen, 's'}, std::pair{SystemFlag::deleted, 't'}, std::pair{SystemFlag::answered, 'w'},
        std::pair{SystemFlag::flagged, 'w'}, std::pair{SystemFlag::draft, 'w'}}) {
    if (flags.has(flag) && rights.has(right)) {
      some.add(flag);
    }
  }
  if (rights.has('w')) {
    for (const std::string& name : flags.others()) {
      some.add(name);
    }
  }
  return some;
}

}  // namespace posthouse::imap
