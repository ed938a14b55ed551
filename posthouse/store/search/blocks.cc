#include "posthouse/store/search/blocks.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

constexpr std::size_t block_octets = 8 * 1024;
constexpr std::size_t long_list = block_octets / 2;  // octets of one that gets blocks of its own
constexpr std::size_t most_in_block = 8 * 1024;      // of its numbers, or of ids
constexpr std::size_t shortest_run = 4;
constexpr std::size_t checksum_octets = 8;

[[noreturn]] void damaged_block() {
  throw Error(Errc::damaged, "a block of the search index is damaged");
}

std::uint64_t mixed(std::uint64_t sum, std::uint64_t word) noexcept {
  sum = (sum ^ word) * 0x9E3779B97F4A7C15U;
  return sum ^ (sum >> 29);
}

std::uint64_t checksum_of(BlockKey key, std::string_view octets) noexcept {
  std::uint64_t sum = mixed(mixed(mixed(1, key.term), key.part), octets.size());
  for (; !octets.empty(); octets.remove_prefix(std::min<std::size_t>(8, octets.size()))) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), std::min<std::size_t>(8, octets.size()));
    sum = mixed(sum, word);
  }
  return sum;
}

std::string sealed(BlockKey key, BlockKey next, std::string_view entries) {
  std::string octets(checksum_octets, '\0');
  append_varint(octets, next.term);
  append_varint(octets, next.part);
  octets += entries;
  const std::uint64_t sum = checksum_of(key, std::string_view(octets).substr(checksum_octets));
  for (std::size_t i = 0; i < checksum_octets; ++i) {
    octets[i] = static_cast<char>(static_cast<unsigned char>(sum >> (8 * i)));
  }
  return octets;
}

}  // namespace

void append_varint(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) {
    to += static_cast<char>(static_cast<unsigned char>(number | 0x80U));
  }
  to += static_cast<char>(static_cast<unsigned char>(number));
}

std::uint64_t take_varint(std::string_view& from) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (from.empty()) {
      break;
    }
    const auto octet = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= std::uint64_t{octet & 0x7FU} << shift;
    if (octet < 0x80) {
      return number;
    }
  }
  damaged_block();
}

// A difference of 0 cannot be, and says that a run follows: numbers that grow by one.
void append_numbers(std::string& to, std::span<const SearchNumber> numbers) {
  std::uint64_t next = 0;  // the smallest that may come
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t run = 0;
    while (i + run < numbers.size() && numbers[i + run] == next + run) {
      ++run;
    }
    if (run >= shortest_run) {
      append_varint(to, 0);
      append_varint(to, run);
      next += run;
      i += run;
    } else {
      append_varint(to, numbers[i] - next + 1);
      next = std::uint64_t{numbers[i]} + 1;
      ++i;
    }
  }
}

namespace {

/// Calls `f(first, count)` for each run.
template <class F>
void each_run(std::string_view from, SearchNumber limit, F&& f) {
  std::uint64_t next = 0;
  while (!from.empty()) {
    std::uint64_t difference = take_varint(from);
    std::uint64_t run = 1;
    if (difference == 0) {
      run = take_varint(from);
      difference = 1;
    }
    if (difference > limit || run > limit || next + difference - 1 + run > limit) {
      damaged_block();
    }
    next += difference - 1;
    f(static_cast<SearchNumber>(next), static_cast<SearchNumber>(run));
    next += run;
  }
}

}  // namespace

void read_numbers(std::string_view from, SearchNumber limit, std::vector<SearchNumber>& to) {
  each_run(from, limit, [&](SearchNumber first, SearchNumber count) {
    for (; count != 0; --count) {
      to.push_back(first++);
    }
  });
}

void read_runs(std::string_view from, SearchNumber limit, std::vector<SearchRun>& to) {
  each_run(from, limit, [&](SearchNumber first, SearchNumber count) {
    if (to.empty() || to.back().end != first) {
      to.push_back({first, first});
    }
    to.back().end += count;
  });
}

void read_ids(std::string_view from, std::vector<MessageId>& to) {
  std::uint64_t last = 0;
  while (!from.empty()) {
    last += take_varint(from);
    to.push_back(static_cast<MessageId>(last));
  }
}

void BlockWriter::begin(BlockKey key) {
  if (!entries_.empty()) {
    sink_({key_, sealed(key_, key, entries_)});
    entries_.clear();
  }
  key_ = key;
  last_ = key.term;
  alone_ = false;
}

void BlockWriter::append(SearchTerm term, std::string_view octets) {
  append_varint(entries_, term - last_);
  append_varint(entries_, octets.size());
  entries_ += octets;
  last_ = term;
}

void BlockWriter::add_ids(std::span<const MessageId> ids) {
  std::size_t first = 0;
  std::uint64_t part = 0;
  do {
    octets_.clear();
    std::uint64_t last = 0;
    const std::size_t end = std::min(ids.size(), first + most_in_block);
    begin({ids_term, part++});
    for (; first < end; ++first) {
      append_varint(octets_, static_cast<std::uint64_t>(ids[first]) - last);
      last = static_cast<std::uint64_t>(ids[first]);
    }
    append(ids_term, octets_);
  } while (first < ids.size());
  alone_ = true;
}

void BlockWriter::add(SearchTerm term, std::span<const SearchNumber> numbers) {
  octets_.clear();
  append_numbers(octets_, numbers);
  if (octets_.size() < long_list) {
    if (alone_ || entries_.size() + octets_.size() > block_octets) {
      begin({term, 0});
    }
    append(term, octets_);
    return;
  }
  std::uint64_t part = 0;
  in_portions(numbers, most_in_block, [&](std::span<const SearchNumber> some) {
    octets_.clear();
    append_numbers(octets_, some);
    begin({term, part++});
    append(term, octets_);
  });
  alone_ = true;
}

void BlockWriter::finish() {
  begin(end_of_blocks);
}

BlockReader::BlockReader(BlockKey key, std::string_view octets) : left_(octets), term_(key.term) {
  if (octets.size() < checksum_octets) {
    damaged_block();
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < checksum_octets; ++i) {
    sum |= std::uint64_t{static_cast<unsigned char>(octets[i])} << (8 * i);
  }
  left_.remove_prefix(checksum_octets);
  if (sum != checksum_of(key, left_)) {
    damaged_block();
  }
  next_.term = take_varint(left_);
  next_.part = take_varint(left_);
}

bool BlockReader::next() {
  if (left_.empty()) {
    return false;
  }
  term_ += take_varint(left_);
  const std::uint64_t size = take_varint(left_);
  if (size > left_.size()) {
    damaged_block();
  }
  octets_ = left_.substr(0, size);
  left_.remove_prefix(size);
  return true;
}

}  // namespace posthouse::store
