#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"
#include "posthouse/net/error.h"

namespace posthouse::imap {
namespace {

std::vector<FetchItem> items_of(const FetchRequest& request) {
  std::vector<FetchItem> items{{.kind = FetchKind::uid}};
  const std::pair<bool, FetchKind> simple[] = {{request.flags, FetchKind::flags},
                                               {request.envelope, FetchKind::envelope},
                                               {request.structure, FetchKind::body_structure},
                                               {request.size, FetchKind::rfc822_size},
                                               {request.internal_date, FetchKind::internal_date},
                                               {request.modseq, FetchKind::modseq},
                                               {request.email_id, FetchKind::email_id},
                                               {request.email_id, FetchKind::thread_id},
                                               {request.preview, FetchKind::preview},
                                               {request.save_date, FetchKind::save_date}};
  for (const auto& [wanted, kind] : simple) {
    if (wanted) {
      items.push_back({.kind = kind});
    }
  }
  if (request.header) {
    items.push_back({.kind = FetchKind::body_section, .peek = true, .section = {.what = SectionText::header}});
  }
  if (!request.header_fields.empty()) {
    items.push_back({.kind = FetchKind::body_section,
                     .peek = true,
                     .section = {.what = SectionText::header_fields, .fields = request.header_fields}});
  }
  items.insert(items.end(), request.more.begin(), request.more.end());
  return items;
}

template <class Item>
void take_over(std::optional<Item>& into, std::optional<Item>& from) {
  if (from) {
    into = std::move(from);
  }
}
template <class Item>
void take_over(std::vector<Item>& into, std::vector<Item>& from) {
  into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Puts together what was told of one message in pieces.
void merge(response::Fetch& into, response::Fetch& from) {
  take_over(into.flags, from.flags);
  take_over(into.internal_date, from.internal_date);
  take_over(into.size, from.size);
  take_over(into.modseq, from.modseq);
  take_over(into.envelope, from.envelope);
  take_over(into.body, from.body);
  take_over(into.structure, from.structure);
  take_over(into.bodies, from.bodies);
  take_over(into.binary_sizes, from.binary_sizes);
  take_over(into.email_id, from.email_id);
  take_over(into.thread_id, from.thread_id);
  take_over(into.save_date, from.save_date);
  take_over(into.preview, from.preview);
  take_over(into.others, from.others);
}

// UIDFETCH (RFC 9586) has the UID for its number.
void find_uid(response::Fetch& message) {
  if (message.by_uid) {
    message.uid = message.number;
  }
}

std::vector<response::Fetch> fetch_all(ClientSession& session, const NumberSet& uids, const FetchRequest& request) {
  std::vector<response::Fetch> messages;
  std::map<std::uint32_t, std::size_t> places;
  fetch_messages(session, uids, request, [&](response::Fetch& message) {
    const auto [place, is_new] = places.try_emplace(*message.uid, messages.size());
    session.count_kept(is_new ? 1 : 0);
    if (is_new) {
      messages.push_back(std::move(message));
    } else {
      merge(messages[place->second], message);
    }
  });
  std::sort(messages.begin(), messages.end(), [](const auto& a, const auto& b) { return *a.uid < *b.uid; });
  return messages;
}

NumberSet store(ClientSession& session, const NumberSet& uids, StoreMode mode, const Flags& flags,
                std::optional<std::uint64_t> unchanged_since) {
  check_selected(session);
  check_flags(flags);
  if (unchanged_since) {
    demand(session, "CONDSTORE");
  }
  NumberSet left_alone;
  // With CONDSTORE the new MODSEQ of each message comes, though nothing was to be told.
  const auto take = [](response::Data& data) {
    const auto* fetch = std::get_if<response::Fetch>(&data);
    return fetch != nullptr && fetch->modseq && !fetch->flags;
  };
  for (const SequenceSet& portion : in_portions(uids)) {
    const auto status = session.run(
        command::Store{
            .set = portion, .unchanged_since = unchanged_since, .mode = mode, .silent = true, .flags = flags},
        take, Numbers::uid);
    if (status.code && status.code->is("MODIFIED")) {
      if (const auto* modified = std::get_if<SequenceSet>(&status.code->value)) {
        left_alone = joined(left_alone, numbers_of(*modified));
      }
    }
  }
  return left_alone;
}

void append_ranges(SequenceSet& to, const SequenceSet& more) {
  std::vector<NumberRange> ranges = to.ranges();
  ranges.insert(ranges.end(), more.ranges().begin(), more.ranges().end());
  to = SequenceSet(std::move(ranges));
}

void note_copies(Copied& copied, const response::Status& status) {
  const auto* code = status.code ? std::get_if<CopyUid>(&status.code->value) : nullptr;
  if (code != nullptr) {
    copied.uid_validity = code->uid_validity;
    append_ranges(copied.from, code->from);
    append_ranges(copied.to, code->to);
  }
}

// COPY or MOVE.
template <class Carry>
Copied carry(ClientSession& session, const NumberSet& uids, const MailboxName& mailbox) {
  Copied copied;
  // MOVE tells of the copies before it is done (RFC 6851 section 4.3).
  const auto take = [&](response::Data& data) {
    const auto* status = std::get_if<response::Status>(&data);
    if (status == nullptr || !status->code || !status->code->is("COPYUID")) {
      return false;
    }
    note_copies(copied, *status);
    return true;
  };
  for (const SequenceSet& portion : in_portions(uids)) {
    note_copies(copied, session.run(Carry{portion, mailbox}, take, Numbers::uid));
  }
  return copied;
}

// False where others are marked, too, and the server cannot tell them apart.
bool expunge_these(ClientSession& session, const NumberSet& uids) {
  if (session.offers("UIDPLUS")) {
    for (const SequenceSet& portion : in_portions(uids)) {
      session.run(command::Expunge{portion}, {}, Numbers::uid);
    }
    return true;
  }
  if (!without(search_uids(session, deleted()), uids).empty()) {
    return false;
  }
  session.run(command::Expunge{});
  return true;
}

}  // namespace

void fetch_messages(ClientSession& session, const NumberSet& uids, const FetchRequest& request,
                    const std::function<void(response::Fetch& message)>& each) {
  const auto items = items_of(request);
  // What is told of a message that was asked for is the answer, unless nothing of it was asked: somebody changed flags.
  const bool flags_only_by_chance = !request.flags && request.more.empty() && items.size() > 1;
  const auto take = [&](response::Data& data) {
    auto* message = std::get_if<response::Fetch>(&data);
    if (message == nullptr) {
      return false;
    }
    find_uid(*message);
    const bool chance = flags_only_by_chance && message->flags && !message->envelope && !message->structure &&
                        !message->size && !message->internal_date && message->bodies.empty() && !message->email_id &&
                        !message->preview && !message->save_date;
    if (!message->uid || !uids.contains(*message->uid) || chance) {
      return false;
    }
    each(*message);
    return true;
  };
  for (const SequenceSet& portion : in_portions(uids)) {
    session.run(command::Fetch{.set = portion, .items = items, .changed_since = request.changed_since}, take,
                Numbers::uid);
  }
}

std::vector<response::Fetch> Client::fetch(const NumberSet& uids, const FetchRequest& request) {
  const Turn turn(*session_);
  check_selected(*session_);
  return fetch_all(*session_, uids, request);
}

response::Fetch Client::fetch_one(std::uint32_t uid, const FetchRequest& request) {
  const Turn turn(*session_);
  check_selected(*session_);
  auto found = fetch_all(*session_, uid, request);
  if (found.empty()) {
    throw Error(Errc::no_message, "there is no message with the UID " + std::to_string(uid));
  }
  return std::move(found.front());
}

void Client::fetch(const NumberSet& uids, const FetchRequest& request,
                   const std::function<void(response::Fetch& message)>& each) {
  const Turn turn(*session_);
  check_selected(*session_);
  fetch_messages(*session_, uids, request, each);
}

std::string Client::retrieve(std::uint32_t uid) {
  return retrieve(uid, Section{});
}

void Client::retrieve(std::uint32_t uid, const std::function<void(std::string_view)>& sink) {
  retrieve(uid, Section{}, sink);
}

std::string Client::retrieve(std::uint32_t uid, const Section& section, const std::optional<Partial>& piece) {
  std::string octets;
  retrieve(uid, section, [&](std::string_view chunk) { octets += chunk; }, piece);
  return octets;
}

void Client::retrieve(std::uint32_t uid, const Section& section, const std::function<void(std::string_view)>& sink,
                      const std::optional<Partial>& piece) {
  const Turn turn(*session_);
  ClientSession& session = *session_;
  check_selected(session);
  const FetchItem item{.kind = FetchKind::body_section, .peek = true, .section = section, .partial = piece};
  bool answered_whole = false;  // as a string in quotes, of which nothing was streamed
  const auto take = [&](response::Data& data) {
    auto* message = std::get_if<response::Fetch>(&data);
    if (message == nullptr || message->bodies.empty()) {
      return false;
    }
    find_uid(*message);
    // Octets may have been handed out already: they must have been those of this message.
    if (message->uid != uid) {
      session.nonsense("it has the body of another message");
    }
    for (const response::BodyData& body : message->bodies) {
      if (!body.streamed && body.octets && !answered_whole && body.section.part == section.part &&
          body.section.what == section.what) {
        answered_whole = true;
        sink(*body.octets);
      }
    }
    return true;
  };
  const command::Fetch fetch{.set = SequenceSet(NumberSet(uid)), .items = {{.kind = FetchKind::uid}, item}};
  if (!session.run_streaming(fetch, section, take, sink) && !answered_whole) {
    throw Error(Errc::no_message, "there is no message with the UID " + std::to_string(uid) + ", or no such part");
  }
}

NumberSet Client::add_flags(const NumberSet& uids, const Flags& flags, std::optional<std::uint64_t> unchanged_since) {
  const Turn turn(*session_);
  return store(*session_, uids, StoreMode::add, flags, unchanged_since);
}
NumberSet Client::remove_flags(const NumberSet& uids, const Flags& flags,
                               std::optional<std::uint64_t> unchanged_since) {
  const Turn turn(*session_);
  return store(*session_, uids, StoreMode::remove, flags, unchanged_since);
}
NumberSet Client::set_flags(const NumberSet& uids, const Flags& flags, std::optional<std::uint64_t> unchanged_since) {
  const Turn turn(*session_);
  return store(*session_, uids, StoreMode::replace, flags, unchanged_since);
}

Copied Client::copy(const NumberSet& uids, const std::string& mailbox) {
  const Turn turn(*session_);
  check_selected(*session_);
  return carry<command::Copy>(*session_, uids, checked_mailbox(mailbox));
}

Moved Client::move(const NumberSet& uids, const std::string& mailbox) {
  const Turn turn(*session_);
  ClientSession& session = *session_;
  check_selected(session);
  const MailboxName to = checked_mailbox(mailbox);
  if (session.offers("MOVE")) {
    return {MoveWay::moved, carry<command::Move>(session, uids, to)};
  }
  Moved moved{MoveWay::marked, carry<command::Copy>(session, uids, to)};
  store(session, uids, StoreMode::add, SystemFlag::deleted, {});
  if (expunge_these(session, uids)) {
    moved.way = MoveWay::expunged;
  }
  return moved;
}

void Client::expunge() {
  const Turn turn(*session_);
  check_selected(*session_);
  session_->run(command::Expunge{});
}

void Client::expunge(const NumberSet& uids) {
  const Turn turn(*session_);
  check_selected(*session_);
  if (!expunge_these(*session_, uids)) {
    throw Error(Errc::unsupported, "other messages are marked as deleted, and the IMAP server has no UIDPLUS");
  }
}

}  // namespace posthouse::imap
