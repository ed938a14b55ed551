// SEARCH, SORT and THREAD (RFC 9051 section 6.4.4, RFC 5256) and what their answers may be (RFC 4731, RFC 5182, RFC 5267,
// RFC 9394); UIDBATCHES.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "posthouse/fiber/run.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/search/thread.h"
#include "posthouse/imap/server/result_range.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

constexpr net::Duration progress_interval = std::chrono::seconds(10);
constexpr std::uint32_t smallest_batch = 500;

bool asks_for(const SearchKeys& keys, SearchTerm term) {
  return std::any_of(keys.begin(), keys.end(), [&](const SearchKey& key) { return key.term == term; });
}

// True when the answer is to name all that was found.
bool wants_all(const SearchReturn& want) {
  return want.all || !(want.min || want.max || want.count || want.save || want.partial);
}

// What "$" is from now on (RFC 5182 section 2.1, RFC 9394 section 3.2).
NumberSet saved_of(const SearchReturn& want, const NumberSet& found) {
  if (want.all || want.count || !(want.min || want.max || want.partial) || found.empty()) {
    return found;
  }
  NumberSet saved = want.partial ? part_of(found, *want.partial) : NumberSet();
  if (want.min) {
    saved.add(found.smallest());
  }
  if (want.max) {
    saved.add(found.largest());
  }
  return saved;
}

// As it is told (RFC 5267 section 4.4): the smaller place first, counted from the same end.
PartialRange normal(const PartialRange& range) {
  const bool swapped = std::abs(range.first) > std::abs(range.last);
  return swapped ? PartialRange{range.last, range.first} : range;
}

// RFC 7162 section 3.1.10.
std::optional<std::uint64_t> modseq_of(const SearchReturn& want, const SearchResult& found) {
  if (!found.modseq || wants_all(want) || want.count || want.partial) {
    return found.modseq;
  }
  if (want.min && want.max) {
    return std::max(found.first_modseq, found.last_modseq);
  }
  return want.min ? found.first_modseq : found.last_modseq;
}

}  // namespace

// Long work lets others run, and tells that it goes on (RFC 9585).
SearchProgress ServerSession::progress() {
  return [this, told = net::now()](std::uint64_t done, std::uint64_t all) mutable {
    if (net::in_fiber()) {
      net::yield();
    }
    if (net::now() - told >= progress_interval && is_offered("INPROGRESS")) {
      told = net::now();
      outlet_.untagged_ok({"INPROGRESS", Progress{.tag = tag_, .done = done, .goal = all}}, "Still looking");
      outlet_.flush();
    }
    return true;
  };
}

SearchResult ServerSession::find(OpenMailbox& mailbox, const command::Search& search) {
  if (asks_for(search.keys, SearchTerm::modseq)) {
    enable_condstore();
  }
  return imap::search(
      mailbox, search.keys, search.charset,
      {.now = std::chrono::floor<std::chrono::seconds>(net::wall_now()), .saved = saved_, .progress = progress()});
}

// "$" is nothing where a search that was to set it fails.
SearchResult ServerSession::find_and_save(const command::Search& search) {
  if (!search.want.save) {
    return find(*mailbox_, search);
  }
  try {
    SearchResult found = find(*mailbox_, search);
    saved_ = saved_of(search.want, found.uids);
    return found;
  } catch (const std::exception&) {
    saved_ = {};
    throw;
  }
}

// Sequence numbers in a search of a client that has done with them.
bool ServerSession::breaks_uid_only(const command::Search& search) const {
  return enabled_.uid_only && std::any_of(search.keys.begin(), search.keys.end(), [](const SearchKey& key) {
           return key.term == SearchTerm::numbers && !key.set.is_saved_result();
         });
}

ServerSession::Answer ServerSession::run(command::Search& search) {
  if (breaks_uid_only(search)) {
    return uid_required();
  }
  const Cut cut = cut_to_limit(search);
  const SearchResult found = find_and_save(search);
  const NumberSet numbers = by_uid_ ? found.uids : mailbox_->numbers_of(found.uids);
  if (search.want.given || enabled_.rev2) {
    tell_found(search.want, found, numbers);
  } else {
    list_found("* SEARCH", numbers, found.modseq);
  }
  if (search.want.update) {
    if (cut) {
      search.keys.pop_back();  // what comes later is looked at, too
    }
    begin_update(std::move(search), found.uids);
  }
  return with_cut({.text = "Searched"}, cut);
}

// The answer of old, of any length.
void ServerSession::list_found(std::string_view name, const NumberSet& numbers, std::optional<std::uint64_t> modseq) {
  outlet_.text() += name;
  for (const std::uint32_t number : numbers) {
    outlet_.text().append(" ").append(std::to_string(number));
    outlet_.go_on();
  }
  if (modseq) {
    outlet_.text() += " (MODSEQ " + std::to_string(*modseq) + ')';
  }
  outlet_.text() += "\r\n";
  outlet_.end_response();
}

