#pragma once
// A SASL exchange in lines of base64, the client's side: AUTH of SMTP (RFC 4954 section 4) and POP3 (RFC 5034 section
// 4), AUTHENTICATE of IMAP (RFC 9051 section 6.2.2).
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/net/stream/stream.h"
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::dialogue {

/// One exchange. The step that needs no socket.
///
///     dialogue::ClientExchange exchange(sasl::make_client_mechanism(…), 512);
///     send(exchange.opening());
///     while (the answer asks for more) send(exchange.answer(challenge));
///     if (the answer is yes && exchange.complete()) …
class ClientExchange {
 public:
  /// An initial response is put on the command line when that has `max_line` octets at most then, its CRLF not counted;
  /// never when that is 0.
  ClientExchange(std::unique_ptr<sasl::ClientMechanism> mechanism, std::size_t max_line)
      : mechanism_(std::move(mechanism)), max_line_(max_line) {}

  /// The command to begin with: "AUTH PLAIN AHRpbQ…", or "AUTH LOGIN", with `verb` in the place of AUTH.
  std::string opening(std::string_view verb = "AUTH");
  /// The line that answers `challenge` (base64); "*" when the mechanism has nothing more to say, or does not believe
  /// the server.
  std::string answer(std::string_view challenge);
  /// True when the server has proven all that the mechanism asks of it. A log-in accepted before counts as refused.
  bool complete() const noexcept { return mechanism_->complete(); }

 private:
  std::unique_ptr<sasl::ClientMechanism> mechanism_;
  std::size_t max_line_;
  std::optional<std::string> held_back_;  // the initial response, when the command line has no room for it
};

/// The mechanisms of `offered` (names with spaces between) that can be used on `stream`, strongest first.
std::vector<std::string> usable_mechanisms(std::string_view offered, const net::Stream& stream);

/// The client's side of `mechanism` on `stream`. Throws sasl::Error: Errc::mechanism for one not known
/// here, Errc::credentials for a name or password that it cannot carry. `stream` must outlive it.
std::unique_ptr<sasl::ClientMechanism> make_mechanism(std::string_view mechanism, std::string user,
                                                      std::string password, const net::Stream& stream);

/// Throws `E` of the kind `usage` when `text` does not fit in a line: for names and passwords that are said as they are. `what`
/// is what it is, e.g. "a password".
template <class E, class Kind>
void require_one_line(const std::string& text, const char* what, Kind usage) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    throw E(usage, std::string(what) + " with a line break or NUL cannot be sent");
  }
}

/// EXTERNAL, to act as `authzid` or, where it is empty, as whom the client's certificate is for. Throws sasl::Error
/// (Errc::credentials) for one with a NUL.
std::unique_ptr<sasl::ClientMechanism> make_external(std::string authzid);

}  // namespace posthouse::dialogue
