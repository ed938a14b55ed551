#pragma once
// An SMTP client: RFC 5321 with STARTTLS (3207), AUTH (4954), PIPELINING (2920), SIZE (1870), 8BITMIME (6152), SMTPUTF8
// (6531), ENHANCEDSTATUSCODES (2034), CHUNKING and BINARYMIME (3030), DSN (3461), REQUIRETLS (8689), TLS from the start
// (8314), and LMTP (2033).
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_mode.h"
#include "posthouse/smtp/wire/envelope.h"
#include "posthouse/smtp/wire/error.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::smtp {

using net::Tls;

/// How long a client waits for a reply (RFC 5321 section 4.5.3.2).
struct ClientTimeouts {
  net::Duration connect = std::chrono::seconds(30);  ///< For the connection, and for TLS.
  net::Duration greeting = std::chrono::minutes(5);
  net::Duration command = std::chrono::minutes(5);     ///< EHLO, MAIL, RCPT, AUTH and all else.
  net::Duration data_start = std::chrono::minutes(2);  ///< DATA until its 354.
  net::Duration data_block = std::chrono::minutes(3);  ///< For each 64 KiB of a message to be taken.
  net::Duration data_end = std::chrono::minutes(10);   ///< From the final dot to the reply.
};

/// How a client connects and what it accepts.
struct ClientOptions {
  Tls tls = Tls::starttls;  ///< Never falls back to less, see `opportunistic`.
  /// Between mail servers (RFC 7435), with Tls::starttls only: a certificate that does not verify is accepted, and
  /// where the server does not offer STARTTLS, or TLS fails (then on a new connection), mail goes in clear text. A
  /// log-in is still refused without TLS.
  bool opportunistic = false;
  /// Certificates are verified unless this says otherwise. Clients with equal ones share one context
  /// (net::shared_client_context), so sessions with a server are resumed.
  net::TlsClientOptions tls_options{};
  std::optional<net::TlsContext> tls_context{};  ///< Used in place of `tls_options`.
  bool insecure_auth = false;                    ///< Allows log-in without TLS.
  std::string local_name{};  ///< Said in EHLO; empty: the address literal of the local address (RFC 5321 section
                             ///< 4.1.4).
  bool pipelining = true;    ///< Used when the server offers it.
  bool chunking = true;      ///< Likewise: messages go by BDAT, without DATA and a wait for its 354.
  /// Speaks LMTP (RFC 2033): LHLO in place of EHLO, and after a message one reply for each recipient, who may be refused
  /// even then.
  bool lmtp = false;
  net::Address source{};  ///< The address to connect from, with port 0; none: the system chooses.
  /// Bare CRs and LFs in a message become CRLF. Otherwise such a message is refused (Errc::bad_message): sent as it is
  /// it could end early at some server and smuggle another one in behind it.
  bool fix_line_ends = false;
  ClientTimeouts timeouts{};
  net::Trace trace{};  ///< Sees the dialogue, secrets masked, messages summed up.
};

/// What became of a message that at least one recipient was accepted for.
struct SendResult {
  std::vector<std::string> accepted{};    ///< Recipients the server has taken the message for.
  std::vector<RecipientReply> refused{};  ///< The others, with its replies.
  Reply reply{};                          ///< The reply to the message itself.
  /// The server does what `envelope` asks it to tell (RFC 3461). Otherwise that is for whoever sends: see Client::send().
  bool dsn = false;

  /// True when nobody was refused.
  bool complete() const noexcept { return refused.empty(); }
};

/// Gives a message piece by piece: calls `write` for each piece. For messages that are not held in memory.
using MessageSource = std::function<void(const std::function<void(std::string_view chunk)>& write)>;

/// Anything that knows its envelope and its bytes, such as mime::MessageBuilder.
template <class M>
concept Sendable = requires(const M& message) {
  { message.sender() } -> std::convertible_to<std::string>;
  { message.recipients() } -> std::convertible_to<std::vector<std::string>>;
  { message.build() } -> std::convertible_to<std::string>;
};

/// One connection to an SMTP server. Move-only; one call at a time.
///
/// Every method throws smtp::Error when the server refuses or talks nonsense, and net::Error when the connection fails
/// or a timeout passes. After a refusal the session goes on; connection_usable() of the error tells.
///
///     auto client = smtp::Client::connect("mail.one.test", 587);
///     client.login("ann@one.test", password);
///     auto result = client.send("ann@one.test", {"bob@two.test", "cy@two.test"}, message);
///     for (const auto& [address, reply] : result.refused) std::cerr << address << ": " << reply.to_string() << '\n';
///     client.quit();
///
/// Destroyed without quit(), the connection is closed; what was answered positively stands all the same.
class Client {
 public:
  /// Connects, reads the greeting, says EHLO (HELO where EHLO is not known), and upgrades to TLS as asked, all before
  /// anything else is sent. Port 0 means 465 for Tls::implicit, 25 for `opportunistic` and 587 else. Throws
  /// Errc::tls_unavailable when STARTTLS was asked for and the server does not offer it.
  static Client connect(const std::string& host, std::uint16_t port = 0, ClientOptions options = {});
  /// The same to an address, whose certificate is verified for `server_name`.
  static Client connect(const net::Address& address, const std::string& server_name, ClientOptions options = {});

