#pragma once
// Handing one message to everybody it is for, in one transaction: mailboxes of the house and the outbound queue alike.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "posthouse/mail/dsn.h"
#include "posthouse/queue/rows.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/store.h"

namespace posthouse::delivery {

/// A local recipient with an active script (store/scripts/scripts.h).
struct Filtered {
  store::LocalRecipient recipient{};
  std::string address{};  ///< That the letter was written to: the account's own, or an alias.
};

/// What the sender wants to be told of one recipient (RFC 3461).
struct Asked {
  mail::Notify notify{};
  std::string orcpt{};  ///< As mail::parse_orcpt() has it; empty: not said.
};

/// A recipient that is here, of whom the sender asked to be told success.
struct Arrival {
  std::string address{};
  std::string orcpt{};
  bool expanded = false;  ///< It led to several, or to mailboxes and other houses.
};

/// Where the recipients of one transaction lead to: every mailbox and every remote address once, however many
/// recipients and aliases name it.
class Destinations {
 public:
  /// Adds what `address`, which is local, resolved to. What leads to one address of another house takes along what is
  /// `asked`; of what is expanded here, success is told here (RFC 3461 section 5.2.7).
  void add_local(const store::Resolution& resolution, std::string_view address, const Asked& asked = {});
  /// Adds an address of another house. `original` is what the sender named when that was another one.
  void add_remote(std::string_view address, std::string_view original = {}, const Asked& asked = {});

  /// What would go to mailbox `from` goes to `to`, another one of the same account.
  void redirect(store::MailboxId from, store::MailboxId to);

  /// Lists that the letter is for, each once: whoever hands it over sends it on to their members (store/accounts/lists.h).
  const std::vector<std::string>& lists() const noexcept { return lists_; }
  /// The local addresses given that send mail on to other houses, and the lists, each once, as store::normalize_address() writes them.
  const std::vector<std::string>& forwarders() const noexcept { return forwarders_; }
  const std::vector<store::MailboxId>& mailboxes() const noexcept { return mailboxes_; }
  /// Those whose account has a limit (store::QuotaLimits), or may have one.
  const std::vector<store::MailboxId>& limited() const noexcept { return limited_; }
  const std::vector<queue::NewRecipient>& remote() const noexcept { return remote_; }
  /// What the sender is to be told when the letter has been taken.
  const std::vector<Arrival>& arrivals() const noexcept { return arrivals_; }
  /// Takes those with an active script out of the mailboxes, for whoever runs the scripts; to others they are as any.
  std::vector<Filtered> take_filtered();
  /// There are any.
  bool has_filtered() const noexcept { return !filtered_.empty(); }
  /// It goes into no mailbox and to no other house. Lists do not count.
  bool empty() const noexcept { return mailboxes_.empty() && remote_.empty(); }
  void clear() noexcept;

 private:
  std::vector<store::MailboxId> mailboxes_;
  std::vector<store::MailboxId> limited_;
  std::vector<queue::NewRecipient> remote_;
  std::vector<std::string> forwarders_;
  std::vector<std::string> lists_;
  std::vector<Arrival> arrivals_;
  std::vector<Filtered> filtered_;               // all of them are among mailboxes_
  std::unordered_set<std::string> remote_keys_;  // of each of remote_, the spelling it is compared by
};

/// A message with its envelope, ready to be handed over.
struct Letter {
  store::StoredBody body{};
  std::string reverse_path{};  ///< Empty for the null sender.
  /// The sender that other houses are told, where that is another one (mail::Srs); empty: reverse_path.
  std::string reverse_path_elsewhere{};
  bool smtputf8 = false;
  bool eight_bit = false;          ///< The body has octets above 127.
  std::string prefix{};            ///< What this house puts in front of the body; see store::NewMessage.
  queue::Moment expires_at{};      ///< When the queue gives up on remote recipients.
  std::string envid{};             ///< RFC 3461 section 4.4, decoded; may be empty.
  std::optional<mail::Ret> ret{};  ///< RFC 3461 section 4.3.
  int priority = 0;                ///< RFC 6710, -9 to 9: of mail for other houses.
  bool require_tls = false;        ///< RFC 8689: to other houses over verified TLS only.
  std::optional<store::MessageSummary> summary{};  ///< For a message that comes to mailboxes.
};

/// Stores the message of `letter` once, in every mailbox of `to` and with a queue entry for its remote recipients; the
/// workers of the same store take that up when it is durable. Returns the message's id. It may take an account over its
/// limits: so a report comes to whoever waits for it. Throws what the store throws (no_such_mailbox when one has been
/// removed meanwhile).
store::MessageId deliver(store::Write& write, const Letter& letter, const Destinations& to, queue::Moment now);

/// The same as a job of its own (Store::write_jointly): letters that come at the same time are written together. Returns
/// when that is on stable storage. Throws store::Error over_quota where an account would hold more than it may; then nobody
/// gets it.
store::MessageId deliver(store::Store& store, const Letter& letter, const Destinations& to, queue::Moment now);

}  // namespace posthouse::delivery
