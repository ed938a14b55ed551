#include "posthouse/queue/filter.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::queue {
namespace {

bool is_sender(std::string_view asked, std::string_view sender) {
  return iequals(asked == "<>" ? std::string_view() : asked, sender);
}

bool is_within(std::string_view part, std::string_view text) {
  return to_lower(text).find(to_lower(part)) != std::string::npos;
}

}  // namespace

State state_of(const Listed& row) {
  return row.leased ? State::sending : row.held ? State::held : row.failing ? State::failing : State::waiting;
}

bool matches(const Filter& filter, const Listed& row, Moment now) {
  const Moment::duration age = now - row.created_at;
  return (filter.ids.empty() || std::find(filter.ids.begin(), filter.ids.end(), row.id) != filter.ids.end()) &&
         (!filter.domain || domain_of("@" + *filter.domain) == row.domain) &&
         (!filter.state || *filter.state == state_of(row)) && (!filter.older_than || age > *filter.older_than) &&
         (!filter.younger_than || age < *filter.younger_than) &&
         (!filter.sender || is_sender(*filter.sender, row.reverse_path)) &&
         (!filter.recipient || iequals(*filter.recipient, row.recipient)) &&
         (!filter.reply || is_within(*filter.reply, row.last_reply));
}

}  // namespace posthouse::queue
