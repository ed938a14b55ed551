#pragma once
// How much a user may still send (store/accounts/sending.h). Private to this module.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/server/house.h"
#include "posthouse/smtp/server/session.h"
#include "posthouse/smtp/wire/reply.h"
#include "posthouse/store/accounts/sending.h"

namespace posthouse::server {

/// One a session. Asks nothing of the database but the limits of the account where there are none, and counts nothing then.
/// The first time in a day that an account reaches a limit, the postmaster of its domain gets a letter.
class SendingGuard {
 public:
  explicit SendingGuard(House& house) : house_(house) {}

  /// A transaction of `session`, where somebody has logged in, begins; `defaults` are for accounts without limits of their own.
  /// A reply when nothing may be sent now. Parks. Throws what the store throws, as do the next.
  std::optional<smtp::Reply> mail(const smtp::Session& session, const store::SendingLimits& defaults);
  /// Whether a recipient more is too many after `accepted`.
  std::optional<smtp::Reply> recipient(const smtp::Session& session, std::size_t accepted);
  /// A letter to `recipients` is handed in: it counts from now on, unless a reply says that it is too much.
  std::optional<smtp::Reply> data(const smtp::Session& session, std::size_t recipients);
  /// The transaction is over.
  void reset() noexcept { limits_.reset(); }

 private:
  smtp::Reply refuse(const smtp::Session& session, const store::SendingExcess& excess, int code);
  void tell_operator(const smtp::Session& session, const store::SendingExcess& excess);

  House& house_;
  std::optional<store::SendingLimits> limits_;  // of the transaction; nothing: none
  store::SendingUse use_{};                     // when it began
};

}  // namespace posthouse::server
