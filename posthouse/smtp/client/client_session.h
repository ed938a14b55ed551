#pragma once
// One SMTP session of a client. Private to this module.
//
// Invariants:
//  1. As many replies are read as commands were sent, whatever they say; so after a refusal the session goes on in step.
//  2. A message is ended, by its final dot or its LAST chunk, only if it was put out completely and a recipient was accepted; in any other
//     case the connection is closed in the middle of it, and the server takes nothing.
//  3. Nothing the server said before TLS is used after it.
//  4. No name or password is sent without TLS unless the caller allows that.
//  5. A reply that nobody asked for ends the session: after it no reply could be told from the one before it.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/dialogue/dot_encoder.h"
#include "posthouse/sasl/mechanism.h"
#include "posthouse/smtp/client/client.h"

namespace posthouse::smtp {

class Client::Impl {
 public:
  Impl(net::Stream stream, std::string server_name, ClientOptions options);

  /// Greeting, EHLO, TLS.
  void open();
  void login(const std::string& user, const std::string& password);
  void login_external(const std::string& user);
  SendResult send(const Envelope& envelope, std::string_view message);
  SendResult send(const Envelope& envelope, const MessageSource& source);
  /// Sends a command and returns its reply, whatever that says. The trace and errors show it masked.
  Reply command(const std::string& line, net::Duration timeout);
  Reply command(const std::string& line) { return command(line, options_.timeouts.command); }
  /// The same, but anything other than 2xx is thrown.
  void demand(const std::string& line);
  void quit() noexcept;

  bool supports(std::string_view keyword) const noexcept;
  std::string_view parameters(std::string_view keyword) const noexcept;
  std::optional<std::uint64_t> limit(std::string_view name) const noexcept;

  net::Stream stream_;
  std::string server_name_;
  ClientOptions options_;
  Reply greeting_;
  std::vector<std::string> extensions_;
  std::string tls_given_up_;

 private:
  /// A message on its way: what MAIL says about it, and how to put it out.
  struct Letter {
    std::string mail;                     ///< The MAIL command.
    std::vector<std::string> recipients;  ///< Those to ask the server about.
    std::vector<std::string> commands;    ///< RCPT for each of them.
    std::vector<RecipientReply> refused;  ///< Those refused, by us or by the server.
    std::vector<std::string> accepted;
    bool chunks = false;  ///< By BDAT.
  };
  class ChunkWriter;
  bool uses_chunks() const noexcept;
  void check_binary() const;
  std::string travel_parameters(const Envelope& envelope) const;
  std::optional<std::string> written(const std::string& address) const;
  Letter address(const Envelope& envelope, std::uint64_t size, std::string_view body) const;
  SendResult send(Letter letter, const std::function<void()>& write_message);
  Reply announce(Letter& letter);
  Reply announce_pipelined(Letter& letter);
  void take(Letter& letter, const std::string& recipient, Reply reply) const;
  Reply get_ahead(const std::optional<Reply>& refusal, net::Duration timeout);
  [[noreturn]] void give_up(Letter& letter, bool server_waits_for_data);
  bool leave_transaction(bool server_waits_for_data);
  Reply end_of_data();
  Reply end_of_chunks();
  bool leave_chunks();
  void announce_chunk(std::uint64_t octets, bool last);
  void take_chunk_reply();
  SendResult end_of_data_each(Letter letter);
  void write_data(std::string_view octets);
  dialogue::Mending mending() const noexcept;
  [[noreturn]] void refuse_bare(std::string statement, bool connection_usable) const;
  [[noreturn]] void refuse_eight_bit(std::string statement, bool connection_usable) const;
  void check_plain(std::string_view statement, const std::string& text) const;

  void start_tls();
  void hello();
  std::string_view offered_mechanisms() const noexcept;
  bool try_mechanism(std::unique_ptr<sasl::ClientMechanism> mechanism, const std::string& user);
  std::string name_for_hello() const;
  std::string who() const { return server_name_.empty() ? "the server" : server_name_; }

  void put(const std::string& line);
  void put_response(const std::string& line);
  void put_shown(const std::string& line, std::string visible);
  Reply get(net::Duration timeout);
  Reply read_reply(net::Deadline deadline);
  std::string read_reply_line(net::Deadline deadline);
  void check_in_step();
  [[noreturn]] void refuse(Reply reply, const std::string& what);
  void note(const std::string& text) const;

  std::size_t chunks_unanswered_ = 0;
  std::optional<Reply> chunk_refusal_;         // the first one
  std::string last_command_ = "the greeting";  // masked; for error messages
};

}  // namespace posthouse::smtp
