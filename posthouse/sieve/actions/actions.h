#pragma once
// What a script wants done with a message, as values.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "posthouse/sieve/grammar/diagnostic.h"

namespace posthouse::sieve {

/// The message into the mailbox where it would have gone without a script (RFC 5228 section 4.3).
struct Keep {
  std::vector<std::string> flags{};  ///< With which (RFC 5232): "\Seen", "$label1".
  friend bool operator==(const Keep&, const Keep&) = default;
};

/// The message into a mailbox (RFC 5228 section 4.1).
struct FileInto {
  std::string mailbox{};             ///< UTF-8, as the script names it.
  std::vector<std::string> flags{};  ///< With which (RFC 5232).
  bool create = false;               ///< The mailbox is made where it is missing (RFC 5490).
  std::string special_use{};         ///< "\Junk": the mailbox with that use, if there is one, instead (RFC 8579).
  friend bool operator==(const FileInto&, const FileInto&) = default;
};

/// The message to somebody else (RFC 5228 section 4.2).
struct Redirect {
  std::string address{};  ///< An addr-spec, quoted only where needed.
  friend bool operator==(const Redirect&, const Redirect&) = default;
};

/// Nothing is kept (RFC 5228 section 4.4).
struct Discard {
  friend bool operator==(const Discard&, const Discard&) = default;
};

/// The message is refused (RFC 5429).
struct Reject {
  std::string reason{};  ///< UTF-8, for people.
  /// ereject: at the protocol's own level where that can be done, without a message of one's own.
  bool in_protocol = false;
  friend bool operator==(const Reject&, const Reject&) = default;
};

/// An answer to the sender (RFC 5230).
struct Vacation {
  std::string to{};       ///< Whom it goes to: the envelope's sender.
  std::string to_name{};  ///< As the message names that person; may be empty.
  std::string from{};     ///< The From field's mailbox, as the script gives it, or the address that was written to.
  std::string envelope_from{};  ///< Empty is the null reverse-path, as RFC 5230 section 5.1 has it.
  std::string subject{};        ///< UTF-8.
  std::string reason{};         ///< The text, UTF-8; a whole MIME entity where `mime` is set.
  bool mime = false;
  std::string handle{};           ///< What counts as the same answer.
  std::chrono::seconds period{};  ///< One answer in this time; zero: always.
  /// Why nobody is answered (RFC 5230 sections 4.5 and 4.6, RFC 3834 section 2), for people; empty: somebody is.
  std::string withheld{};
  friend bool operator==(const Vacation&, const Vacation&) = default;
};

/// A notification (RFC 5435) by mail (RFC 5436).
struct Notify {
  std::string method{};                   ///< The URI.
  std::vector<std::string> to{};          ///< Mailboxes as header fields have them, decoded, each once.
  std::vector<std::string> cc{};          ///< Likewise.
  std::vector<std::string> recipients{};  ///< addr-specs of all of them, and of bcc.
  std::string from{};                     ///< As the script gives it; may be empty.
  std::string envelope_from{};
  int importance = 2;                                         ///< 1 high, 2 normal, 3 low.
  std::string subject{};                                      ///< UTF-8.
  std::string body{};                                         ///< UTF-8.
  std::vector<std::pair<std::string, std::string>> fields{};  ///< Other fields that the URI asks for.
  std::string withheld{};  ///< Why nobody is notified (RFC 5436 section 2.2), for people; empty: somebody is.
  friend bool operator==(const Notify&, const Notify&) = default;
};

/// One thing to be done, and what asked for it.
struct Action {
  std::variant<Keep, FileInto, Redirect, Discard, Reject, Vacation, Notify> what{};
  std::string script{};   ///< The script whose command it was; may be empty.
  Position at{};          ///< The command.
  std::size_t edits = 0;  ///< How many of Outcome::edits were made before: what the message looks like for this action.
  bool of_earlier = false;  ///< A script that ran before has asked for it.

  friend bool operator==(const Action&, const Action&) = default;
};

/// "keep", "fileinto", …
std::string_view name_of(const Action& action) noexcept;
/// `fileinto "Lists" with \Seen`: one line for people.
std::string describe(const Action& action);

}  // namespace posthouse::sieve
