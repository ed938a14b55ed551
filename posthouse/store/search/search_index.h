#pragma once
// The index that searches ask which messages a text may be in.
//
// Searches are for substrings, and what they find must be what reading every message finds. So the index only proposes:
// its terms are three characters each (two of Chinese, Japanese, Korean; see terms.h), a message that contains a text has
// all terms of the text, and whoever asks looks at the proposed messages themselves. (Words would be fewer, but a substring
// needs all words that contain it, and a mailbox has millions of different ones: ids, addresses, numbers. Of these terms
// there are some ten thousand, whatever comes.)
//
//   search_account   an account that has an index: by which rules it was made, and how many live segments it has
//   search_mark      of a mailbox: messages with UIDs below are in the index, the others are not
//   search_segment   some messages' part of the index, by message id: never changed, but merged with others of its size into
//                    a larger one, eight at a time, so that an account of 1,000,000 messages has some twenty
//   search_block     the terms of a segment and the messages that have each, as differences: 8 KiB in a row
//
// Each message is in one segment, whatever mailboxes of the account hold it. What has left the account goes when its
// segment is merged. Messages come into the index after they were delivered (indexer.h); until then they are proposed to
// every search. A segment is written bit by bit and becomes live, with the marks, in one transaction.
//
// Measured (bench/store/search_index.cc, SQLite, 2 cores): letters of 4 KiB of random words take 2,600 octets of index each
// and 600 us of CPU, those that people wrote 1,400 and 470, those of 1 KiB 870 and 290. Of 2,000, SEARCH BODY finds 33 in
// 1.2 ms, where a scan takes 50; of 100,000, SEARCH FROM finds 5 in 5 ms, and whatever finds nothing takes 0.2 ms.
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/store/search/segments.h"
#include "posthouse/store/search/terms.h"

namespace posthouse::store {

/// An account's index, as of one moment. Valid as long as its Read.
class SearchIndex {
 public:
  /// Nothing where there is none that was made by the rules `format`. Throws store::Error damaged; sql::Error.
  static std::optional<SearchIndex> of(Read& read, AccountId account, std::string_view format);

  /// Messages of `mailbox` with UIDs below are in the index.
  std::uint64_t mark(MailboxId mailbox, std::uint32_t uidvalidity);
  /// Which messages of the index may have `text` (UTF-8) in one of `places`, in their order: all that do, and others. Nothing:
  /// the text does not help. Throws store::Error damaged.
  std::optional<std::vector<MessageId>> having(std::span<const SearchPlace> places, std::string_view text);
  /// The UIDs of those of `messages` that `mailbox` holds, in their order.
  std::vector<Uid> uids_of(MailboxId mailbox, std::span<const MessageId> messages);

 private:
  SearchIndex(Read& read, AccountId account, AccountIndex index)
      : read_(read), account_(account), index_(std::move(index)) {}
  bool runs_in(const Segment& segment, TermRange range, std::vector<SearchRun>& runs);
  bool runs_having(const Segment& segment, std::span<const SearchPlace> places, std::span<const TermRange> ranges,
                   std::vector<SearchRun>& runs);

  Read& read_;
  AccountId account_;
  AccountIndex index_;
};

}  // namespace posthouse::store
