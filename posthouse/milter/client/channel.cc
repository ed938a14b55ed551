#include "posthouse/milter/client/channel.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/milter/error.h"

namespace posthouse::milter {
namespace {

/// The modifications of one message within the limits.
class Collector {
 public:
  explicit Collector(const Limits& limits) : limits_(limits) {}

  void add(Modification modification, std::size_t octets) {
    if (auto* const chunk = std::get_if<ReplaceBody>(&modification)) {
      add_chunk(std::move(chunk->body));
      return;
    }
    octets_ += octets;
    if (octets_ > limits_.modification_octets) {
      throw Error(Errc::too_large,
                  "modifications of more than " + std::to_string(limits_.modification_octets) + " octets");
    }
    push(std::move(modification));
  }

  std::vector<Modification> take() noexcept { return std::move(modifications_); }

 private:
  void add_chunk(std::string chunk) {
    if (!body_) {
      body_ = modifications_.size();
      push(ReplaceBody{});
    }
    std::string& body = std::get<ReplaceBody>(modifications_[*body_]).body;
    if (chunk.size() > limits_.body - body.size()) {
      throw Error(Errc::too_large, "a body of more than " + std::to_string(limits_.body) + " octets");
    }
    body += chunk;
  }

  void push(Modification modification) {
    if (modifications_.size() >= limits_.modifications) {
      throw Error(Errc::too_large, "more than " + std::to_string(limits_.modifications) + " modifications");
    }
    modifications_.push_back(std::move(modification));
  }

  const Limits& limits_;
  std::size_t octets_ = 0;
  std::optional<std::size_t> body_;
  std::vector<Modification> modifications_;
};

[[noreturn]] void unasked(const Packet& packet) {
  throw Error(Errc::protocol,
              "the filter said " + printable(std::string_view(&packet.command, 1)) + " where it may not");
}

}  // namespace

void Channel::open(net::Stream stream) {
  stream_ = std::move(stream);
  reader_ = PacketReader(options_.limits.packet);
}

void Channel::demand_silence() const {
  if (reader_.partial() || !stream_.buffered().empty()) {
    throw Error(Errc::protocol, "the filter speaks without being asked");
  }
}

void Channel::say(char command, std::string_view data, std::string_view macros, bool at_once) {
  demand_silence();
  std::string octets;
  if (!macros.empty()) {
    write_packet(octets, command::macro, macros);
  }
  write_packet(octets, command, data);
  const fiber::DeadlineScope limit(options_.timeouts.command);
  stream_.write_later(octets);
  if (at_once) {
    stream_.flush(options_.timeouts.command);
  }
}

Packet Channel::read(net::Deadline deadline) {
  while (true) {
    std::string_view octets = stream_.buffered();
    const std::size_t there = octets.size();
    auto packet = reader_.take(octets);
    stream_.consume(there - octets.size());
    if (packet) {
      return std::move(*packet);
    }
    if (!stream_.fill(deadline)) {
      throw Error(Errc::closed, "the filter has gone away");
    }
  }
}

Packet Channel::read_patiently(net::Duration patience, net::Deadline latest) {
  while (true) {
    Packet packet = read(net::Deadline::earlier(latest, net::Deadline::after(patience)));
    if (packet.command != response::progress) {
      return packet;
    }
    if (latest.expired()) {  // what has come is read even after the deadline
      throw net::Error(net::Errc::timeout, "the filter makes progress for ever");
    }
  }
}

Negotiation Channel::negotiate() {
  const Negotiation offer{.version = options_.version, .actions = options_.actions, .steps = options_.steps};
  say(command::negotiate, write_negotiation(offer), {}, true);
  const Packet packet = read(options_.timeouts.connect);
  if (packet.command != command::negotiate) {
    unasked(packet);
  }
  agreed_ = read_negotiation(packet.data, offer);
  return agreed_;
}

bool Channel::allowed(const Packet& packet) const noexcept {
  const std::uint32_t needed = needed_actions(packet);
  return (agreed_.actions & needed) == needed;
}

Response Channel::answer() {
  const Packet packet = read_patiently(options_.timeouts.command, options_.timeouts.command);
  Response said = read_response(packet, true);
  if (std::holds_alternative<Modification>(said)) {
    unasked(packet);
  }
  return said;
}

Result Channel::verdict() {
  const auto latest = net::Deadline::after(options_.timeouts.whole_end);
  Collector collector(options_.limits);
  while (true) {
    const Packet packet = read_patiently(options_.timeouts.end_of_message, latest);
    if (!allowed(packet)) {
      unasked(packet);
    }
    Response said = read_response(packet, (agreed_.steps & step::leading_space) != 0);
    if (auto* const modification = std::get_if<Modification>(&said)) {
      collector.add(std::move(*modification), packet.data.size());
      continue;
    }
    auto* const answer = std::get_if<Answer>(&said);
    if (answer == nullptr) {
      unasked(packet);
    }
    const bool taken = answer->verdict == Verdict::go_on || answer->verdict == Verdict::accept;
    return {.answer = std::move(*answer), .modifications = taken ? collector.take() : std::vector<Modification>()};
  }
}

}  // namespace posthouse::milter
