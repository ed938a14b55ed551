#pragma once
// Search keys as a program for a stack that knows three values. Private to the module.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/search/search.h"

namespace posthouse::imap {

/// What is known of a key for one message. AND is the smaller, OR the larger of two.
enum class Truth : std::uint8_t { no, unknown, yes };

constexpr Truth truth(bool holds) noexcept {
  return holds ? Truth::yes : Truth::no;
}

/// What has to be looked at to know whether a key holds, the cheapest first.
enum class Depth : std::uint8_t { sets, view, size, envelope, content };
constexpr std::size_t depth_count = 5;

/// The depth at which a key is known.
Depth depth_of(const SearchKey& key) noexcept;
/// True for keys that the ENVELOPE decides alone: its texts are those of the first field of a name.
bool is_of_envelope(const SearchKey& key) noexcept;

/// Keys made ready: their texts in UTF-8, "$" resolved.
class Program {
 public:
  /// Throws MailError BADCHARSET.
  Program(const SearchKeys& keys, std::string_view charset, OpenMailbox& mailbox, const SearchContext& context);

  const SearchKeys& keys() const noexcept { return keys_; }
  /// True where a key has to look that deep.
  bool asks(Depth depth) const noexcept { return asks_[static_cast<std::size_t>(depth)]; }
  bool asks_modseq() const noexcept { return asks_modseq_; }
  bool asks_thread() const noexcept { return asks_thread_; }

  /// Whether the message matches, by what is known of each key (`values`, one a key; those of keys with others inside do
  /// not count). Linear in the keys.
  Truth evaluate(const std::vector<Truth>& values);

  /// Sequence numbers of messages that match whatever else they are, and of those that may, as far as keys of Depth::sets
  /// tell. The work on sets is bounded: beyond it all messages may match.
  struct Narrowed {
    NumberSet certain{};
    NumberSet possible{};
  };
  Narrowed narrow() const;

  /// Puts what the message tells at that depth into `values`.
  void fill_view(std::vector<Truth>& values, const Message& message) const;
  void fill_size(std::vector<Truth>& values, const Message& message) const;
  void fill_days(std::vector<Truth>& values, const Message& message) const;

 private:
  NumberSet numbers_of(const SearchKey& key, OpenMailbox& mailbox, const SearchContext& context) const;

  SearchKeys keys_;
  std::vector<std::size_t> children_{};         // how many keys are directly inside each
  std::vector<NumberSet> sets_{};               // sequence numbers, of keys of Depth::sets
  std::vector<Flags> flags_{};                  // of flag keys: the flag alone
  std::vector<std::vector<std::size_t>> at_{};  // the keys of each depth
  std::vector<Truth> stack_{};
  bool asks_[depth_count] = {};
  bool asks_modseq_ = false;
  bool asks_thread_ = false;
  std::uint32_t count_ = 0;
  std::chrono::sys_seconds now_{};
};

}  // namespace posthouse::imap
