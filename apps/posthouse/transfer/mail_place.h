#pragma once
// Where messages lie that are copied: an account on a server, an mbox, a Maildir. `import`, `export` and `sync` copy from
// one place to another.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/mime/fields/date.h"

namespace posthouse::app {

/// A message in a place.
struct PlacedMessage {
  std::uint64_t number = 0;  ///< which one it is, in its mailbox of that place
  std::string key{};         ///< message_key(): what it has in common with its copies
  imap::Flags flags{};
  std::optional<mime::Date> date{};  ///< when it was received
};

/// What tells a message from others wherever it lies: its Message-ID, or what stands in Date, From and Subject where it has
/// none. `header` may be a part of the header that has these fields.
std::string message_key(std::string_view header);

/// Names of mailboxes have "/" between their levels, whatever the place has. Everything throws posthouse::Error.
class MailPlace {
 public:
  MailPlace() = default;
  MailPlace(const MailPlace&) = delete;
  MailPlace& operator=(const MailPlace&) = delete;
  virtual ~MailPlace() = default;

  /// The mailboxes that hold messages.
  virtual std::vector<std::string> mailboxes() = 0;
  /// What a mailbox holds; nothing when it is not there. The next calls of text() and set_flags() are about it.
  virtual std::vector<PlacedMessage> open(const std::string& mailbox) = 0;
  /// The message whole, with CRLF line ends.
  virtual std::string text(const PlacedMessage& message) = 0;
  /// Adds a message to `mailbox`, which is made where it is not there.
  virtual void add(const std::string& mailbox, std::string_view text, const PlacedMessage& like) = 0;
  /// Gives a message of the mailbox that is open other flags.
  virtual void set_flags(const PlacedMessage& message, const imap::Flags& flags) = 0;
  /// All that was added is safe now.
  virtual void finish() {}
};

}  // namespace posthouse::app
