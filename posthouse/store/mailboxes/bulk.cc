#include "posthouse/store/mailboxes/bulk.h"

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <tuple>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/counters.h"
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

/// The places for the messages of each mailbox, by mailbox.
std::vector<Places> take_places(sql::Connection& db, std::span<const Delivery> deliveries) {
  std::vector<MailboxId> each;
  each.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    each.push_back(delivery.mailbox);
  }
  std::ranges::sort(each);
  std::vector<std::tuple<std::uint64_t, std::uint64_t, MailboxId>> raises;
  for (auto first = each.begin(); first != each.end();) {
    const auto end = std::upper_bound(first, each.end(), *first);
    const auto count = static_cast<std::uint64_t>(end - first);
    raises.emplace_back(count, count, *first);
    first = end;
  }
  db.exec_each(raise_counters, raises);
  const auto duplicates = std::ranges::unique(each);
  each.erase(duplicates.begin(), duplicates.end());
  std::vector<Places> places;
  places.reserve(each.size());
  in_portions(std::span<const MailboxId>(each), mailboxes_at_once, [&](const std::span<const MailboxId>& some) {
    for (const auto& [mailbox, account, uidnext, highestmodseq] :
         db.query<MailboxId, AccountId, std::uint64_t, std::uint64_t>(read_counters, sql::list(some))) {
      const auto at = std::ranges::lower_bound(each, mailbox) - each.begin();
      const std::uint64_t count = std::get<0>(raises[static_cast<std::size_t>(at)]);
      places.push_back(places_for(count, mailbox, account, uidnext, highestmodseq));
    }
  });
  std::ranges::sort(places, {}, &Places::mailbox);
  return places;
}

}  // namespace

std::vector<MessageId> add_messages(Write& write, std::span<const IncomingMessage> messages) {
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
  for (std::size_t i = 0; i < messages.size(); ++i) {
    write.adopt(messages[i].body);
    write.stored(ids[i]);
  }
  return ids;
}

void add_to_mailboxes(Write& write, std::span<const Delivery> deliveries) {
  if (deliveries.empty()) {
    return;
  }
  sql::Connection& db = own_tables(write);
  std::vector<Places> places = take_places(db, deliveries);
  std::vector<std::tuple<MailboxId, Uid, MessageId, std::uint32_t, std::uint64_t, std::int64_t>> rows;
  rows.reserve(deliveries.size());
  for (const Delivery& delivery : deliveries) {
    const auto next = std::ranges::lower_bound(places, delivery.mailbox, {}, &Places::mailbox);
    if (next == places.end() || next->mailbox != delivery.mailbox) {
      no_such_mailbox(delivery.mailbox);
    }
    const MessageAdded added{.account = next->account,
                             .mailbox = delivery.mailbox,
                             .modseq = next->modseq++,
                             .uid = next->uid++,
                             .message = delivery.message,
                             .flags = 0};
    rows.emplace_back(added.mailbox, added.uid, added.message, added.flags, added.modseq,
                      stored(delivery.internal_date));
    write.note(added);
  }
  db.exec_each(insert_delivery, rows);
}

}  // namespace posthouse::store
