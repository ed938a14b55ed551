#include "posthouse/smtp/wire/error.h"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

ErrorDetails details_of(Errc errc, const Reply& answer, std::string statement, bool connection_usable) {
  return {.code = "smtp." + (errc == Errc::refused ? std::to_string(answer.code) : std::string(to_string(errc))),
          .statement = std::move(statement),
          .reply = answer.code == 0 ? std::string() : answer.to_string(),
          .retryable = answer.transient(),
          .connection_usable = connection_usable && answer.code != 421};
}

const Reply& first_reply(const std::vector<RecipientReply>& replies) {
  static const Reply none;
  return replies.empty() ? none : replies.front().reply;
}

/// Among all, the reply to call the failure's reason: a temporary one if there is one, because it makes the whole worth
/// another attempt.
const Reply& leading_reply(const std::vector<RecipientReply>& replies) {
  const auto found =
      std::find_if(replies.begin(), replies.end(), [](const RecipientReply& r) { return r.reply.transient(); });
  return found == replies.end() ? first_reply(replies) : found->reply;
}

}  // namespace

Error::Error(Errc errc, const std::string& what, Reply answer, std::string statement, bool connection_usable,
             SourceLocation where)
    : posthouse::Error(what, details_of(errc, answer, std::move(statement), connection_usable), where),
      errc_(errc),
      answer_(std::move(answer)) {}

Error::Error(Reply answer, SourceLocation where) : Error(Errc::refused, answer.to_string(), answer, {}, true, where) {}

RecipientsRefused::RecipientsRefused(const std::string& what, std::vector<RecipientReply> replies,
                                     std::string statement, bool connection_usable, SourceLocation where)
    : Error(Errc::recipients_refused, what, leading_reply(replies), std::move(statement), connection_usable, where),
      replies_(std::move(replies)) {}

const char* to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::refused:
      return "refused";
    case Errc::auth_failed:
      return "auth_failed";
    case Errc::recipients_refused:
      return "recipients_refused";
    case Errc::tls_unavailable:
      return "tls_unavailable";
    case Errc::insecure:
      return "insecure";
    case Errc::no_mechanism:
      return "no_mechanism";
    case Errc::unsupported:
      return "unsupported";
    case Errc::bad_message:
      return "bad_message";
    case Errc::protocol:
      return "protocol";
    case Errc::usage:
      return "usage";
  }
  return "unknown";
}

}  // namespace posthouse::smtp
