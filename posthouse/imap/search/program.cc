#include "posthouse/imap/search/program.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/imap/backend/mail_error.h"
#include "posthouse/mime/charset/charset.h"

namespace posthouse::imap {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_days;

bool is_leaf(const SearchKey& key) noexcept {
  return key.term != SearchTerm::all_of && key.term != SearchTerm::any_of && key.term != SearchTerm::none_of;
}

bool is_text(const SearchKey& key) noexcept {
  return key.term == SearchTerm::header || key.term == SearchTerm::body || key.term == SearchTerm::text;
}

bool names_one_of(const SearchKey& key, std::initializer_list<std::string_view> names) noexcept {
  return key.term == SearchTerm::header &&
         std::any_of(names.begin(), names.end(), [&](std::string_view name) { return iequals(key.field, name); });
}

bool compare_day(SearchTerm term, sys_days day, sys_days wanted) noexcept {
  switch (term) {
    case SearchTerm::before:
    case SearchTerm::sent_before:
    case SearchTerm::saved_before:
      return day < wanted;
    case SearchTerm::on:
    case SearchTerm::sent_on:
    case SearchTerm::saved_on:
      return day == wanted;
    default:
      return day >= wanted;
  }
}

// A time of OLDER and YOUNGER ago.
std::chrono::sys_seconds ago(std::chrono::sys_seconds now, std::uint64_t number) noexcept {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  return now - seconds(static_cast<std::int64_t>(std::min(number, most)));
}

bool holds_by_size(const SearchKey& key, const Message& message, std::chrono::sys_seconds now) {
  const sys_days wanted(key.day);
  switch (key.term) {
    case SearchTerm::larger:
      return message.size > key.number;
    case SearchTerm::smaller:
      return message.size < key.number;
    case SearchTerm::older:
      return message.internal_date.utc <= ago(now, key.number);
    case SearchTerm::younger:
      return message.internal_date.utc >= ago(now, key.number);
    case SearchTerm::saved_before:
    case SearchTerm::saved_on:
    case SearchTerm::saved_since:
      return compare_day(key.term, floor<days>(message.save_date), wanted);
    case SearchTerm::email_id:
      return message.email_id == key.text;
    case SearchTerm::thread_id:
      return message.thread_id == key.text;
    default:
      return compare_day(key.term, floor<days>(message.internal_date.utc + message.internal_date.offset), wanted);
  }
}

[[noreturn]] void refuse_charset(const std::string& text) {
  throw MailError("BADCHARSET", text);
}

// The text of a key, which is in `charset`, as UTF-8.
std::string utf8_of(const std::string& text, std::string_view charset) {
  if (charset.empty() || iequals(charset, "UTF-8") || iequals(charset, "US-ASCII")) {
    if (!is_utf8(text)) {
      refuse_charset("The text is not UTF-8");
    }
    return text;
  }
  mime::Text converted = mime::to_utf8(text, charset);
  if (converted.lossy) {
    refuse_charset("The text is not in that charset");
  }
  return std::move(converted.utf8);
}

// The work that narrow() may do, in ranges: a second's hundredth part.
constexpr std::size_t most_ranges = 1'000'000;

}  // namespace

Depth depth_of(const SearchKey& key) noexcept {
  switch (key.term) {
    case SearchTerm::all_of:
    case SearchTerm::any_of:
    case SearchTerm::none_of:
    case SearchTerm::all:
    case SearchTerm::numbers:
    case SearchTerm::uids:
    case SearchTerm::modseq:
    case SearchTerm::save_date_supported:
      return Depth::sets;
    case SearchTerm::flag:
    case SearchTerm::no_flag:
      return Depth::view;
    case SearchTerm::sent_before:
    case SearchTerm::sent_on:
    case SearchTerm::sent_since:
      return Depth::envelope;
    case SearchTerm::header:
      return is_of_envelope(key) ? Depth::envelope : Depth::content;
    case SearchTerm::body:
    case SearchTerm::text:
      return key.text.empty() ? Depth::sets : Depth::content;
    default:
      return Depth::size;
  }
}

bool is_of_envelope(const SearchKey& key) noexcept {
  return names_one_of(key, {"Subject", "Message-ID", "In-Reply-To", "Date"});
}

Program::Program(const SearchKeys& keys, std::string_view charset, OpenMailbox& mailbox, const SearchContext& context)
    : keys_(keys),
      children_(keys.size()),
      sets_(keys.size()),
      flags_(keys.size()),
      at_(depth_count),
      count_(mailbox.count()),
      now_(context.now) {
  if (!charset.empty() && !mime::is_known_charset(charset)) {
    refuse_charset("The charset is not known");
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    SearchKey& key = keys_[i];
    if (!is_leaf(key)) {
      children_[i] = child_count(keys_, i);
      continue;
    }
    if (is_text(key)) {
      key.text = utf8_of(key.text, charset);
    }
    const Depth depth = depth_of(key);
    at_[static_cast<std::size_t>(depth)].push_back(i);
    asks_[static_cast<std::size_t>(depth)] = true;
    if (names_one_of(key, {"From", "To", "Cc", "Bcc"})) {
      asks_[static_cast<std::size_t>(Depth::envelope)] = true;
    }
    asks_modseq_ = asks_modseq_ || key.term == SearchTerm::modseq;
    asks_thread_ = asks_thread_ || key.term == SearchTerm::thread_id;
    if (depth == Depth::sets) {
      sets_[i] = numbers_of(key, mailbox, context);
    } else if (depth == Depth::view) {
      flags_[i].add(key.text);
    }
  }
}

