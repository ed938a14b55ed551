#include "posthouse/store/mailboxes/bulk.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/front.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

// Mailboxes that are asked for in one statement.
constexpr std::size_t mailboxes_at_once = 256;

std::optional<sql::BlobView> blob(const std::optional<std::string_view>& octets) {
  return octets ? std::optional<sql::BlobView>(sql::BlobView{*octets}) : std::nullopt;
}

void insert_bodies(sql::Connection& db, std::span<const IncomingMessage> messages, const std::vector<MessageId>& ids) {
  std::vector<std::tuple<MessageId, sql::BlobView, sql::BlobView>> bodies;
  std::vector<std::tuple<MessageId, std::string_view, sql::BlobView>> files;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const StoredBody& body = messages[i].body;
    const sql::BlobView prefix{messages[i].prefix};
    if (body.in_memory()) {
      bodies.emplace_back(ids[i], sql::BlobView{body.bytes()}, prefix);
    } else {
      files.emplace_back(ids[i], body.file_name(), prefix);
    }
  }
  if (!bodies.empty()) {
    db.exec_each("INSERT INTO message_body (message_id, body, prefix) VALUES (?, ?, ?)", bodies);
  }
  if (!files.empty()) {
    db.exec_each("INSERT INTO message_file (message_id, name, prefix) VALUES (?, ?, ?)", files);
  }
}

void insert_summaries(sql::Connection& db, std::span<const IncomingMessage> messages,
                      const std::vector<MessageId>& ids) {
  std::vector<NewSummary> summaries;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].summary != nullptr) {
      summaries.push_back({ids[i], messages[i].summary});
    }
  }
  store::insert_summaries(db, summaries);
}

/// Where the next message of a mailbox goes.
struct Place {
  MailboxId mailbox = 0;
  AccountId account = 0;
  std::uint64_t uids = 0;  // taken for the mailbox
  std::uint64_t uid = 0;
  std::uint64_t uidnext = 0;
  std::uint64_t modseq = 0;
};

/// A place for each mailbox of `deliveries`, by mailbox, and what the messages that come to it count for.
std::pair<std::vector<Place>, std::vector<Tally>> mailboxes_of(std::span<const Delivery> deliveries) {
  std::vector<Place> places;
  places.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    places.push_back({.mailbox = delivery.mailbox});
  }
  std::ranges::sort(places, {}, &Place::mailbox);
  const auto twice = std::ranges::unique(places, {}, &Place::mailbox);
  places.erase(twice.begin(), twice.end());
  std::vector<Tally> tallies(places.size());
  for (const Delivery& delivery : deliveries) {
    const auto place = std::ranges::lower_bound(places, delivery.mailbox, {}, &Place::mailbox);
    ++place->uids;
    tallies[static_cast<std::size_t>(place - places.begin())].add(delivery.flags, delivery.message.octets);
  }
  return {std::move(places), std::move(tallies)};
}

/// Takes UIDs and MODSEQs.
void raise_counters(sql::Connection& db, const std::vector<Place>& places, const std::vector<Tally>& tallies) {
  std::vector<std::tuple<std::uint64_t, MailboxId>> modseqs;
  std::vector<std::tuple<std::uint64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, int, MailboxId>> uids;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [messages, unseen, deleted, octets] = tallies[i];
    modseqs.emplace_back(places[i].uids, places[i].mailbox);
    uids.emplace_back(places[i].uids, messages, unseen, deleted, octets, 0, places[i].mailbox);
  }
  db.exec_each(take_modseqs, modseqs);
  if (db.exec_each(change_counters, uids) != static_cast<std::int64_t>(places.size())) {
    throw Error(Errc::damaged, "a mailbox is not there, or its counters are behind");
  }
}

/// Reads what was taken.
void read_places(sql::Connection& db, std::vector<Place>& places) {
  std::vector<MailboxId> each;
  std::ranges::transform(places, std::back_inserter(each), &Place::mailbox);
  std::map<AccountId, std::uint64_t> modseqs;  // the last one that is not given yet
  in_portions(std::span<const MailboxId>(each), mailboxes_at_once, [&](const std::span<const MailboxId>& some) {
    for (const auto& [mailbox, account, uidnext, highestmodseq, ranges] :
         db.query<MailboxId, AccountId, std::uint64_t, std::uint64_t, std::int64_t>(read_counters, sql::list(some))) {
      require_uids(mailbox, uidnext);
      const auto place = std::ranges::lower_bound(places, mailbox, {}, &Place::mailbox);
      place->account = account;
      place->uidnext = uidnext;
      place->uid = uidnext - place->uids;
      std::uint64_t& last = modseqs.try_emplace(account, highestmodseq).first->second;
      last -= place->uids;
      place->modseq = last + 1;
    }
  });
}

}  // namespace

std::vector<AddedMessage> add_messages(Write& write, std::span<const IncomingMessage> messages) {
  sql::Connection& db = own_tables(write);
  const std::vector<MessageId> ids = db.query_each<MessageId>(
      "INSERT INTO message (size, sha256, received_at, prefix_size, return_path) VALUES (?, ?, ?, ?, ?) RETURNING id",
      messages | std::views::transform([](const IncomingMessage& message) {
        return std::tuple(message.body.size(), sql::BlobView{message.body.sha256()}, stored(message.received_at),
                          message.prefix.size(), blob(message.return_path));
      }));
  if (ids.size() != messages.size() || std::ranges::adjacent_find(ids, std::ranges::greater_equal()) != ids.end()) {
    throw Error(Errc::database, "the database does not give messages their ids in order");
  }
  insert_bodies(db, messages, ids);
  insert_summaries(db, messages, ids);
  std::vector<AddedMessage> added;
  added.reserve(ids.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const IncomingMessage& message = messages[i];
    write.adopt(message.body);
    write.stored(ids[i]);
    added.push_back({ids[i], message.body.size() + message.prefix.size() +
                                 (message.return_path ? message.return_path->size() + return_path_octets : 0)});
  }
  return added;
}

std::vector<Uid> add_to_mailboxes(Write& write, std::span<const Delivery> deliveries) {
  if (deliveries.empty()) {
    return {};
  }
  sql::Connection& db = own_tables(write);
  auto [places, tallies] = mailboxes_of(deliveries);
  raise_counters(db, places, tallies);
  read_places(db, places);
  std::vector<Uid> uids;
  uids.reserve(deliveries.size());
  std::vector<
      std::tuple<MailboxId, Uid, MessageId, int, Flags, std::uint64_t, std::int64_t, std::optional<std::int64_t>>>
      rows;
  rows.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    const auto next = std::ranges::lower_bound(places, delivery.mailbox, {}, &Place::mailbox);
    const MessageAdded added{.account = next->account,
                             .mailbox = delivery.mailbox,
                             .modseq = next->modseq++,
                             .uid = static_cast<Uid>(next->uid++),
                             .message = delivery.message.id,
                             .flags = delivery.flags};
    rows.emplace_back(added.mailbox, added.uid, added.message, 0, added.flags, added.modseq,
                      stored(delivery.internal_date),
                      delivery.save_date ? std::optional(stored(*delivery.save_date)) : std::nullopt);
    uids.push_back(added.uid);
    write.note(added);
  }
  db.exec_each(insert_held, rows);
  for (const Place& place : places) {
    close_chunks(db, place.mailbox, place.uids, place.uidnext);
  }
  return uids;
}

}  // namespace posthouse::store
