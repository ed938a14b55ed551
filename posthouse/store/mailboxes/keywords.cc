#include "posthouse/store/mailboxes/keywords.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/mailboxes/uids.h"

namespace posthouse::store {
namespace {

constexpr std::size_t longest_keyword = 255;

const Keyword* find(const std::vector<Keyword>& all, std::string_view name) {
  const auto found = std::ranges::find_if(all, [&](const Keyword& each) { return iequals(each.name, name); });
  return found == all.end() ? nullptr : &*found;
}

KeywordNumber next_number(const std::vector<Keyword>& all) {
  if (all.empty()) {
    return first_keyword;
  }
  const KeywordNumber next = all.back().number + 1;
  return next <= last_keyword_with_bit ? next : std::max(next, first_keyword_beyond);
}

}  // namespace

void KeywordSet::insert(KeywordNumber number) {
  if (number <= last_keyword_with_bit) {
    bits |= Flags{1} << number;
    return;
  }
  bits |= flag::more_keywords;
  const auto at = std::ranges::lower_bound(beyond, number);
  if (at == beyond.end() || *at != number) {
    beyond.insert(at, number);
  }
}

std::vector<Keyword> keywords(Read& read, MailboxId mailbox) {
  std::vector<Keyword> all;
  for (auto [number, name] : own_tables(read).query<KeywordNumber, std::string>(
           "SELECT number, name FROM mailbox_keyword WHERE mailbox_id = ? ORDER BY number", mailbox)) {
    all.push_back({number, std::move(name)});
  }
  return all;
}

std::vector<KeywordsBeyond> keywords_beyond(Read& read, MailboxId mailbox, std::span<const Uid> uids) {
  std::vector<KeywordsBeyond> found;
  each_held<Uid, KeywordNumber>(own_tables(read), "SELECT h.uid, h.number FROM mailbox_message_keyword h", mailbox,
                                in_order(uids), [&](const auto& row) {
                                  const auto& [uid, number] = row;
                                  if (found.empty() || found.back().uid != uid) {
                                    found.push_back({.uid = uid});
                                  }
                                  found.back().numbers.push_back(number);
                                });
  for (KeywordsBeyond& each : found) {
    std::ranges::sort(each.numbers);
  }
  return found;
}

KeywordSet name_keywords(Write& write, MailboxId mailbox, std::span<const std::string> names) {
  KeywordSet set;
  if (names.empty()) {
    return set;
  }
  std::vector<Keyword> all = keywords(write, mailbox);
  KeywordsNamed named{.mailbox = mailbox};
  for (const std::string& name : names) {
    if (const Keyword* known = find(all, name)) {
      set.insert(known->number);
      continue;
    }
    if (name.empty() || name.size() > longest_keyword) {
      throw Error(Errc::invalid_name, "no keyword can have the name " + printable(name.substr(0, longest_keyword)));
    }
    if (all.size() >= most_keywords) {
      throw Error(Errc::too_many, fmt::format("{} has {} keywords already", mailbox_label(mailbox), all.size()));
    }
    const auto found = find_mailbox(write, mailbox);
    if (!found) {
      no_such_mailbox(mailbox);
    }
    named.account = found->account;
    all.push_back({next_number(all), name});
    own_tables(write).exec("INSERT INTO mailbox_keyword (mailbox_id, number, name) VALUES (?, ?, ?)", mailbox,
                           all.back().number, name);
    named.keywords.push_back({all.back().number, name});
    set.insert(all.back().number);
  }
  if (!named.keywords.empty()) {
    write.note(std::move(named));
  }
  return set;
}

KeywordSet find_keywords(Read& read, MailboxId mailbox, std::span<const std::string> names) {
  KeywordSet set;
  if (names.empty()) {
    return set;
  }
  const std::vector<Keyword> all = keywords(read, mailbox);
  for (const std::string& name : names) {
    if (const Keyword* known = find(all, name)) {
      set.insert(known->number);
    }
  }
  return set;
}

void insert_keywords_beyond(sql::Connection& db, MailboxId mailbox, std::span<const KeywordsBeyond> of) {
  std::vector<std::tuple<MailboxId, Uid, KeywordNumber>> rows;
  for (const KeywordsBeyond& each : of) {
    for (const KeywordNumber number : each.numbers) {
      rows.emplace_back(mailbox, each.uid, number);
    }
  }
  if (!rows.empty()) {
    db.exec_each("INSERT INTO mailbox_message_keyword (mailbox_id, uid, number) VALUES (?, ?, ?)", rows);
  }
}

}  // namespace posthouse::store
