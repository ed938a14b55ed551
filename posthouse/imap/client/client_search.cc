#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"

namespace posthouse::imap {
namespace {

// What SEARCH, SORT and ESEARCH may answer.
struct Answer {
  std::vector<std::uint32_t> numbers{};  // in order
  SequenceSet set{};
  std::optional<std::uint64_t> count{};
};

command::Search search_command(ClientSession& session, const Criteria& criteria) {
  command::Search search;
  search.keys = criteria.keys;
  if (search.keys.empty()) {
    search.keys.push_back({.term = SearchTerm::all});
  }
  bool ascii = true;
  for (const SearchKey& key : search.keys) {
    const bool bare = key.term == SearchTerm::flag || key.term == SearchTerm::no_flag ||
                      key.term == SearchTerm::email_id || key.term == SearchTerm::thread_id;
    if (bare) {
      check_atom(std::string_view(key.text).substr(key.text.starts_with('\\') ? 1 : 0), "flag or id");
    }
    if (key.text.find('\0') != std::string::npos) {
      throw Error(Errc::usage, "a text with NUL cannot be searched for");
    }
    ascii = ascii && is_ascii(key.text);
  }
  // After UTF8=ACCEPT or IMAP4rev2 a charset must not be named (RFC 6855 section 3).
  if (!ascii && !session.enabled("UTF8=ACCEPT") && !session.enabled("IMAP4rev2")) {
    search.charset = "UTF-8";
  }
  return search;
}

bool take_answer(ClientSession& session, response::Data& data, Answer& answer) {
  if (auto* search = std::get_if<response::Search>(&data)) {
    session.count_kept(search->numbers.size());
    answer.numbers.insert(answer.numbers.end(), search->numbers.begin(), search->numbers.end());
    return true;
  }
  auto* extended = std::get_if<response::ExtendedSearch>(&data);
  if (extended == nullptr || (extended->tag && *extended->tag != session.tag())) {
    return false;
  }
  if (extended->all) {
    session.count_kept(extended->all->ranges().size());
    answer.set = std::move(*extended->all);
  }
  answer.count = extended->count;
  return true;
}

NumberSet numbers_in(const Answer& answer) {
  std::vector<NumberRange> ranges = numbers_of(answer.set).ranges();
  for (const std::uint32_t number : answer.numbers) {
    if (number != 0) {
      ranges.push_back({number, number});
    }
  }
  return NumberSet::of(std::move(ranges));
}

// The numbers in the order of the answer, which IMAP4rev2 gives as a set.
std::vector<std::uint32_t> numbers_in_order(ClientSession& session, Answer answer) {
  std::vector<std::uint32_t> numbers = std::move(answer.numbers);
  for (const NumberRange& range : answer.set.ranges()) {
    if (range.first == SequenceSet::star || range.last == SequenceSet::star) {
      continue;
    }
    const NumberRange sorted{std::min(range.first, range.last), std::max(range.first, range.last)};
    session.count_kept(sorted.last - sorted.first + 1);
    for (std::uint32_t i = 0; i <= sorted.last - sorted.first; ++i) {
      numbers.push_back(range.first <= range.last ? range.first + i : range.first - i);
    }
  }
  return numbers;
}

}  // namespace

NumberSet search_uids(ClientSession& session, const Criteria& criteria) {
  command::Search search = search_command(session, criteria);
  search.want.given = search.want.all = session.offers("ESEARCH");
  Answer answer;
  session.run(
      std::move(search), [&](response::Data& data) { return take_answer(session, data, answer); }, Numbers::uid);
  return numbers_in(answer);
}

NumberSet Client::search(const Criteria& criteria) {
  const Turn turn(*session_);
  check_selected(*session_);
  return search_uids(*session_, criteria);
}

std::uint64_t Client::count(const Criteria& criteria) {
  const Turn turn(*session_);
  ClientSession& session = *session_;
  check_selected(session);
  if (!session.offers("ESEARCH")) {
    return search_uids(session, criteria).count();
  }
  command::Search search = search_command(session, criteria);
  search.want.given = search.want.count = true;
  Answer answer;
  session.run(
      std::move(search), [&](response::Data& data) { return take_answer(session, data, answer); }, Numbers::uid);
  return answer.count.value_or(0);
}

std::vector<std::uint32_t> Client::sort(const Criteria& criteria, const std::vector<SortCriterion>& by) {
  const Turn turn(*session_);
  check_selected(*session_);
  demand(*session_, "SORT");
  if (by.empty()) {
    throw Error(Errc::usage, "what to sort by was not said");
  }
  command::Sort sort{by, search_command(*session_, criteria)};
  sort.search.charset = "UTF-8";  // SORT always names one (RFC 5256 section 3)
  Answer answer;
  session_->run(
      std::move(sort), [&](response::Data& data) { return take_answer(*session_, data, answer); }, Numbers::uid);
  return numbers_in_order(*session_, std::move(answer));
}

}  // namespace posthouse::imap
