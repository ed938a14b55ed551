#pragma once
// Names of mailboxes: modified UTF-7 (RFC 3501 section 5.1.3), UTF-8 (RFC 6855, RFC 9051 section 5.1), INBOX.
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// How names of mailboxes are written on the wire.
enum class NameStyle : unsigned char {
  utf7,  ///< Modified UTF-7: IMAP4rev1.
  utf8,  ///< Net-Unicode: after ENABLE UTF8=ACCEPT or ENABLE IMAP4rev2.
};

/// A mailbox as a command names it.
struct MailboxName {
  /// UTF-8 in normalization form C; "INBOX" for INBOX in any case. Where `valid` is false: the octets as they came.
  std::string name{};
  /// False when no mailbox can have that name, since it is not well-formed modified UTF-7 or Net-Unicode. The answer is
  /// NO, with [CANNOT] for CREATE and RENAME and [NONEXISTENT] else.
  bool valid = true;

  friend bool operator==(const MailboxName&, const MailboxName&) = default;
};

/// What `octets` of the wire name. Never fails: see MailboxName::valid.
MailboxName read_mailbox_name(std::string_view octets, NameStyle style);
/// `name`, UTF-8, as it is written on the wire. What is not valid comes out as it is.
std::string write_mailbox_name(const MailboxName& name, NameStyle style);
/// The same for a name that is known to be good.
std::string write_mailbox_name(std::string_view name, NameStyle style);

/// "&ZeVnLIqe-" as UTF-8. Nothing unless it is modified UTF-7 in its only form: no ASCII in base64, no shift that is not
/// needed, no bits left over, no half of a surrogate pair, no octet above 127.
///
///     decode_utf7("~peter/mail/&U,BTFw-/&ZeVnLIqe-")    // "~peter/mail/台北/日本語"
std::optional<std::string> decode_utf7(std::string_view text);
/// UTF-8 as modified UTF-7; decode_utf7() takes it back. Octets that are not UTF-8 become U+FFFD.
std::string encode_utf7(std::string_view utf8);

}  // namespace posthouse::imap
