#pragma once
// Answers to a message, and ways of passing it on: builders filled from what was read.
//
// What comes from the message was written by a stranger: control characters in its subject, names and file names are
// made blanks, and addresses and ids that are none are left out, so that nothing in the message can add to the header.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// Whom an answer goes to.
enum class AnswerTo : unsigned char {
  author,  ///< Reply-To, else From; of one's own message: its To.
  all,     ///< Mail-Followup-To if there is one; else the author, and To and Cc as Cc, each once and without oneself.
  list     ///< The address of List-Post (RFC 2369 section 3.4); as `all` where there is none.
};

/// How to answer.
struct AnswerOptions {
  AnswerTo to = AnswerTo::author;            ///< Whom it goes to.
  std::vector<std::string> own_addresses{};  ///< Left out of `all`, besides the From address.
  std::string text{};                        ///< What is said above the quoted text.
  bool quote = true;                         ///< Quote the message's text below an attribution line.
  BuildOptions build{};                      ///< How the answer is written.
};

/// An answer from `from`: addressed, "Re: " before the subject unless it is there, In-Reply-To and References as
/// RFC 5322 section 3.6.4 says, the text quoted. The builder may be changed further. Throws Errc::address where `from` is
/// no address.
///
///     const std::string bytes = mime::reply(message, me, {.to = mime::AnswerTo::all, .text = "Agreed."}).build();
MessageBuilder reply(const Message& message, const Address& from, const AnswerOptions& options = {});

/// The message's text (readable_text) with "> " before each line, or ">" before a line that is quoted already. LF line
/// ends.
std::string quoted_text(const Message& message);
/// "On Sat, 31 Jan 2026 23:59:59 +0800, 张三 wrote:", without a line end.
std::string attribution_line(const Message& message);

/// The message passed on inside a text: `text`, then the header lines that matter and the text of the message; its
/// attachments are attached again. "Fwd: " before the subject unless it is there.
///
///     client.send(mime::forward_inline(message, me, "See below.").to("bob@two.test"));
MessageBuilder forward_inline(const Message& message, const Address& from, std::string_view text = {},
                              const BuildOptions& options = {});
/// The message passed on whole, as an attached message/rfc822.
MessageBuilder forward_attached(const Message& message, const Address& from, std::string_view text = {},
                                const BuildOptions& options = {});

/// The message unchanged but for Resent-Date, -From, -To, -Cc and -Message-ID above all other fields (RFC 5322
/// section 3.6.6): it arrives as a message of its author. To be sent to `to`, to `cc`, and to anybody it should reach
/// unseen. Throws Errc::incomplete where `to` and `cc` are empty, Errc::address for what is no address.
std::string resend(std::string_view message, const Address& from, const std::vector<Address>& to,
                   const std::vector<Address>& cc = {}, const BuildOptions& options = {});

}  // namespace posthouse::mime
