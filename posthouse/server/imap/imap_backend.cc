#include "posthouse/server/imap/imap_backend.h"

namespace posthouse::server {

std::unique_ptr<imap::MailAccount> ImapBackend::open(const imap::Session& session) {
  return std::make_unique<StoreAccount>(commons_, session.user_id,
                                        Reader{.peer = session.peer.to_string(), .user = session.user});
}

}  // namespace posthouse::server
