#pragma once
// Mailboxes by the names that one user has for them, and what that user may do with each. Private to this module.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/rights.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// A mailbox as one user knows it.
struct NamedMailbox {
  store::Mailbox mailbox{};
  std::string name{};  ///< what that user calls it
  mail::Rights rights{};
  bool own = true;
};

/// Where a name is: whose mailboxes, and what their owner calls it.
struct MailboxPlace {
  store::AccountId account = 0;
  std::string name{};
  bool own = true;
};

/// One user's names: those of the own mailboxes, and "Other Users/bob@one.test/Work" for bob's Work. What is "=" or would mean
/// something else in a name ("/", "*", "%", quotes) stands in an address as "=2F". All calls are made within one Read, so
/// that what they find is so at one moment.
class NamedMailboxes {
 public:
  explicit NamedMailboxes(store::AccountId user) noexcept : user_(user) {}

  /// The mailbox of that name, if the user has all the rights of `needed` to it, letters of mail::Rights. Throws
  /// imap::MailError NOPERM; NONEXISTENT, also where "l" is missing too.
  NamedMailbox require(store::Read& read, std::string_view name, std::string_view needed) const;
  /// The same; nothing where it would throw.
  std::optional<NamedMailbox> find(store::Read& read, std::string_view name, std::string_view needed) const;

  /// All own ones and those that others let the user see, by name.
  std::vector<NamedMailbox> all(store::Read& read) const;
  /// Those of others.
  std::vector<NamedMailbox> of_others(store::Read& read) const;

  /// Where a mailbox of that name is to be made, for which "k" of the one above it is needed. Throws imap::MailError NOPERM;
  /// CANNOT for a name that others' mailboxes have.
  MailboxPlace require_place(store::Read& read, std::string_view name) const;

  /// Whose quota counts for somebody's mailbox (RFC 9208), by the owner's account; empty: the user's own.
  std::string root_of(store::Read& read, store::AccountId owner) const;
  /// The account of such a root, of one that has let the user read a mailbox. Throws imap::MailError NONEXISTENT.
  store::AccountId require_root(store::Read& read, std::string_view root) const;

 private:
  std::optional<NamedMailbox> find_any(store::Read& read, std::string_view name) const;

  const store::AccountId user_;
};

/// Who is meant by an identifier (RFC 4314 section 3): an account's address or "anyone", behind "-" for negative rights. Throws
/// imap::MailError CANNOT when that is nobody.
store::RightsHolder require_holder(store::Read& read, std::string_view identifier);
/// Flags that `rights` let set and clear (RFC 4314 section 2.1): flag::keywords with "w".
store::Flags flags_allowed(mail::Rights rights) noexcept;
/// What the owner of a mailbox may do with it: all, but INBOX stays.
mail::Rights rights_of_owner(const store::Mailbox& mailbox);

}  // namespace posthouse::server
