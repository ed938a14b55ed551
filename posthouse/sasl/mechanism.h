#pragma once
// SASL mechanisms (RFC 4422), both sides: octets in, octets out. Lines and base64 are the protocols' affair.
//
// Terms: a *challenge* goes from server to client, a *response* back.
//
//   EXTERNAL              RFC 4422 appendix A          nothing: TLS has seen the client's certificate
//   PLAIN                 RFC 4616                     the password in clear text
//   LOGIN                 draft-murchison-sasl-login   name and password, one after the other
//   SCRAM-SHA-1[-PLUS]    RFC 5802                     the password stays with the client, and the server proves that
//   SCRAM-SHA-256[-PLUS]  RFC 7677                     it knows it too; -PLUS binds both to the TLS session
//
// mechanisms.h has those that there are.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/sasl/verifier.h"

namespace posthouse::sasl {

/// Where an exchange stands after a step of the server.
enum class Progress : std::uint8_t {
  challenge,  ///< Send challenge(), and call step() with the response.
  done,       ///< verdict() tells whether the client is logged in.
  malformed,  ///< The response is not what the mechanism asks for.
};

/// One exchange, the server's side. Over after any other progress than `challenge`.
class ServerMechanism {
 public:
  ServerMechanism() = default;
  ServerMechanism(const ServerMechanism&) = delete;
  ServerMechanism& operator=(const ServerMechanism&) = delete;
  virtual ~ServerMechanism() = default;

  /// Takes the client's response; nullopt at the beginning, where the client has sent none with its command. Passes on
  /// what the verifier throws.
  virtual Progress step(std::optional<std::string_view> response) = 0;

  /// What to send to the client; may be empty. Any octets.
  const std::string& challenge() const noexcept { return challenge_; }
  /// True when challenge() is additional data with a successful outcome (RFC 4422 section 3.6), which the client can only
  /// answer by nothing: a protocol that has room for it in its outcome sends it there, and calls step("") by itself.
  virtual bool concluding() const noexcept { return false; }
  /// Who logged in, or why not; after `done`.
  const Verdict& verdict() const noexcept { return verdict_; }

 protected:
  std::string challenge_;
  Verdict verdict_;
};

/// What a client logs in with.
struct Credentials {
  std::string user{};      ///< Not empty, no NUL; EXTERNAL does not say it.
  std::string password{};  ///< Not empty, no NUL; not wanted by EXTERNAL.
  std::string authzid{};   ///< Whom to act as (not with LOGIN); empty: the user. No NUL.
  ChannelBindingData channel_binding{};
};

/// One exchange, the client's side.
class ClientMechanism {
 public:
  ClientMechanism() = default;
  ClientMechanism(const ClientMechanism&) = delete;
  ClientMechanism& operator=(const ClientMechanism&) = delete;
  virtual ~ClientMechanism() = default;

  /// Its registered name: "PLAIN".
  virtual std::string_view name() const noexcept = 0;
  /// True when the client speaks first: step({}) gives the initial response then, before any challenge.
  virtual bool speaks_first() const noexcept = 0;
  /// The response to a challenge; nullopt when there is nothing more to say, or the server is not to be believed.
  virtual std::optional<std::string> step(std::string_view challenge) = 0;
  /// True when the server has proven all that the mechanism asks of it. A log-in accepted before is no log-in.
  virtual bool complete() const noexcept { return true; }
};

}  // namespace posthouse::sasl
