#pragma once
// How messages come into the index (search_index.h), and what becomes of it: steps for a job in the background.
//
// Each step writes by small jobs and may be ended at any moment: what it has not finished is not live, and goes. Steps of one
// store are taken by one thread or fiber, one after the other.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/search/segments.h"
#include "posthouse/store/search/terms.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

class Store;

struct IndexerOptions {
  /// By which rules texts are made: an index by other rules is made anew. 64 octets at most.
  std::string format{};
  /// Gives all texts of a message to the function it gets; false when the message has gone. Throws store::Error body_file or
  /// damaged for a message that cannot be read, which is then proposed to every search. Called outside of transactions.
  using Texts = std::function<bool(MessageId, const std::function<void(SearchPlace, std::string_view)>&)>;
  Texts texts{};
  /// Called between two messages or writes: the place to rest. What it throws ends the step.
  std::function<void()> rest{};
  std::size_t batch = 512;                       ///< messages in a new segment at most
  std::uint64_t batch_octets = 8 * 1024 * 1024;  ///< of them
};

class Indexer {
 public:
  /// `store` must outlive it.
  Indexer(Store& store, IndexerOptions options) : store_(store), options_(std::move(options)) {}

  /// Accounts of which something is not in the index, or that have left something behind. Looks at all mailboxes.
  std::vector<AccountId> behind();

  /// How many messages of the account are not in the index, up to some more than `enough`.
  std::size_t waiting(AccountId account, std::size_t enough);

  /// Puts a batch of the account's messages into the index, the oldest first. False when none is left. Throws sql::Error; store::Error,
  /// of which damaged says that begin_anew() is due.
  bool index_some(AccountId account);
  /// Merges some segments of the account. False when that is not worth it. Throws as index_some().
  bool merge_some(AccountId account);
  /// Removes some of what the account's index has left behind; all of it where the account has gone. False when there is
  /// nothing left. Throws sql::Error, store::Error.
  bool clean_some(AccountId account);
  /// Forgets the account's index, which is damaged.
  void begin_anew(AccountId account);

 private:
  struct Batch;
  Batch next_batch(AccountId account);
  void rest() const {
    if (options_.rest) {
      options_.rest();
    }
  }
  void merge(AccountId account, const std::vector<Segment>& segments);
  std::vector<bool> held(AccountId account, const std::vector<MessageId>& messages);

  Store& store_;
  const IndexerOptions options_;
};

}  // namespace posthouse::store
