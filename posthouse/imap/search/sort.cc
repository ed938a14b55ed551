#include "posthouse/imap/search/sort.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "posthouse/imap/search/base_subject.h"
#include "posthouse/imap/search/message_key.h"
#include "posthouse/imap/search/message_text.h"

namespace posthouse::imap {
namespace {

bool sorts_by_text(SortKey key) noexcept {
  return key != SortKey::arrival && key != SortKey::date && key != SortKey::size;
}

// One criterion's keys, one a message.
struct Column {
  SortCriterion criterion{};
  std::vector<std::int64_t> numbers{};
  std::vector<std::string> texts{};

  int compare(std::uint32_t a, std::uint32_t b) const {
    const auto order = sorts_by_text(criterion.key)
                           ? texts[a].compare(texts[b])
                           : static_cast<int>(numbers[a] > numbers[b]) - static_cast<int>(numbers[a] < numbers[b]);
    return criterion.reverse ? (order > 0 ? -1 : order < 0 ? 1 : 0) : order;
  }
};

std::int64_t number_of(SortKey key, const Message& message, const Envelope& envelope) {
  switch (key) {
    case SortKey::size:
      return static_cast<std::int64_t>(message.size);
    case SortKey::date:
      return sent_moment(message, envelope).time_since_epoch().count();
    default:
      return message.internal_date.utc.time_since_epoch().count();
  }
}

std::string sort_text(SortKey key, const Envelope& envelope) {
  switch (key) {
    case SortKey::subject:
      return base_subject(decoded_value(envelope.subject.value_or(""))).text;
    case SortKey::from:
      return address_key(envelope.from);
    case SortKey::to:
      return address_key(envelope.to);
    case SortKey::cc:
      return address_key(envelope.cc);
    case SortKey::display_from:
      return display_key(envelope.from);
    default:
      return display_key(envelope.to);
  }
}

Wants sort_wants(const std::vector<Column>& columns) {
  Wants wants = Wants{} | Want::size;
  for (const Column& column : columns) {
    if (column.criterion.key != SortKey::arrival && column.criterion.key != SortKey::size) {
      wants = wants | Want::envelope;
    }
  }
  return wants;
}

// Each key once; a second time it cannot tell anything.
std::vector<Column> columns_of(const std::vector<SortCriterion>& criteria) {
  std::vector<Column> columns;
  for (const SortCriterion& criterion : criteria) {
    const auto same = [&](const Column& column) { return column.criterion.key == criterion.key; };
    if (std::none_of(columns.begin(), columns.end(), same)) {
      columns.push_back({criterion});
    }
  }
  return columns;
}

}  // namespace

Sorted sort(OpenMailbox& mailbox, const NumberSet& uids, const std::vector<SortCriterion>& criteria,
            Numbering numbering, const SearchProgress& progress) {
  std::vector<Column> columns = columns_of(criteria);
  const NumberSet numbers = mailbox.numbers_of(uids);
  const NumberSet there = mailbox.uids_of(numbers);
  const std::vector<std::uint32_t> all_uids(there.begin(), there.end());
  for (Column& column : columns) {
    column.numbers.resize(sorts_by_text(column.criterion.key) ? 0 : all_uids.size());
    column.texts.resize(sorts_by_text(column.criterion.key) ? all_uids.size() : 0);
  }
  Sorted sorted;
  const Wants wants = sort_wants(columns);
  std::size_t at = 0;
  std::uint64_t done = 0;
  mailbox.fetch(there, wants, [&](const Message& message) {
    at = static_cast<std::size_t>(
        std::lower_bound(all_uids.begin() + static_cast<std::ptrdiff_t>(at), all_uids.end(), message.uid) -
        all_uids.begin());
    const Envelope envelope = has(wants, Want::envelope) ? envelope_of(message) : Envelope();
    for (Column& column : columns) {
      const SortKey key = column.criterion.key;
      if (sorts_by_text(key)) {
        column.texts[at] = comparable(sort_text(key, envelope), most_sort_text);
      } else {
        column.numbers[at] = number_of(key, message, envelope);
      }
    }
    sorted.complete = ++done % messages_between_progress != 0 || !progress || progress(done, all_uids.size());
    return sorted.complete;
  });
  std::vector<std::uint32_t> order(all_uids.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    for (const Column& column : columns) {
      if (const int difference = column.compare(a, b); difference != 0) {
        return difference < 0;
      }
    }
    return a < b;
  });
  const std::vector<std::uint32_t> names =
      numbering == Numbering::uid ? all_uids : std::vector<std::uint32_t>(numbers.begin(), numbers.end());
  sorted.numbers.reserve(order.size());
  for (const std::uint32_t index : order) {
    sorted.numbers.push_back(names[index]);
  }
  return sorted;
}

SequenceSet in_order(std::span<const std::uint32_t> numbers) {
  std::vector<NumberRange> ranges;
  for (const std::uint32_t number : numbers) {
    if (!ranges.empty() && ranges.back().last + 1 == number) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return SequenceSet(std::move(ranges));
}

}  // namespace posthouse::imap
