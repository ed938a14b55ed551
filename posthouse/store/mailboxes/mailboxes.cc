#include "posthouse/store/mailboxes/mailboxes.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/net_unicode.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/inherited_rights.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

constexpr std::string_view inbox_name = "INBOX";
constexpr std::size_t most_characters = 255;

constexpr const char* select_mailboxes =
    "SELECT id, account_id, name, uidvalidity, uidnext, highestmodseq, messages, unseen, deleted, octets, "
    "expunge_floor, special_use, recent_uid FROM mailbox ";

using MailboxColumns =
    std::tuple<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t, std::uint64_t,
               std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, unsigned, std::uint64_t>;

Mailbox mailbox_of(const MailboxColumns& row) {
  const auto& [id, account, name, uidvalidity, uidnext, modseq, messages, unseen, deleted, octets, floor, use, recent] =
      row;
  return {id,       account, name,    uidvalidity, uidnext, modseq,
          messages, unseen,  deleted, octets,      floor,   static_cast<SpecialUse>(use),
          recent};
}

/// The mailboxes that `condition` selects.
template <class... Values>
std::vector<Mailbox> select(sql::Connection& db, const std::string& condition, const Values&... values) {
  std::vector<Mailbox> found;
  for (const auto& row :
       db.query<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t, std::uint64_t,
                std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, unsigned, std::uint64_t>(
           select_mailboxes + condition, values...)) {
    found.push_back(mailbox_of(row));
  }
  return found;
}

std::optional<Mailbox> only(std::vector<Mailbox> found) {
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

bool was_removed(const Mailbox& mailbox) {
  return mailbox.name.starts_with('/');
}

std::string require_name(std::string_view name) {
  auto normalized = normalize_mailbox_name(name);
  if (!normalized) {
    throw Error(Errc::invalid_name, "no mailbox can have the name " + printable(name));
  }
  return *std::move(normalized);
}

[[noreturn]] void no_such_mailbox(const std::string& name) {
  throw Error(Errc::no_such_mailbox, "there is no mailbox " + printable(name));
}

std::optional<Mailbox> find(sql::Connection& db, AccountId account, const std::string& name) {
  return only(select(db, "WHERE account_id = ? AND name = ?", account, name));
}

void require_free(sql::Connection& db, AccountId account, const std::string& name) {
  if (find(db, account, name)) {
    throw Error(Errc::exists, "there is a mailbox " + printable(name) + " already");
  }
}

/// The account's next MODSEQ. Locks its counters for others.
std::uint64_t take_modseq(sql::Connection& db, AccountId account) {
  if (db.exec("UPDATE account_counter SET modseq = modseq + 1 WHERE account_id = ?", account) == 0) {
    throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
  }
  return db.query_one<std::uint64_t>("SELECT modseq FROM account_counter WHERE account_id = ?", account);
}

MailboxId insert(Write& write, AccountId account, const std::string& name, SpecialUse special_use,
                 std::uint64_t modseq) {
  sql::Connection& db = own_tables(write);
  db.exec(
      "INSERT INTO mailbox (account_id, name, uidvalidity, uidnext, highestmodseq, created_at, special_use, "
      "expunge_floor) VALUES (?, ?, ?, 1, ?, ?, ?, ?)",
      account, name, next_uidvalidity(db, account), modseq, stored_now(), static_cast<unsigned>(special_use), modseq);
  const MailboxId id = db.last_insert_id();
  write.note(MailboxCreated{.account = account, .mailbox = id, .name = name, .modseq = modseq});
  if (const std::size_t end = name.rfind('/'); end != std::string::npos) {
    if (const auto superior = find(db, account, name.substr(0, end))) {
      inherit_rights(write, account, superior->id, id);
    }
  }
  return id;
}

/// Makes the mailboxes above `name` that are not there.
void insert_superiors(Write& write, AccountId account, const std::string& name, std::uint64_t modseq) {
  for (std::size_t end = name.find('/'); end != std::string::npos; end = name.find('/', end + 1)) {
    const std::string superior = name.substr(0, end);
    if (!find(own_tables(write), account, superior)) {
      insert(write, account, superior, SpecialUse::none, modseq);
    }
  }
}

/// The mailboxes below `name`, by name.
std::vector<Mailbox> inferiors(sql::Connection& db, AccountId account, const std::string& name) {
  constexpr char behind_separator = '/' + 1;
  return select(db, "WHERE account_id = ? AND name > ? AND name < ? ORDER BY name", account, name + '/',
                name + behind_separator);
}

/// Gives `mailbox` another name, which is free.
void rename(Write& write, const Mailbox& mailbox, const std::string& to, std::uint64_t modseq) {
  sql::Connection& db = own_tables(write);
  const auto freed = db.query_one<std::uint32_t>("SELECT freed_uidvalidity FROM account_counter WHERE account_id = ?",
                                                 mailbox.account);
  const std::uint32_t uidvalidity =
      mailbox.uidvalidity < freed ? next_uidvalidity(db, mailbox.account) : mailbox.uidvalidity;
  db.exec("UPDATE mailbox SET name = ?, uidvalidity = ? WHERE id = ?", to, uidvalidity, mailbox.id);
  write.note(MailboxRenamed{.account = mailbox.account,
                            .mailbox = mailbox.id,
                            .modseq = modseq,
                            .from = mailbox.name,
                            .to = to,
                            .uidvalidity = uidvalidity});
}

/// The name of a mailbox with this UIDVALIDITY may be given to another one.
void note_freed(sql::Connection& db, const Mailbox& mailbox) {
  db.exec("UPDATE account_counter SET freed_uidvalidity = ? WHERE account_id = ? AND freed_uidvalidity < ?",
          mailbox.uidvalidity, mailbox.account, mailbox.uidvalidity);
}

/// The new names of `mailboxes`, which were below `from` and will be below `to`, in their order. Throws where one is
/// taken or cannot be.
std::vector<std::string> new_names(sql::Connection& db, AccountId account, const std::vector<Mailbox>& mailboxes,
                                   const std::string& from, const std::string& to) {
  std::set<std::string> taken;
  for (const Mailbox& mailbox : inferiors(db, account, to)) {
    taken.insert(mailbox.name);
  }
  taken.erase(from);
  for (const Mailbox& mailbox : mailboxes) {
    taken.erase(mailbox.name);
  }
  std::vector<std::string> names;
  for (const Mailbox& mailbox : mailboxes) {
    names.push_back(require_name(to + mailbox.name.substr(from.size())));
    if (taken.contains(names.back())) {
      throw Error(Errc::exists, "there is a mailbox " + printable(names.back()) + " already");
    }
  }
  return names;
}

}  // namespace

