#include "posthouse/server/search/indexed_message.h"

#include <optional>
#include <span>
#include <string>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/summary/summary.h"
#include "posthouse/server/summaries.h"

namespace posthouse::server {
namespace {

bool give_texts(store::Store& store, store::MessageId message,
                const std::function<void(store::SearchPlace, std::string_view)>& sink) {
  const std::span<const store::MessageId> one(&message, 1);
  const Summaries summaries =
      complete_summaries(store, one, store.read([&](store::Read& read) { return store::summaries(read, one); }));
  const store::MessageSummary* const summary = find_summary(summaries, message);
  if (summary == nullptr) {
    return false;
  }
  imap::IndexedMessage indexed{.size = store.messages().size(message), .envelope = summary->envelope};
  std::string content;
  std::optional<std::string> parts;
  if (indexed.size <= imap::Message::most_content) {
    content = store.messages().load(message);
    indexed.content = content;
  } else {
    parts = parts_of(*summary, indexed.size);
    indexed.parts = parts ? std::string_view(*parts) : std::string_view();
    indexed.read = [&](std::uint64_t offset, std::uint64_t size, const std::function<bool(std::string_view)>& octets) {
      store.messages().read(message, {offset, size}, octets);
      return true;
    };
  }
  return imap::each_indexed_text(
      indexed, [&](imap::IndexedPlace place, std::string_view text) { sink(search_place(place), text); });
}

}  // namespace

bool each_text_of(store::Store& store, store::MessageId message,
                  const std::function<void(store::SearchPlace, std::string_view)>& sink) {
  try {
    return give_texts(store, message, sink);
  } catch (const store::Error& error) {
    if (error.errc() != store::Errc::no_such_message) {
      throw;
    }
    return false;
  }
}

std::string index_format() {
  return imap::indexed_text_format() + "/" + std::to_string(imap::summary_format);
}

}  // namespace posthouse::server
