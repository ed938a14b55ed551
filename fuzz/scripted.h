#pragma once
// What the session fuzzers share: a peer that says what the fuzzer gives it.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "posthouse/net/stream/stream.h"

namespace posthouse::fuzz {

/// Gives `input` in pieces of `piece` octets, takes what is written and keeps it in `output`.
class Scripted : public net::Transport {
 public:
  Scripted(std::string_view input, std::size_t piece, std::string& output)
      : input_(input), piece_(piece), output_(output) {}

  std::size_t read_some(std::span<char> into, net::Deadline) override {
    const std::size_t most = std::min({piece_, into.size(), input_.size()});
    input_.copy(into.data(), most);
    input_.remove_prefix(most);
    return most;
  }
  std::size_t write_some(std::string_view octets, net::Deadline) override {
    output_.append(octets);
    return octets.size();
  }
  void shutdown_write(net::Deadline) override {}
  void close() noexcept override {}

 private:
  std::string_view input_;
  std::size_t piece_;
  std::string& output_;
};

/// Ends the run as a finding.
inline void check(bool condition) {
  if (!condition) {
    std::abort();
  }
}

}  // namespace posthouse::fuzz
