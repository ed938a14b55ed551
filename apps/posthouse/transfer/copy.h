#pragma once
// Copying what is missing.
#include <string>
#include <vector>

#include "apps/posthouse/transfer/mail_place.h"

namespace posthouse::app {

struct CopyOptions {
  std::vector<std::string> mailboxes{};  ///< only these; empty: all
  std::string into{};                    ///< all goes into this mailbox; empty: into one of the same name
  bool flags = false;                    ///< copies that are there already get the flags of their originals
  bool dry_run = false;                  ///< says what would be done
};

/// Copies the messages that `to` does not have yet, oldest first, with flags and date, and prints a line a mailbox; where
/// standard error is a terminal, how far it is. As often as a message is in a mailbox of `from`, so often it is in that of
/// `to` afterwards; so what was broken off goes on where it stopped. A message that cannot be read or is refused is told
/// of on standard error and passed over. Returns how many were.
std::size_t copy_messages(MailPlace& from, MailPlace& to, const CopyOptions& options);

}  // namespace posthouse::app
