#pragma once
// The trace of a dialogue with its secrets masked: the one place that knows where secrets stand.
#include <string>
#include <string_view>

#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"

namespace posthouse::dialogue {

/// A command line as people and logs may see it: "***" stands for what follows PASS, for what follows the mechanism of
/// AUTH (and for the word in its place, when it cannot be the name of one) and for the digest of APOP. Commands are
/// told apart ASCII case aside, by the first word up to a blank, whatever stands before its first letter; every other line
/// comes out as it is.
std::string masked(std::string_view line);

/// A line of a SASL exchange, likewise: "*", which cancels it, as it is, and "***" for any other.
std::string_view masked_response(std::string_view line) noexcept;

/// Shows a dialogue to a net::Trace. Costs nothing when that is empty.
class Tracer {
 public:
  /// `trace` must outlive the tracer; it may be replaced meanwhile.
  explicit Tracer(const net::Trace& trace) noexcept : trace_(&trace) {}

  /// True when anybody looks: for those who have to put a text together first.
  bool active() const noexcept { return static_cast<bool>(*trace_); }

  /// A command line of the client, masked. `known` tells whether it is a command of the protocol: what is none after a
  /// log-in that was refused may be the rest of it, and is masked whole.
  void command(std::string_view line, bool known = true);
  /// A line of the client in a SASL exchange, masked.
  void response(std::string_view line);
  /// One line of the server.
  void reply(std::string_view line) const { show(net::Speaker::server, line); }
  /// Lines of the server, each with its CRLF.
  void replies(std::string_view lines) const;
  /// That a client has gone over to TLS on `stream`, and whether the server's certificate is verified.
  void began_tls(const net::Stream& stream) const;
  /// A remark of the session itself.
  void note(std::string_view text) const { show(net::Speaker::note, text); }

 private:
  void show(net::Speaker who, std::string_view line) const {
    if (active()) {
      (*trace_)(who, line);
    }
  }

  const net::Trace* trace_;
  bool after_log_in_ = false;  // the last known command was AUTH
};

}  // namespace posthouse::dialogue
