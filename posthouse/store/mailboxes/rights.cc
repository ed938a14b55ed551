#include "posthouse/store/mailboxes/rights.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/inherited_rights.h"

namespace posthouse::store {
namespace {

constexpr AccountId anyone = 0;
constexpr std::size_t mailboxes_at_once = 32;

AccountId column_of(const RightsHolder& holder) {
  return holder.account.value_or(anyone);
}

/// What is given and what is taken.
struct GivenRights {
  mail::Rights given{};
  mail::Rights taken{};

  void add(bool negative, std::uint32_t bits) {
    mail::Rights& some = negative ? taken : given;
    some = some.with(mail::Rights::from_bits(bits));
  }
  mail::Rights sum() const { return given.without(taken); }
};

}  // namespace

std::vector<RightsEntry> rights_entries(Read& read, MailboxId mailbox) {
  std::vector<RightsEntry> entries;
  for (const auto& [account, negative, rights] : own_tables(read).query<AccountId, bool, std::uint32_t>(
           "SELECT account_id, negative, rights FROM mailbox_right WHERE mailbox_id = ? ORDER BY account_id, negative",
           mailbox)) {
    entries.push_back({.holder = RightsHolder{.account = account == anyone ? std::nullopt : std::optional(account),
                                              .negative = negative},
                       .rights = mail::Rights::from_bits(rights)});
  }
  return entries;
}

void set_rights(Write& write, MailboxId mailbox, const RightsHolder& holder, mail::Rights rights) {
  sql::Connection& db = own_tables(write);
  const auto found = find_mailbox(write, mailbox);
  if (!found) {
    no_such_mailbox(mailbox);
  }
  db.exec("DELETE FROM mailbox_right WHERE mailbox_id = ? AND account_id = ? AND negative = ?", mailbox,
          column_of(holder), holder.negative);
  if (!rights.empty()) {
    db.exec("INSERT INTO mailbox_right (mailbox_id, account_id, negative, rights) VALUES (?, ?, ?, ?)", mailbox,
            column_of(holder), holder.negative, rights.bits());
  }
  if (db.query_one<std::size_t>("SELECT count(*) FROM mailbox_right WHERE mailbox_id = ?", mailbox) >
      most_rights_entries) {
    throw Error(Errc::too_many, fmt::format("a mailbox has rights of {} others at most", most_rights_entries));
  }
  write.note(RightsChanged{.account = found->account, .mailbox = mailbox, .of = column_of(holder)});
}

mail::Rights rights_of(Read& read, const Mailbox& mailbox, AccountId account) {
  if (mailbox.account == account) {
    return mail::Rights::all();
  }
  GivenRights rights;
  for (const auto& [negative, bits] : own_tables(read).query<bool, std::uint32_t>(
           "SELECT negative, rights FROM mailbox_right WHERE mailbox_id = ? AND account_id IN (?, ?)", mailbox.id,
           anyone, account)) {
    rights.add(negative, bits);
  }
  return rights.sum();
}

std::vector<SharedMailbox> mailboxes_shared_with(Read& read, AccountId account, std::optional<AccountId> owner) {
  sql::Connection& db = own_tables(read);
  std::map<MailboxId, GivenRights> rights;
  for (const auto& [mailbox, negative, bits] : db.query<MailboxId, bool, std::uint32_t>(
           "SELECT mailbox_id, negative, rights FROM mailbox_right WHERE account_id IN (?, ?)", anyone, account)) {
    rights[mailbox].add(negative, bits);
  }
  std::vector<MailboxId> seen;
  for (const auto& [mailbox, each] : rights) {
    if (each.sum().has('l')) {
      seen.push_back(mailbox);
    }
  }
  std::vector<SharedMailbox> shared;
  in_portions(std::span<const MailboxId>(seen), mailboxes_at_once, [&](std::span<const MailboxId> some) {
    for (Mailbox& mailbox : find_mailboxes(read, some)) {
      if (mailbox.account != account && (!owner || mailbox.account == *owner)) {
        const mail::Rights its = rights.at(mailbox.id).sum();
        shared.push_back({.mailbox = std::move(mailbox), .rights = its});
      }
    }
  });
  std::ranges::sort(shared, {},
                    [](const SharedMailbox& each) { return std::tie(each.mailbox.account, each.mailbox.name); });
  return shared;
}

void inherit_rights(Write& write, AccountId account, MailboxId from, MailboxId to) {
  sql::Connection& db = own_tables(write);
  const auto holders = db.query<AccountId>("SELECT account_id FROM mailbox_right WHERE mailbox_id = ?", from).all();
  if (holders.empty()) {
    return;
  }
  db.exec(
      "INSERT INTO mailbox_right (mailbox_id, account_id, negative, rights) "
      "SELECT ?, account_id, negative, rights FROM mailbox_right WHERE mailbox_id = ?",
      to, from);
  for (const AccountId holder : holders) {
    write.note(RightsChanged{.account = account, .mailbox = to, .of = holder});
  }
}

}  // namespace posthouse::store