// ESEARCH of what is in the order of the mailbox.
void ServerSession::tell_found(const SearchReturn& want, const SearchResult& found, const NumberSet& numbers) {
  response::ExtendedSearch told{.tag = tag_, .uid = by_uid_};
  if (!numbers.empty()) {
    told.min = want.min ? std::optional(numbers.smallest()) : std::nullopt;
    told.max = want.max ? std::optional(numbers.largest()) : std::nullopt;
    told.all = wants_all(want) ? std::optional(SequenceSet(numbers)) : std::nullopt;
    told.modseq = modseq_of(want, found);
  }
  if (want.count) {
    told.count = numbers.count();
  }
  if (want.partial) {
    told.partial = normal(*want.partial);
    if (const NumberSet part = part_of(numbers, *want.partial); !part.empty()) {
      told.partial_found = SequenceSet(part);
    }
  }
  if (told.min || told.max || told.count || told.partial || wants_all(want) || !want.save) {
    outlet_.untagged(told);
  }
}

ServerSession::Answer ServerSession::run(command::Sort& sort) {
  if (breaks_uid_only(sort.search)) {
    return uid_required();
  }
  const SearchReturn& want = sort.search.want;
  const Cut cut = cut_to_limit(sort.search);
  const SearchResult found = find_and_save(sort.search);
  const Sorted sorted =
      imap::sort(*mailbox_, found.uids, sort.criteria, by_uid_ ? Numbering::uid : Numbering::sequence, progress());
  const std::vector<std::uint32_t>& numbers = sorted.numbers;
  if (want.update) {
    outlet_.untagged(response::Status{response::Condition::no, ResponseCode{"NOUPDATE", '"' + tag_ + '"'},
                                      "What is sorted is not kept up to date"});
  }
  if (!want.given) {
    outlet_.untagged(response::Search{.sort = true, .numbers = numbers, .modseq = found.modseq});
    return with_cut({.text = "Sorted"}, cut);
  }
  response::ExtendedSearch told{.tag = tag_, .uid = by_uid_};
  if (!numbers.empty()) {
    told.min = want.min ? std::optional(numbers.front()) : std::nullopt;
    told.max = want.max ? std::optional(numbers.back()) : std::nullopt;
    told.all = wants_all(want) ? std::optional(in_order(numbers)) : std::nullopt;
    told.modseq = found.modseq;
  }
  if (want.count) {
    told.count = numbers.size();
  }
  if (want.partial) {
    told.partial = normal(*want.partial);
    if (const auto part = part_of(std::span<const std::uint32_t>(numbers), *want.partial); !part.empty()) {
      told.partial_found = in_order(part);
    }
  }
  outlet_.untagged(told);
  return with_cut({.text = "Sorted"}, cut);
}

ServerSession::Answer ServerSession::run(command::Thread& thread) {
  const auto algorithm = thread_algorithm(thread.algorithm);
  if (!algorithm || !is_offered("THREAD=" + thread.algorithm)) {
    return response::Status{response::Condition::bad, {}, "Unknown way to thread"};
  }
  if (breaks_uid_only(thread.search)) {
    return uid_required();
  }
  const Cut cut = cut_to_limit(thread.search);
  const SearchResult found = find(*mailbox_, thread.search);
  outlet_.untagged(
      imap::thread(*mailbox_, found.uids, *algorithm, by_uid_ ? Numbering::uid : Numbering::sequence, progress())
          .thread);
  return with_cut({.text = "Threaded"}, cut);
}

// RFC 7377: in several mailboxes, each answered by itself if anything was found in it.
ServerSession::Answer ServerSession::run(command::MultiSearch& search) {
  SearchReturn& want = search.search.want;
  if (want.save || want.update || want.context || (want.partial && search.sources.size() > 1)) {
    return response::Status{response::Condition::bad, {}, "A search in several mailboxes cannot return that"};
  }
  if (search.sources.empty()) {
    search.sources.push_back({.scope = MailboxScope::selected});
  }
  by_uid_ = true;
  for (const std::string& name : mailboxes_meant(search.sources)) {
    std::unique_ptr<OpenMailbox> other;
    if (!mailbox_ || mailbox_->name() != name) {
      try {
        other = account_->open(name, true);
      } catch (const MailError&) {
        continue;  // it has gone meanwhile, or holds no messages
      }
    }
    OpenMailbox& mailbox = other ? *other : *mailbox_;
    const SearchResult found = find(mailbox, search.search);
    if (found.uids.empty()) {
      continue;
    }
    response::ExtendedSearch told{
        .tag = tag_, .mailbox = MailboxName{.name = name}, .uid_validity = mailbox.uid_validity(), .uid = true};
    told.min = want.min ? std::optional(found.uids.smallest()) : std::nullopt;
    told.max = want.max ? std::optional(found.uids.largest()) : std::nullopt;
    told.count = want.count ? std::optional(found.uids.count()) : std::nullopt;
    told.all = wants_all(want) ? std::optional(SequenceSet(found.uids)) : std::nullopt;
    told.modseq = modseq_of(want, found);
    if (want.partial) {
      told.partial = normal(*want.partial);
      const NumberSet part = part_of(found.uids, *want.partial);
      told.partial_found = part.empty() ? std::nullopt : std::optional(SequenceSet(part));
    }
    outlet_.untagged(told);
  }
  return response::Status{.text = "Searched"};
}

