#include "posthouse/server/imap/imap_backend.h"

#include <exception>
#include <string>
#include <string_view>

#include "posthouse/base/text.h"

namespace posthouse::server {
namespace {

/// "Thunderbird 128.0"
std::string client_of(const imap::Session& session) {
  std::string client;
  for (const std::string_view wanted : {"name", "version"}) {
    for (const auto& [field, value] : session.client_id) {
      if (value && iequals(field, wanted)) {
        client += (client.empty() ? "" : " ") + *value;
        break;
      }
    }
  }
  return client;
}

std::string state_of(const imap::Session& session) {
  if (session.user.empty()) {
    return "not authenticated";
  }
  const std::string state = session.idling ? "idle" : session.mailbox.empty() ? "authenticated" : "selected";
  return session.mailbox.empty() ? state : state + ' ' + session.mailbox;
}

}  // namespace

void ImapSessionBackend::changed(const imap::Session& session) noexcept {
  try {
    teller_.tell(session, client_of(session), state_of(session));
  } catch (const std::exception&) {  // no memory
  }
}

std::unique_ptr<imap::MailAccount> ImapBackend::open(const imap::Session& session) {
  return std::make_unique<StoreAccount>(commons_, session.user_id,
                                        Reader{.peer = session.peer.to_string(), .user = session.user});
}

}  // namespace posthouse::server
