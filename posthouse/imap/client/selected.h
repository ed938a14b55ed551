#pragma once
// The mailbox that is open.
#include <cstddef>
#include <cstdint>
#include <string>

#include "posthouse/imap/wire/response/response.h"
#include "posthouse/imap/wire/text/flags.h"

namespace posthouse::imap {

/// What the server has told of the selected mailbox (RFC 9051 section 6.3.2), at this moment: it follows all that the
/// server says, whatever was asked.
struct Selected {
  std::string mailbox{};             ///< Its name, UTF-8.
  bool read_only = false;            ///< By EXAMINE, or since the server allows no more ([READ-ONLY]).
  std::uint32_t exists = 0;          ///< Messages.
  std::uint32_t recent = 0;          ///< Messages that are new for this session; always 0 with IMAP4rev2.
  std::uint32_t uid_validity = 0;    ///< UIDs mean the same as long as this is the same; 0: they do not last.
  std::uint32_t uid_next = 0;        ///< No smaller UID will be given to a new message; 0: not told.
  std::uint64_t highest_modseq = 0;  ///< Up to where changes are known (RFC 7162); 0: the mailbox has none.
  Flags flags{};                     ///< That are in use.
  Flags permanent_flags{};           ///< That can be stored; "\*" among them: new keywords too.
  std::string mailbox_id{};          ///< MAILBOXID (RFC 8474); empty: not told.

  /// Takes in what a response says of it; true when it says something.
  bool follow(const response::Data& data);
};

}  // namespace posthouse::imap
