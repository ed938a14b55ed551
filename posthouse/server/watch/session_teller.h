#pragma once
// How a session's protocol tells the house of it. Private to this module.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/fiber/time.h"
#include "posthouse/server/session_record.h"
#include "posthouse/server/watch/log_in_book.h"

namespace posthouse::server {

/// One a session, of whose fiber it is.
class SessionTeller {
 public:
  /// `log_ins` may be null; both outlive it. `protocol` is "imap", "pop3", "smtp" or "managesieve".
  SessionTeller(LogInBook* log_ins, SessionRecord& record, std::string_view protocol)
      : log_ins_(log_ins), record_(record), protocol_(protocol) {}

  /// What there is to say of `session`, of any protocol, whose client says it is `client`.
  template <class Session>
  void tell(const Session& session, std::string client, std::string state) noexcept {
    try {
      note_log_in(session.user_id, session.peer.ip(), client);
      record_.set({session.user, std::move(client), session.tls ? session.tls->version : "", std::move(state)});
    } catch (const std::exception&) {  // no memory: what is shown is older then
    }
  }

 private:
  void note_log_in(store::AccountId account, const std::string& peer, const std::string& client) {
    if (log_ins_ == nullptr || account == 0) {
      noted_.reset();
      return;
    }
    if (!noted_ || noted_->account != account) {
      noted_ = store::LogIn{.account = account,
                            .protocol = std::string(protocol_),
                            .client = client,
                            .peer = peer,
                            .at = std::chrono::time_point_cast<std::chrono::microseconds>(fiber::wall_now())};
      log_ins_->note(*noted_);
    } else if (noted_->client != client) {
      log_ins_->rename(*noted_, client);
      noted_->client = client;
    }
  }

  LogInBook* const log_ins_;
  SessionRecord& record_;
  const std::string_view protocol_;
  std::optional<store::LogIn> noted_{};
};

}  // namespace posthouse::server