// Keeps what was found up to date from now on (RFC 5267 section 4.3).
void ServerSession::begin_update(command::Search search, NumberSet found) {
  constexpr std::size_t most_updates = 10;
  const bool known = std::any_of(updates_.begin(), updates_.end(), [&](const Update& u) { return u.tag == tag_; });
  if (known || updates_.size() == most_updates) {
    outlet_.untagged(response::Status{response::Condition::no, ResponseCode{"NOUPDATE", '"' + tag_ + '"'},
                                      "Too many searches are kept up to date"});
    return;
  }
  updates_.push_back({.tag = tag_, .uid = by_uid_, .search = std::move(search), .found = std::move(found)});
}

ServerSession::Answer ServerSession::run(command::CancelUpdate& cancel) {
  std::erase_if(updates_, [&](const Update& update) {
    return std::find(cancel.tags.begin(), cancel.tags.end(), update.tag) != cancel.tags.end();
  });
  return response::Status{.text = "No more updates"};
}

void ServerSession::tell_update(const Update& update, bool add, const NumberSet& numbers) {
  if (!numbers.empty()) {
    outlet_.untagged(response::ExtendedSearch{
        .tag = update.tag, .uid = update.uid, .updates = {{.add = add, .numbers = SequenceSet(numbers)}}});
  }
}

// Messages leave the results before they leave the mailbox, while they still have numbers.
void ServerSession::update_expunged(const std::vector<ViewChanges::Gone>& expunged) {
  for (Update& update : updates_) {
    std::vector<NumberRange> uids, numbers;
    for (const ViewChanges::Gone& gone : expunged) {
      if (update.found.contains(gone.uid)) {
        uids.push_back({gone.uid, gone.uid});
        numbers.push_back({gone.number, gone.number});
      }
    }
    const NumberSet gone = NumberSet::of(uids);
    tell_update(update, false, update.uid ? gone : NumberSet::of(numbers));
    update.found = without(update.found, gone);
  }
}

// What the changed and new messages are now decides.
void ServerSession::update_changed(const NumberSet& uids) {
  if (uids.empty()) {
    return;
  }
  for (Update& update : updates_) {
    command::Search search = update.search;
    search.keys.push_back({.term = SearchTerm::uids, .set = SequenceSet(uids)});
    const NumberSet now = find(*mailbox_, search).uids;
    const NumberSet gone = without(in_both(update.found, uids), now);
    const NumberSet come = without(now, update.found);
    tell_update(update, false, update.uid ? gone : mailbox_->numbers_of(gone));
    tell_update(update, true, update.uid ? come : mailbox_->numbers_of(come));
    update.found = joined(without(update.found, gone), come);
  }
}

// The newest first, each batch with its highest UID first.
ServerSession::Answer ServerSession::run(command::UidBatches& batches) {
  if (batches.size < smallest_batch) {
    return response::Status{response::Condition::no, ResponseCode::word("TOOSMALL"),
                            "A batch has " + std::to_string(smallest_batch) + " messages at least"};
  }
  const std::uint64_t count = mailbox_->count();
  const NumberSet uids = count == 0 ? NumberSet() : mailbox_->uids_of(NumberSet::of({{1, mailbox_->count()}}));
  const std::uint64_t all = (count + batches.size - 1) / batches.size;
  const NumberRange wanted = batches.batches.value_or(NumberRange{1, static_cast<std::uint32_t>(all)});
  response::UidBatches told{.tag = tag_};
  for (std::uint64_t batch = wanted.first; batch <= std::min<std::uint64_t>(wanted.last, all); ++batch) {
    const std::uint64_t newest = count - (batch - 1) * batches.size;
    const NumberSet part = at_places(uids, newest > batches.size ? newest - batches.size + 1 : 1, newest);
    told.batches.push_back({part.largest(), part.smallest()});
  }
  outlet_.untagged(told);
  return response::Status{.text = "Those are the batches"};
}

}  // namespace posthouse::imap
