#pragma once
// The connection to a filter: packets out, answers in. Private to this module.
//
// Invariants:
//  1. After each question exactly the packets of its answer are read; octets that come unasked are a failure, found before
//     the next question at the latest, so that an answer is never taken for another one's.
//  2. What it throws is final: whoever gets an exception closes.
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/milter/client/endpoint.h"
#include "posthouse/milter/client/macros.h"
#include "posthouse/milter/client/options.h"
#include "posthouse/milter/result/response.h"
#include "posthouse/milter/wire/negotiation.h"
#include "posthouse/milter/wire/packet.h"

namespace posthouse::milter {

class Channel {
 public:
  explicit Channel(const ClientOptions& options) : options_(options), reader_(options.limits.packet) {}

  /// Takes over a connection; what was said on another one is forgotten.
  void open(net::Stream stream);
  bool is_open() const noexcept { return stream_.is_open(); }
  void close() noexcept { stream_.close(); }

  /// Agrees on the dialogue.
  Negotiation negotiate();
  /// Sends a packet, `macros` before it where there are any; at once, or with the next one that is.
  void say(char command, std::string_view data, std::string_view macros, bool at_once);
  /// Waits for the answer to a step; Skip where the filter may say that.
  Response answer();
  /// Waits for the answer to a message.
  Result verdict();

 private:
  Packet read(net::Deadline deadline);
  void demand_silence() const;
  /// The next packet that is not progress, which renews `patience`, up to `latest`.
  Packet read_patiently(net::Duration patience, net::Deadline latest);
  bool allowed(const Packet& packet) const noexcept;

  const ClientOptions& options_;
  net::Stream stream_;
  PacketReader reader_;
  Negotiation agreed_{.version = 0, .actions = 0, .steps = 0};
};

}  // namespace posthouse::milter
