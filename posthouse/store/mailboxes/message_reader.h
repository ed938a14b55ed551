#pragma once
// Stored messages as they are given out: what the house puts in front, and the body, as one.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/commit/readers.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

class BodyFolder;

/// Whom a message is given to, which decides what stands in front of its body.
enum class Audience {
  mailbox,   ///< whoever reads it in a mailbox: Return-Path, then the prefix
  next_hop,  ///< another mail server: the prefix alone
  received   ///< nobody: the body as it was received
};

/// Octets of a message: `size` of them from `offset` on, or as many as there are.
struct OctetRange {
  std::uint64_t offset = 0;
  std::uint64_t size = std::numeric_limits<std::uint64_t>::max();
};

/// A message as load_small() tells of it.
struct SmallMessage {
  std::uint64_t size = 0;             ///< in octets
  std::optional<std::string> text{};  ///< nothing where it has a file
};

/// Part of a Store (Store::messages()). Calls park a fiber or block a thread; they must not be made within write() or
/// read(). Each throws store::Error no_such_message when the message is not there, or not any more; body_file when it
/// has no body, or one that is not as long as it should be; sql::Error.
class MessageReader {
 public:
  MessageReader(Readers& readers, const BodyFolder& bodies) : readers_(readers), bodies_(bodies) {}
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  /// Octets of the message.
  std::uint64_t size(MessageId message, Audience audience = Audience::mailbox);
  /// The whole message.
  std::string load(MessageId message, Audience audience = Audience::mailbox);
  /// The file that has the body as it was received, which nobody cuts short, though it may go with the message. Nothing
  /// where the database has it.
  std::optional<std::filesystem::path> file_of(MessageId message);
  /// Small messages as read in a mailbox, several by one query: up to `limit` octets of them in the order given, at least
  /// the first. The result is as long as the run of messages it has; one that has a file ends it (unless first), and so
  /// does one that is damaged or gone. Give no more of them than may be read at once: the database sends them all.
  std::vector<std::string> load_run(std::span<const MessageId> messages, std::size_t limit);
  /// The same for those who do not know how large the messages are: of one that has a file just the size. None where the
  /// first is gone or damaged; load() says which.
  std::vector<SmallMessage> load_small(std::span<const MessageId> messages, std::size_t limit);
  /// Gives the message to `sink` piece by piece (64 KiB at most), until that returns false. What `sink` throws passes
  /// through.
  void read(MessageId message, const std::function<bool(std::string_view)>& sink,
            Audience audience = Audience::mailbox) {
    read(message, {}, sink, audience);
  }
  /// The same for some of its octets, as read in a mailbox; what is before them in a large body is not read.
  void read(MessageId message, OctetRange octets, const std::function<bool(std::string_view)>& sink) {
    read(message, octets, sink, Audience::mailbox);
  }

 private:
  struct Opened;
  Opened open(MessageId message, Audience audience);
  void read(MessageId message, OctetRange octets, const std::function<bool(std::string_view)>& sink, Audience audience);
  template <class F>
  void unless_gone(MessageId message, F&& f);

  Readers& readers_;
  const BodyFolder& bodies_;
};

}  // namespace posthouse::store