NumberSet Program::numbers_of(const SearchKey& key, OpenMailbox& mailbox, const SearchContext& context) const {
  if (count_ == 0) {
    return {};
  }
  const NumberSet all = NumberSet::of({{1, count_}});
  switch (key.term) {
    case SearchTerm::numbers:
      return key.set.is_saved_result() ? mailbox.numbers_of(context.saved) : in_both(key.set.resolve(count_), all);
    case SearchTerm::uids:
      return mailbox.numbers_of(key.set.is_saved_result() ? context.saved : key.set.resolve(mailbox.largest_uid()));
    case SearchTerm::modseq:
      return key.number == 0 ? all : mailbox.numbers_of(mailbox.changed_since(mailbox.uids_of(all), key.number - 1));
    default:
      return all;
  }
}

Truth Program::evaluate(const std::vector<Truth>& values) {
  stack_.clear();
  const auto pop_all = [&](std::size_t count, Truth start, auto join) {
    for (; count != 0; --count) {
      start = join(start, stack_.back());
      stack_.pop_back();
    }
    return start;
  };
  const auto smaller = [](Truth a, Truth b) { return std::min(a, b); };
  const auto larger = [](Truth a, Truth b) { return std::max(a, b); };
  for (std::size_t i = keys_.size(); i-- != 0;) {
    switch (keys_[i].term) {
      case SearchTerm::all_of:
        stack_.push_back(pop_all(children_[i], Truth::yes, smaller));
        break;
      case SearchTerm::any_of:
        stack_.push_back(pop_all(children_[i], Truth::no, larger));
        break;
      case SearchTerm::none_of: {
        const Truth any = pop_all(children_[i], Truth::no, larger);
        stack_.push_back(static_cast<Truth>(2 - static_cast<int>(any)));
        break;
      }
      default:
        stack_.push_back(values[i]);
    }
  }
  return pop_all(stack_.size(), Truth::yes, smaller);
}

Program::Narrowed Program::narrow() const {
  const NumberSet all = count_ == 0 ? NumberSet() : NumberSet::of({{1, count_}});
  std::vector<Narrowed> stack;
  std::size_t work = 0;
  const auto pop_all = [&](std::size_t count, Narrowed start, auto join) {
    for (; count != 0; --count) {
      const Narrowed& top = stack.back();
      work += start.certain.ranges().size() + start.possible.ranges().size() + top.certain.ranges().size() +
              top.possible.ranges().size();
      if (work < most_ranges) {
        start = {join(start.certain, top.certain), join(start.possible, top.possible)};
      }
      stack.pop_back();
    }
    return start;
  };
  for (std::size_t i = keys_.size(); i-- != 0 && work < most_ranges;) {
    switch (keys_[i].term) {
      case SearchTerm::all_of:
        stack.push_back(pop_all(children_[i], {all, all}, in_both));
        break;
      case SearchTerm::any_of:
        stack.push_back(pop_all(children_[i], {}, joined));
        break;
      case SearchTerm::none_of: {
        const Narrowed any = pop_all(children_[i], {}, joined);
        work += any.certain.ranges().size() + any.possible.ranges().size();
        stack.push_back({without(all, any.possible), without(all, any.certain)});
        break;
      }
      default:
        work += sets_[i].ranges().size();
        if (depth_of(keys_[i]) == Depth::sets) {
          stack.push_back({sets_[i], sets_[i]});
        } else {
          stack.push_back({{}, all});
        }
    }
  }
  Narrowed found = pop_all(stack.size(), {all, all}, in_both);
  return work < most_ranges ? std::move(found) : Narrowed{{}, all};
}

void Program::fill_view(std::vector<Truth>& values, const Message& message) const {
  for (const std::size_t i : at_[static_cast<std::size_t>(Depth::sets)]) {
    values[i] = truth(sets_[i].contains(message.number));
  }
  for (const std::size_t i : at_[static_cast<std::size_t>(Depth::view)]) {
    const Flags& flag = flags_[i];
    const bool set = flag.others().empty() ? (message.flags->system() & flag.system()) != 0
                                           : message.flags->has(flag.others().front());
    values[i] = truth(set == (keys_[i].term == SearchTerm::flag));
  }
}

void Program::fill_size(std::vector<Truth>& values, const Message& message) const {
  for (const std::size_t i : at_[static_cast<std::size_t>(Depth::size)]) {
    values[i] = truth(holds_by_size(keys_[i], message, now_));
  }
}

void Program::fill_days(std::vector<Truth>& values, const Message& message) const {
  for (const std::size_t i : at_[static_cast<std::size_t>(Depth::envelope)]) {
    if (keys_[i].term != SearchTerm::header) {
      values[i] = truth(message.sent_date && compare_day(keys_[i].term, *message.sent_date, sys_days(keys_[i].day)));
    }
  }
}

}  // namespace posthouse::imap
