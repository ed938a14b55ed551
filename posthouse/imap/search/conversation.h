#pragma once
// The tree of REFERENCES and REFS (RFC 5256 section 3). Private to the module.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "posthouse/imap/search/ancestors.h"
#include "posthouse/imap/wire/response/response.h"

namespace posthouse::imap {

/// What is known of a message that is threaded.
struct ThreadedMessage {
  std::uint32_t number = 0;  ///< As it is answered; messages come in the order of their sequence numbers.
  std::chrono::sys_seconds date{};
  std::string subject{};  ///< The base subject, ready to be compared. Empty: it joins nothing.
  bool reply_or_forward = false;
};

/// Messages and those they refer to, linked.
///
/// A container is a message, or one that is referred to and not there (a *dummy*). Containers without a parent are at the
/// top. Steps (1) to (6) are those of RFC 5256.
class Conversations {
 public:
  /// Step (1): a message with its Message-ID ("" where it has none) and the ids that it refers to, the oldest first.
  void add(ThreadedMessage message, const std::string& id, const std::vector<std::string>& references);

  /// Steps (2) to (6). By subject: step (5). By newest: threads are in the order of their newest message, not of their first.
  response::Thread run(bool by_subject, bool by_newest);

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  struct Container {
    std::uint32_t parent = none;
    std::uint32_t message = none;  // none: a dummy
    std::vector<std::uint32_t> children{};
  };

  std::uint32_t make();
  std::uint32_t container_of(const std::string& id);
  void set_parent(std::uint32_t child, std::uint32_t parent);
  bool is_dummy(std::uint32_t container) const noexcept { return containers_[container].message == none; }
  const ThreadedMessage& message_of(std::uint32_t container) const { return messages_[containers_[container].message]; }

  void gather();
  void prune();
  void join_subjects();
  void merge(std::uint32_t& in_table, std::uint32_t current);
  void sort_children();
  void sort_top(bool by_newest);
  std::vector<std::uint32_t> from_the_top() const;
  std::uint32_t first_message(std::uint32_t container) const;
  bool before(std::uint32_t a, std::uint32_t b) const;
  void write(response::Thread& thread, std::uint32_t top) const;

  std::vector<ThreadedMessage> messages_{};
  std::vector<Container> containers_{};
  std::unordered_map<std::string, std::uint32_t> ids_{};
  Ancestors ancestors_{};
  std::vector<std::uint32_t> top_{};
};

}  // namespace posthouse::imap
