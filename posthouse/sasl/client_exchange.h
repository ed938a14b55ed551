#pragma once
// The client side of a SASL exchange: PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), framed in base64 lines
// as SMTP, POP3 and IMAP do it.
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sasl {

/// The mechanism to use among those a server lists ("LOGIN PLAIN XOAUTH2", case aside, separated by spaces): PLAIN
/// before LOGIN; empty when it offers neither.
std::string_view choose_mechanism(std::string_view offered) noexcept;

/// One exchange of "PLAIN" or "LOGIN".
///
///     sasl::ClientExchange exchange(sasl::choose_mechanism(offered), user, password);
///     send("AUTH " + exchange.mechanism() + (initial ? " " + *initial : ""));
///     while (reply is 334) send(exchange.step(challenge).value_or("*"));
class ClientExchange {
 public:
  /// Logs in as `user`; acts as `authzid` when that is not empty (PLAIN only). Throws posthouse::Error
  /// ("sasl.mechanism", "sasl.credentials") for a mechanism not known here and for a name or password that is empty or
  /// holds a NUL, which neither mechanism can carry.
  ClientExchange(std::string_view mechanism, std::string user, std::string password, std::string authzid = {});

  const std::string& mechanism() const noexcept { return mechanism_; }

  /// The response to put on the command line, in base64; nullopt when the server has to speak first (LOGIN). Called at
  /// most once, before step(). A protocol that cannot send it waits for an empty challenge and calls step().
  std::optional<std::string> initial_response();

  /// The answer to a challenge, in base64; nullopt when the mechanism has nothing more to say: send "*" then. What the
  /// challenge says is not looked at: neither mechanism depends on it, and servers word it differently.
  std::optional<std::string> step(std::string_view challenge);

 private:
  std::string mechanism_, user_, password_, authzid_;
  int sent_ = 0;
};

}  // namespace posthouse::sasl
