#include "posthouse/server/search/proposal.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "posthouse/imap/search/indexed_text.h"
#include "posthouse/server/search/indexed_message.h"

namespace posthouse::server {
namespace {

constexpr std::size_t most_asked = 32;  // keys; what a client has more costs no more

using Proposal = std::optional<std::vector<store::MessageId>>;  // nothing: all messages

Proposal both(Proposal a, Proposal b) {
  if (!a || !b) {
    return a ? std::move(a) : std::move(b);
  }
  std::vector<store::MessageId> common;
  std::ranges::set_intersection(*a, *b, std::back_inserter(common));
  return common;
}

Proposal either(const Proposal& a, const Proposal& b) {
  if (!a || !b) {
    return std::nullopt;
  }
  std::vector<store::MessageId> all;
  std::ranges::set_union(*a, *b, std::back_inserter(all));
  return all;
}

Proposal having(store::SearchIndex& index, const imap::SearchKey& key) {
  std::vector<store::SearchPlace> places;
  for (const imap::IndexedPlace place : imap::indexed_places(key)) {
    places.push_back(search_place(place));
  }
  return places.empty() ? std::nullopt : index.having(places, key.text);
}

}  // namespace

Proposal proposed(store::SearchIndex& index, const imap::SearchKeys& keys) {
  std::vector<Proposal> stack;
  const auto pop = [&] {
    Proposal top = std::move(stack.back());
    stack.pop_back();
    return top;
  };
  std::size_t asked = 0;
  for (std::size_t i = keys.size(); i-- != 0;) {
    std::size_t inside = 0;
    switch (keys[i].term) {
      case imap::SearchTerm::all_of:
      case imap::SearchTerm::none_of:
      case imap::SearchTerm::any_of: {
        Proposal joined;
        inside = imap::child_count(keys, i);
        for (std::size_t j = 0; j < inside; ++j) {
          Proposal one = pop();
          const bool any = keys[i].term == imap::SearchTerm::any_of && j != 0;
          joined = any ? either(joined, one) : both(std::move(joined), std::move(one));
        }
        stack.push_back(keys[i].term == imap::SearchTerm::none_of ? std::nullopt : std::move(joined));
        break;
      }
      default: {
        const bool text = !imap::indexed_places(keys[i]).empty();
        stack.push_back(text && asked++ < most_asked ? having(index, keys[i]) : std::nullopt);
      }
    }
  }
  Proposal all;
  while (!stack.empty()) {
    all = both(std::move(all), pop());
  }
  return all;
}

}  // namespace posthouse::server