  /// The same over a connection made elsewhere (a test's memory_pipe, a tunnel). `server_name` is the name the
  /// certificate is verified for. `opportunistic` cannot connect again here.
  explicit Client(net::Stream stream, const std::string& server_name = {}, ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The server's first reply.
  const Reply& greeting() const noexcept;

  /// What EHLO answered, one extension with its parameters a line ("SIZE 52428800"); empty after HELO.
  const std::vector<std::string>& extensions() const noexcept;
  /// True when the server announced `keyword` ("8BITMIME"), ASCII case aside.
  bool supports(std::string_view keyword) const noexcept;
  /// The parameters of `keyword` ("AUTH": "PLAIN LOGIN"); empty when there are none or it was not announced.
  std::string_view parameters(std::string_view keyword) const noexcept;

  /// What the server says its LIMITS are (RFC 9422): of "MAILMAX", "RCPTMAX" or "RCPTDOMAINMAX"; nothing when it does not
  /// say. send() asks about no more than RCPTMAX recipients: the others are refused (452 4.5.3, by this client).
  std::optional<std::uint64_t> limit(std::string_view name) const noexcept;

  /// Logs in by AUTH with the strongest mechanism that both sides know: SCRAM-SHA-256 or -1, bound to the TLS session
  /// where the server offers that, else PLAIN, else LOGIN. Throws Errc::insecure without TLS unless the options allow
  /// it, Errc::no_mechanism, and Errc::auth_failed when name or password is wrong.
  void login(const std::string& user, const std::string& password);
  /// Logs in by the certificate that `tls_options` shows (SASL EXTERNAL, RFC 4422 appendix A), as `user` or, where that is
  /// empty, as whom the server takes it to be for. Throws Errc::no_mechanism when the server does not offer that (it
  /// may not have asked for a certificate, or know nobody by it), and Errc::auth_failed when it refuses.
  void login_external(const std::string& user = {});

  /// Sends one message. Recipients who are refused do not keep the others from getting it; when all are, or there are
  /// none, RecipientsRefused is thrown. An address that is not ASCII needs SMTPUTF8: a recipient with one is refused
  /// (553 5.6.7, by this client) where the server does not offer it, a sender makes Errc::unsupported.
  /// Throws Errc::unsupported when the message is over the announced SIZE, or has octets above 127 where 8BITMIME is
  /// not offered, Errc::bad_message for bare CR or LF, both before anything is sent. Dots are doubled as RFC 5321
  /// section 4.5.2 asks, and a missing last line end is added.
  /// With Body::binary the octets go as they are, which needs BINARYMIME and CHUNKING (RFC 3030): Errc::unsupported
  /// where the server does not offer both.
  ///
  /// What the envelope asks about the way needs a server that offers it, else Errc::unsupported: `hold_for` and `hold_until`
  /// FUTURERELEASE, `deliver_by` DELIVERBY, `require_tls` REQUIRETLS. `priority` is said where MT-PRIORITY is offered.
  ///
  /// Where the server offers DSN it is told what the envelope says about reports (ENVID, RET, and NOTIFY and ORCPT of
  /// each recipient); else that is left out (RFC 3461 section 5.2.2), and SendResult::dsn is false.
  ///
  /// An error after the whole message was sent (a lost connection, a timeout) leaves open whether the server took it.
  SendResult send(const Envelope& envelope, std::string_view message);
  SendResult send(const std::string& from, const std::vector<std::string>& to, std::string_view message);
  /// The same with a message that comes piece by piece, announced with the envelope's size and, where the server offers
  /// it, as BODY=8BITMIME. A bare CR or LF, or an octet above 127 where 8BITMIME is not offered, ends the connection in
  /// the middle of the message, so that the server takes nothing; so does an exception of `source`, which comes out
  /// here.
  SendResult send(const Envelope& envelope, const MessageSource& source);
  /// The same with what a mime::MessageBuilder has put together.
  template <Sendable M>
  SendResult send(const M& message) {
    return send(message.sender(), message.recipients(), message.build());
  }

  /// Ends a transaction that has begun (RSET).
  void reset();
  /// Does nothing, but keeps the session alive (NOOP).
  void noop();
  /// Asks whether the server knows `address` (VRFY), and returns its reply whatever that says. 252 means that the server
  /// does not tell (RFC 5321 section 3.5.3).
  Reply verify(const std::string& address);

  /// Says QUIT, waits for the answer and closes the connection. Throws nothing: QUIT does nothing to messages, and what
  /// the server has accepted before stays accepted. (POP3's QUIT removes messages, and pop3::Client::quit() throws.)
  void quit();

  /// Another trace from here on; an empty one: none.
  void set_trace(net::Trace trace);
  /// True when the connection is encrypted.
  bool secure() const noexcept;
  /// Where `opportunistic` went on in clear text though the server offers STARTTLS: why. Empty else.
  const std::string& tls_given_up() const noexcept;
  /// The connection itself, e.g. to ask stream().tls().
  net::Stream& stream() noexcept;

 private:
  class Impl;
  template <class Dial>
  static Client open(const Dial& dial, const std::string& server_name, ClientOptions options);
  std::unique_ptr<Impl> impl_;
};

}  // namespace posthouse::smtp
