#pragma once
// What stands behind an SMTP server session: who may log in, who is known here, and where messages go.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "posthouse/sasl/verifier.h"
#include "posthouse/smtp/server/session.h"
#include "posthouse/smtp/wire/envelope.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::smtp {

/// Takes one message while it comes in. Destroyed without finish(): the transfer was aborted (the client vanished, the
/// message was too large or broke the rules of RFC 5321), and nothing of it may be kept.
class Data {
 public:
  virtual ~Data() = default;

  /// The next piece, of any size: lines end in CRLF and in nothing else, transparency dots are gone. The view is valid
  /// during the call only. The pieces together are the message, ending in CRLF unless it is empty. (Of a message with
  /// Body::binary, which only ServerOptions::binary lets in, they are any octets.)
  virtual void append(std::string_view chunk) = 0;

  /// The message is whole. A positive reply makes the house responsible for it (RFC 5321 section 4.2.5): it must be on
  /// stable storage by then. Called at most once, and nothing is called after it.
  virtual Reply finish() = 0;
};

/// What a session can refuse.
enum class Refused : std::uint8_t { sender, recipient, message };

/// What a session asks. Every function may park or block. One that throws smtp::Error with a reply is answered with
/// that reply; any other exception is answered 451 4.3.0, and the session goes on. (A verifier that throws is answered
/// 454 4.7.0.)
///
/// The calls of one session come one after another; a Backend that serves several sessions is called from all of
/// their fibers and threads at the same time. Make one per session to keep what belongs to a transaction.
class Backend {
 public:
  virtual ~Backend() = default;

  /// A client connected. A positive reply (its text is ignored) lets it in and the greeting is sent; any other one is
  /// sent in place of the greeting: 421 ends the session, after 554 only QUIT is served (RFC 5321 section 3.1).
  virtual Reply connect(const Session& session);

  /// Who decides about log-ins; must outlive the session, and may be shared by all. Null: nobody logs in here, and AUTH
  /// is not offered. Asked once a session.
  virtual sasl::Verifier* verifier() noexcept;

  /// MAIL at a submission listener from a client that has not logged in: false refuses it with 530 5.7.0, true lets mail()
  /// decide. From such clients bare line ends are mended as from users (ServerOptions::mend_line_ends). False by
  /// default. Must not park.
  virtual bool may_send_without_log_in(const Session& session) noexcept;

  /// MAIL. `envelope` has everything but recipients. A positive reply begins the transaction and is answered
  /// `250 2.1.0`.
  virtual Reply mail(const Session& session, const Envelope& envelope);

  /// RCPT. `envelope` has the recipients accepted so far; its options_of(recipients.size()) are those of this one. A positive reply adds `forward_path` and is answered
  /// `250 2.1.5`. `forward_path` may be "postmaster" (any case) without a domain, which must be accepted (RFC 5321
  /// section 4.5.1).
  virtual Reply recipient(const Session& session, const Envelope& envelope, const std::string& forward_path) = 0;

  /// DATA or the first BDAT, with at least one recipient. Returns what takes the message. Throw smtp::Error with a reply to refuse.
  virtual std::unique_ptr<Data> data(const Session& session, const Envelope& envelope) = 0;

  /// For a log: a sender, recipient or message is about to be refused, by this back end or by the protocol's own rules.
  /// `envelope` is that of the transaction (empty while there is none), `address` what the client named, which need not
  /// be an address; empty for a message.
  virtual void refused(const Session& session, const Envelope& envelope, Refused what, std::string_view address,
                       const std::string& reply) noexcept;

  /// The transaction is over: by the reply to the message, RSET, EHLO, STARTTLS or the end of the session. Called once for
  /// every MAIL that was answered positively.
  virtual void reset(const Session& session) noexcept;

  /// Something of `session` is not what it was: for whoever shows sessions. Must not park.
  virtual void changed(const Session& session) noexcept;
};

/// The reply for "yes": `250`. Backends return it from mail() and recipient().
Reply ok();

}  // namespace posthouse::smtp
