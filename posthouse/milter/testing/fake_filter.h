#pragma once
// A filter in memory, for tests: what it hears is written down, what it says is what the test says.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/milter/wire/negotiation.h"
#include "posthouse/milter/wire/packet.h"
#include "posthouse/net/error.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::milter {

/// The octets of one packet.
inline std::string packet(char command, std::string_view data = {}) {
  std::string octets;
  write_packet(octets, command, data);
  return octets;
}

/// "\0" in a literal ends a text; this is whole.
template <std::size_t n>
std::string octets(const char (&literal)[n]) {
  return std::string(literal, n - 1);
}

class FakeFilter {
 public:
  /// What it agrees on, and what it says to each command; "c" alone to those that have no entry and want an answer.
  Negotiation agreed{.version = 6, .actions = action::all, .steps = 0};
  std::map<char, std::string> says{};
  bool byte_by_byte = false;

  /// What it heard: the command and the data, NULs shown as '|'.
  std::vector<std::string> heard{};

  /// Serves a connection up to its end.
  void serve(net::Stream stream) {
    try {
      PacketReader reader(1 << 20);
      while (stream.fill()) {
        std::string_view there = stream.buffered();
        const std::size_t count = there.size();
        std::string answer;
        while (const auto said = reader.take(there)) {
          answer += answer_to(*said);
        }
        stream.consume(count);
        write(stream, answer);
      }
    } catch (const posthouse::Error&) {
      // The server has gone.
    }
  }

 private:
  std::string answer_to(const Packet& said) {
    std::string shown = said.command + said.data;
    for (char& c : shown) {
      c = c == '\0' ? '|' : c;
    }
    if (said.command != command::negotiate) {
      heard.push_back(std::move(shown));
    }
    if (const auto entry = says.find(said.command); entry != says.end()) {
      return entry->second;
    }
    if (said.command == command::negotiate) {
      std::string data = write_negotiation(agreed);
      for (std::size_t stage = 0; stage < stages; ++stage) {
        if (agreed.macros[stage]) {
          write_number(data, static_cast<std::uint32_t>(stage));
          data += *agreed.macros[stage] + '\0';
        }
      }
      return packet(command::negotiate, data);
    }
    const std::string_view silent = "ADKQ";
    return silent.find(said.command) == std::string_view::npos && !is_quiet(said.command) ? packet('c') : "";
  }

  bool is_quiet(char said) const {
    const std::map<char, std::uint32_t> flags = {
        {'C', step::quiet_connect},   {'H', step::quiet_helo},   {'M', step::quiet_mail},
        {'R', step::quiet_recipient}, {'L', step::quiet_header}, {'N', step::quiet_end_of_header},
        {'B', step::quiet_body},      {'T', step::quiet_data},   {'U', step::quiet_unknown}};
    const auto flag = flags.find(said);
    return flag != flags.end() && (agreed.steps & flag->second) != 0;
  }

  void write(net::Stream& stream, const std::string& answer) const {
    if (!byte_by_byte) {
      stream.write(answer);
      return;
    }
    for (const char octet : answer) {
      stream.write(std::string_view(&octet, 1));
    }
  }
};

/// Runs `ask` with the server's end of a connection to `filter`.
template <class F>
void with_filter(FakeFilter& filter, F&& ask) {
  auto [mine, other] = net::memory_pipe();
  net::Scope scope;
  scope.spawn([&filter, stream = std::move(other)]() mutable { filter.serve(std::move(stream)); });
  ask(std::move(mine));
  scope.join();
}

}  // namespace posthouse::milter
