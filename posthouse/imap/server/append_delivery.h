#pragma once
// The messages of an APPEND or REPLACE on their way into a mailbox. Private to this module.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/imap/server/binary_converter.h"
#include "posthouse/imap/wire/command/append_part.h"

namespace posthouse::imap {

/// Octets go on to the Delivery, lines that end in a bare LF with CRLF, and binary parts of a message that comes as a literal8
/// in base64 (RFC 3516); no message grows beyond the limit.
class AppendDelivery {
 public:
  /// `limit`: octets of a message. `replaces`: the UID of the message that these take the place of.
  AppendDelivery(std::unique_ptr<Delivery> delivery, std::uint64_t limit, std::optional<std::uint32_t> replaces)
      : delivery_(std::move(delivery)), limit_(limit), replaces_(replaces) {}

  /// A message begins, or goes on with another part. Throws MailError TOOBIG where the octets that are announced are too
  /// many.
  void begin(const AppendPart& part);
  /// Throws MailError: CANNOT for NUL that is in no binary part, and what the Delivery throws.
  void write(std::string_view octets);
  /// How many have begun.
  std::uint64_t messages() const noexcept { return messages_; }
  /// All are complete; `selected` is where the replaced message is.
  Delivery::Done commit(OpenMailbox* selected);

 private:
  void end_message();
  void write_lines(std::string_view octets);

  std::unique_ptr<Delivery> delivery_;
  std::uint64_t limit_;
  std::optional<std::uint32_t> replaces_;
  std::uint64_t messages_ = 0;
  std::uint64_t size_ = 0;  // of the last one, as it came
  char last_ = '\0';        // octet of it
  std::string mended_;
  std::optional<BinaryConverter> converter_;
};

}  // namespace posthouse::imap
