#pragma once
// A mail server's side of the milter protocol (sendmail's, versions 2 to 6): asks one filter about one client's connection and
// its messages.
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/milter/client/channel.h"
#include "posthouse/milter/client/endpoint.h"
#include "posthouse/milter/client/macros.h"
#include "posthouse/milter/client/options.h"
#include "posthouse/milter/result/result.h"
#include "posthouse/net/address.h"

namespace posthouse::milter {

/// One filter, asked step by step as a client's session goes on. One call at a time.
///
///     milter::Client filter(milter::Endpoint::parse("inet:11332@localhost"));
///     filter.set_macro("j", "mx.one.test");
///     filter.connect("mail.two.test", peer);
///     filter.helo("mail.two.test");
///     filter.mail("<ann@two.test>");
///     filter.recipient("<bob@one.test>");
///     milter::MessageFeed feed(filter);      // fields, body and end
///     feed.append(message);
///     milter::Result result = feed.finish();
///
/// No call throws for what a filter does or does not do: its failure is an Answer with the verdict that
/// ClientOptions::on_failure names and a word in `failure`; after it the filter is not asked any more up to the next
/// connect(). What is thrown: net::Error (Errc::canceled) when the scope is canceled.
///
/// Steps that a filter does not want to see are not sent, and answered by go_on. A verdict on the connection (at connect or
/// HELO) is repeated at each later step without asking, one on the message at each later step of it; reject and tempfail at a
/// recipient or an unknown command are for that one alone.
///
/// Holds up to 64 KiB of a body, 32 KiB of output, one packet of the filter, and the modifications within the Limits.
class Client {
 public:
  /// Connects at connect().
  explicit Client(Endpoint endpoint, ClientOptions options = {});
  /// Over a connection made elsewhere; when that is over there is no other one.
  explicit Client(net::Stream stream, ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() = default;

  /// For the steps that come; see Macros. connect(), mail() and recipient() set client_name, client_addr, client_port,
  /// mail_addr and rcpt_addr themselves.
  void set_macro(std::string_view name, std::string_view value) { macros_.set(name, value); }

  /// A client has connected from `peer`. `host` is its name, verified; empty: "[192.0.2.1]" is said.
  /// Call next_client() before another one.
  Answer connect(std::string_view host, const net::Address& peer);
  Answer helo(std::string_view name);
  /// `path` with its brackets, `parameters` as they were said: "SIZE=100 BODY=8BITMIME". A message that was under way is aborted.
  Answer mail(std::string_view path, std::string_view parameters = {});
  Answer recipient(std::string_view path, std::string_view parameters = {});
  Answer data();
  /// A command that the server does not know, whole.
  Answer unknown(std::string_view line);
  /// `value` is what stands behind the colon, without the last line end. More than 64,000 octets of it are not told.
  Answer header(std::string_view name, std::string_view value);
  Answer end_of_header();
  /// The next piece of the body, of any size: lines end in CRLF. It goes out in chunks of 65,535 octets.
  Answer body(std::string_view piece);
  /// The message is whole: what is to become of it. The next one may follow.
  Result end_of_message();

  /// The message is over without its end, e.g. by RSET. Without one under way nothing happens.
  void abort() noexcept;
  /// The client has gone and another will come: a filter that can keep the connection for that (version 6) does, for others it
  /// is closed. Macros are forgotten.
  void next_client() noexcept;
  /// Ends the connection. The destructor closes it without a word.
  void quit() noexcept;

  /// False: the filter's answer changes nothing any more before the next mail() (or connect()), so nothing need be told.
  bool wants_more() const noexcept { return !connection_answer_ && !message_answer_; }
  /// What both sides agreed on; of meaning after connect().
  const Negotiation& agreed() const noexcept { return agreed_; }

 private:
  struct StepKind;
  template <class F>
  auto guarded(F&& ask) -> decltype(ask());
  template <class F>
  Answer step(const StepKind& kind, F&& data_of);
  Answer send_body();
  Answer fail(const std::string& why);
  void start();
  bool skips(std::uint32_t flag) const noexcept { return (agreed_.steps & flag) != 0; }
  std::string field_data(std::string_view name, std::string_view value) const;

  const std::optional<Endpoint> endpoint_;
  const ClientOptions options_;
  Channel channel_;
  Macros macros_;
  Negotiation agreed_{.version = 0, .actions = 0, .steps = 0};
  bool negotiated_ = false;
  bool in_message_ = false;  // something of it was told
  bool skip_body_ = false;
  std::string body_;  // not yet told
  std::optional<Answer> connection_answer_;
  std::optional<Answer> message_answer_;
};

}  // namespace posthouse::milter
