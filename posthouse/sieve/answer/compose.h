#pragma once
// The messages that answers and notifications are.
#include <string>
#include <string_view>

#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/sieve/actions/actions.h"

namespace posthouse::sieve {

/// What a message needs beside what it says.
struct Composition {
  mime::Date date{};
  std::string message_id{};  ///< With "<" and ">".
};

/// The answer (RFC 5230 section 5, RFC 3834 section 3): Auto-Submitted, In-Reply-To and References that join it to
/// `original`, a text in UTF-8 or the script's own MIME entity. CRLF line ends. Throws Error (Errc::answer) where the
/// entity of ":mime" begins with no header.
std::string compose(const Vacation& answer, const mime::Message& original, const Composition& with);

/// The notification (RFC 5436 section 2). `owner` is the address whose script sends it: it stands in Auto-Submitted, and
/// in From where the script names nobody.
std::string compose(const Notify& notice, const mime::Message& original, const Composition& with,
                    std::string_view owner);

/// Whom a refusal is between.
struct RefusalParties {
  std::string from{};       ///< The mailbox it comes from: "Postmaster <postmaster@one.test>".
  std::string sender{};     ///< The addr-spec it goes to: the envelope's sender.
  std::string recipient{};  ///< The addr-spec whose script has refused the message.
};

/// What tells the sender that the message was refused, where that cannot be done by the protocol (RFC 5429 section 2.1): a
/// disposition notification (RFC 8098) with the header of `original`.
std::string compose(const Reject& reject, const mime::Message& original, const Composition& with,
                    const RefusalParties& parties);

}  // namespace posthouse::sieve
