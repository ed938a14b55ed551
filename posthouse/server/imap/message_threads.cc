#include "posthouse/server/imap/message_threads.h"

#include <string_view>
#include <vector>

#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/server/summaries.h"

namespace posthouse::server {
namespace {

/// Calls `each` with the ids in `text`: "<a@one.test> <b@two.test>".
template <class F>
void each_id(std::string_view text, F&& each) {
  for (std::size_t begin = text.find('<'); begin != std::string_view::npos; begin = text.find('<', begin + 1)) {
    const std::size_t end = text.find('>', begin);
    if (end == std::string_view::npos) {
      return;
    }
    each(text.substr(begin, end - begin + 1));
    begin = end;
  }
}

/// Its own id, the first message of the thread, and those that it answers most closely.
store::ThreadClaim claim_of(store::MessageId message, const store::MessageSummary& summary) {
  store::ThreadClaim claim{.message = message};
  imap::Cursor in(summary.envelope);
  if (const auto envelope = imap::read_envelope(in); envelope && envelope->message_id) {
    each_id(*envelope->message_id, [&](std::string_view id) {
      if (claim.keys.empty()) {
        claim.keys.push_back(store::thread_key(id));
      }
    });
  }
  std::vector<std::string_view> ids;
  each_id(summary.references, [&](std::string_view id) { ids.push_back(id); });
  const std::size_t most = store::most_thread_keys - claim.keys.size();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == 0 || ids.size() - i < most) {
      claim.keys.push_back(store::thread_key(ids[i]));
    }
  }
  return claim;
}

}  // namespace

std::map<store::MessageId, store::ThreadId> threads_of(store::Store& store, store::AccountId account,
                                                       std::span<const store::MessageId> messages) {
  std::map<store::MessageId, store::ThreadId> threads;
  std::vector<store::MessageId> without;
  std::vector<store::SummaryOf> known;
  store.read([&](store::Read& read) {
    for (const store::ThreadedMessage& each : store::threads_of(read, account, messages)) {
      threads.emplace(each.message, each.thread);
    }
    for (const store::MessageId message : messages) {
      if (!threads.contains(message)) {
        without.push_back(message);
      }
    }
    known = store::summaries(read, without);
  });
  if (without.empty()) {
    return threads;
  }
  std::vector<store::ThreadClaim> claims;
  for (const auto& [message, summary] : complete_summaries(store, without, std::move(known))) {
    claims.push_back(claim_of(message, summary));
  }
  for (const store::ThreadedMessage& each :
       store.write([&](store::Write& write) { return store::join_threads(write, account, claims); })) {
    threads.emplace(each.message, each.thread);
  }
  return threads;
}

}  // namespace posthouse::server