std::optional<std::string> normalize_mailbox_name(std::string_view name) {
  auto normalized = mime::net_unicode(name);
  if (!normalized || normalized->empty() || normalized->front() == '/' || normalized->back() == '/' ||
      normalized->find("//") != std::string::npos || normalized->find_first_of("*%") != std::string::npos) {
    return std::nullopt;
  }
  const auto characters =
      std::ranges::count_if(*normalized, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  if (static_cast<std::size_t>(characters) > most_characters) {
    return std::nullopt;
  }
  const std::string_view first = std::string_view(*normalized).substr(0, normalized->find('/'));
  if (iequals(first, inbox_name)) {
    normalized->replace(0, first.size(), inbox_name);
  }
  return normalized;
}

Mailbox inbox(Read& read, AccountId account) {
  auto found = find(own_tables(read), account, std::string(inbox_name));
  if (!found) {
    throw Error(Errc::no_such_mailbox, fmt::format("account {} has no INBOX", account));
  }
  return *std::move(found);
}

std::optional<Mailbox> find_mailbox_row(sql::Connection& db, MailboxId mailbox) {
  return only(select(db, "WHERE id = ?", mailbox));
}

std::optional<Mailbox> find_mailbox(Read& read, MailboxId mailbox) {
  auto found = find_mailbox_row(own_tables(read), mailbox);
  return found && was_removed(*found) ? std::nullopt : std::move(found);
}

std::optional<Mailbox> find_mailbox(Read& read, AccountId account, std::string_view name) {
  const auto normalized = normalize_mailbox_name(name);
  return normalized ? find(own_tables(read), account, *normalized) : std::nullopt;
}

std::vector<Mailbox> find_mailboxes(Read& read, std::span<const MailboxId> mailboxes) {
  std::vector<Mailbox> found = select(own_tables(read), "WHERE id IN (?)", sql::list(mailboxes));
  std::erase_if(found, was_removed);
  return found;
}

std::vector<Mailbox> list_mailboxes(Read& read, AccountId account) {
  std::vector<Mailbox> all = select(own_tables(read), "WHERE account_id = ? ORDER BY name", account);
  std::erase_if(all, was_removed);
  return all;
}

Mailbox create_mailbox(Write& write, AccountId account, std::string_view name, SpecialUse special_use) {
  sql::Connection& db = own_tables(write);
  const std::string normalized = require_name(name);
  const std::uint64_t modseq = take_modseq(db, account);
  require_free(db, account, normalized);
  insert_superiors(write, account, normalized, modseq);
  return find_mailbox(write, insert(write, account, normalized, special_use, modseq)).value();
}

void rename_mailbox(Write& write, AccountId account, std::string_view from, std::string_view to) {
  sql::Connection& db = own_tables(write);
  const std::string old_name = require_name(from);
  const std::string new_name = require_name(to);
  const std::uint64_t modseq = take_modseq(db, account);
  const auto mailbox = find(db, account, old_name);
  if (!mailbox) {
    no_such_mailbox(old_name);
  }
  require_free(db, account, new_name);
  const bool is_inbox = old_name == inbox_name;
  if (!is_inbox && new_name.starts_with(old_name + '/')) {
    throw Error(Errc::invalid_name, "a mailbox cannot become one below itself");
  }
  const std::vector<Mailbox> below = is_inbox ? std::vector<Mailbox>() : inferiors(db, account, old_name);
  const std::vector<std::string> names = new_names(db, account, below, old_name, new_name);
  insert_superiors(write, account, new_name, modseq);
  rename(write, *mailbox, new_name, modseq);
  for (std::size_t i = 0; i < below.size(); ++i) {
    rename(write, below[i], names[i], modseq);
  }
  note_freed(db, *mailbox);
  for (const Mailbox& each : below) {
    note_freed(db, each);
  }
  if (is_inbox) {
    insert(write, account, old_name, SpecialUse::none, modseq);
  }
}

void remove_mailbox(Write& write, AccountId account, std::string_view name) {
  sql::Connection& db = own_tables(write);
  const std::string normalized = require_name(name);
  if (normalized == inbox_name) {
    throw Error(Errc::invalid_name, "INBOX cannot be removed");
  }
  const std::uint64_t modseq = take_modseq(db, account);
  const auto mailbox = find(db, account, normalized);
  if (!mailbox) {
    no_such_mailbox(normalized);
  }
  note_freed(db, *mailbox);
  db.exec("UPDATE mailbox SET name = ?, special_use = 0 WHERE id = ?", '/' + std::to_string(mailbox->id), mailbox->id);
  db.exec("INSERT INTO dead_mailbox (mailbox_id) VALUES (?)", mailbox->id);
  write.note(MailboxRemoved{.account = account, .mailbox = mailbox->id, .modseq = modseq});
  write.left_for_housekeeper();
}

void raise_recent(Write& write, MailboxId mailbox, std::uint64_t uid) {
  own_tables(write).exec("UPDATE mailbox SET recent_uid = ? WHERE id = ? AND recent_uid < ?", uid, mailbox, uid);
}

bool subscribe(Write& write, AccountId account, std::string_view name) {
  sql::Connection& db = own_tables(write);
  const std::string normalized = require_name(name);
  take_modseq(db, account);
  if (db.query_optional<int>("SELECT 1 FROM subscription WHERE account_id = ? AND name = ?", account, normalized)) {
    return false;
  }
  db.exec("INSERT INTO subscription (account_id, name) VALUES (?, ?)", account, normalized);
  write.note(SubscriptionChanged{.account = account, .name = normalized, .subscribed = true});
  return true;
}

bool unsubscribe(Write& write, AccountId account, std::string_view name) {
  sql::Connection& db = own_tables(write);
  const auto normalized = normalize_mailbox_name(name);
  if (!normalized || db.exec("DELETE FROM subscription WHERE account_id = ? AND name = ?", account, *normalized) == 0) {
    return false;
  }
  take_modseq(db, account);
  write.note(SubscriptionChanged{.account = account, .name = *normalized, .subscribed = false});
  return true;
}

std::vector<std::string> subscriptions(Read& read, AccountId account) {
  return own_tables(read)
      .query<std::string>("SELECT name FROM subscription WHERE account_id = ? ORDER BY name", account)
      .all();
}

Mailbox create_first_mailboxes(Write& write, AccountId account, Language language) {
  struct Named {
    SpecialUse special_use;
    std::array<std::string_view, 2> names;  // by language
  };
  static constexpr std::array<Named, 6> first{{{SpecialUse::none, {inbox_name, inbox_name}},
                                               {SpecialUse::sent, {"Sent", "已发送"}},
                                               {SpecialUse::drafts, {"Drafts", "草稿箱"}},
                                               {SpecialUse::trash, {"Trash", "已删除"}},
                                               {SpecialUse::junk, {"Junk", "垃圾邮件"}},
                                               {SpecialUse::archive, {"Archive", "归档"}}}};
  sql::Connection& db = own_tables(write);
  constexpr std::uint64_t modseq = 1;
  db.exec("INSERT INTO account_counter (account_id, modseq, uidvalidity, freed_uidvalidity) VALUES (?, ?, 0, 0)",
          account, modseq);
  for (const Named& each : first) {
    const std::string name(each.names.at(static_cast<std::size_t>(language)));
    insert(write, account, name, each.special_use, modseq);
    db.exec("INSERT INTO subscription (account_id, name) VALUES (?, ?)", account, name);
  }
  return inbox(write, account);
}

}  // namespace posthouse::store
