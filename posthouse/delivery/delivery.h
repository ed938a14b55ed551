#pragma once
// Handing one message to everybody it is for, in one transaction: mailboxes of the house and the outbound queue alike.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "posthouse/queue/rows.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/store.h"

namespace posthouse::delivery {

/// Where the recipients of one transaction lead to: every mailbox and every remote address once, however many
/// recipients and aliases name it.
class Destinations {
 public:
  /// Adds what `address`, which is local, resolved to.
  void add_local(const store::Resolution& resolution, std::string_view address);
  /// Adds an address of another house. `original` is what the sender named when that was another one.
  void add_remote(std::string_view address, std::string_view original = {});

  const std::vector<store::MailboxId>& mailboxes() const noexcept { return mailboxes_; }
  const std::vector<queue::NewRecipient>& remote() const noexcept { return remote_; }
  bool empty() const noexcept { return mailboxes_.empty() && remote_.empty(); }
  void clear() noexcept;

 private:
  std::vector<store::MailboxId> mailboxes_;
  std::vector<queue::NewRecipient> remote_;
  std::unordered_set<std::string> remote_keys_;  // of each of remote_, the spelling it is compared by
};

/// A message with its envelope, ready to be handed over.
struct Letter {
  store::StoredBody body{};
  std::string reverse_path{};  ///< Empty for the null sender.
  bool smtputf8 = false;
  bool eight_bit = false;         ///< The body has octets above 127.
  std::uint64_t skip_octets = 0;  ///< Octets at its start that are for our mailboxes only (Return-Path:).
  queue::Moment expires_at{};     ///< When the queue gives up on remote recipients.
};

/// Stores the message of `letter` once, in every mailbox of `to` and with a queue entry for its remote recipients. To
/// be called within store.write(). Returns the message's id. Throws what the store throws (no_such_mailbox when one has
/// been removed meanwhile).
store::MessageId deliver(store::Store& store, sql::Connection& db, const Letter& letter, const Destinations& to,
                         queue::Moment now);

/// The "Return-Path:" line for `reverse_path` with its CRLF (RFC 5321 section 4.4): the first of every message in a
/// mailbox.
std::string return_path_line(std::string_view reverse_path);

}  // namespace posthouse::delivery
