#include "posthouse/milter/wire/packet.h"

#include <algorithm>
#include <span>
#include <utility>

#include "posthouse/milter/error.h"

namespace posthouse::milter {
namespace {

std::uint32_t number_of(std::span<const char, 4> octets) noexcept {
  std::uint32_t number = 0;
  for (const char octet : octets) {
    number = number << 8 | static_cast<unsigned char>(octet);
  }
  return number;
}

}  // namespace

void write_number(std::string& out, std::uint32_t number) {
  for (unsigned shift = 32; shift != 0;) {
    shift -= 8;
    out.push_back(static_cast<char>(number >> shift & 0xFF));
  }
}

void write_packet(std::string& out, char command, std::string_view data) {
  write_number(out, static_cast<std::uint32_t>(data.size() + 1));
  out.push_back(command);
  out.append(data);
}

std::optional<Packet> PacketReader::take(std::string_view& octets) {
  while (length_octets_ < length_.size()) {
    if (octets.empty()) {
      return std::nullopt;
    }
    length_[length_octets_++] = octets.front();
    octets.remove_prefix(1);
  }
  const std::size_t length = number_of(length_);
  if (length == 0) {
    throw Error(Errc::protocol, "a packet without a command");
  }
  if (length > most_) {
    throw Error(Errc::too_large, "a packet of " + std::to_string(length) + " octets");
  }
  if (!has_command_) {
    if (octets.empty()) {
      return std::nullopt;
    }
    packet_.command = octets.front();
    octets.remove_prefix(1);
    has_command_ = true;
  }
  const std::size_t count = std::min(octets.size(), length - 1 - packet_.data.size());
  packet_.data.append(octets.substr(0, count));
  octets.remove_prefix(count);
  if (packet_.data.size() < length - 1) {
    return std::nullopt;
  }
  length_octets_ = 0;
  has_command_ = false;
  return std::exchange(packet_, {});
}

std::uint32_t take_number(std::string_view& data) {
  if (data.size() < 4) {
    throw Error(Errc::protocol, "a packet ends in the middle of a number");
  }
  const std::uint32_t number = number_of(std::span<const char, 4>(data.data(), 4));
  data.remove_prefix(4);
  return number;
}

std::string_view take_text(std::string_view& data) {
  const std::size_t end = data.find('\0');
  if (end == std::string_view::npos) {
    throw Error(Errc::protocol, "a text without its end");
  }
  const std::string_view text = data.substr(0, end);
  data.remove_prefix(end + 1);
  return text;
}

}  // namespace posthouse::milter
