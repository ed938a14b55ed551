#include "posthouse/server/imap/trouble.h"

namespace posthouse::server {

void refuse(const store::Error& error) {
  using store::Errc;
  switch (error.errc()) {
    case Errc::exists:
      throw imap::MailError("ALREADYEXISTS", "There is a mailbox of that name");
    case Errc::no_such_mailbox:
      throw imap::MailError("NONEXISTENT", "There is no such mailbox");
    case Errc::invalid_name:
      throw imap::MailError("CANNOT", error.what());
    case Errc::over_quota:
      throw imap::MailError("OVERQUOTA", "The mailboxes may hold no more");
    case Errc::too_many:
      throw imap::MailError("LIMIT", error.what());
    default:
      return;
  }
}

}  // namespace posthouse::server
