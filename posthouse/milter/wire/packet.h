#pragma once
// Packets: four octets of length (network order), a command, data. No sockets here.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::milter {

/// One packet; its length counts the command and the data.
struct Packet {
  char command = 0;
  std::string data{};

  bool operator==(const Packet&) const = default;
};

/// Appends the packet to `out`.
void write_packet(std::string& out, char command, std::string_view data = {});

/// Puts packets together from octets that come in pieces of any size.
///
///     PacketReader reader(1 << 18);
///     std::string_view octets = stream.buffered();
///     while (auto packet = reader.take(octets)) use(*packet);   // what is left of `octets` belongs to nobody yet: nothing
///
/// Holds one packet at most, and of it what has come: an announced length takes no memory.
class PacketReader {
 public:
  /// `most`: the greatest length of a packet.
  explicit PacketReader(std::size_t most) noexcept : most_(most) {}

  /// Takes octets off the front of `octets` up to the end of a packet, which it returns; nothing when all were taken and
  /// it is not whole yet. Throws Error: Errc::too_large beyond the limit, Errc::protocol for a length of 0. Then the
  /// reader is of no use any more.
  std::optional<Packet> take(std::string_view& octets);

  /// True in the middle of a packet.
  bool partial() const noexcept { return length_octets_ != 0; }

 private:
  std::size_t most_;
  std::array<char, 4> length_{};
  std::size_t length_octets_ = 0;  // of the length itself
  bool has_command_ = false;
  Packet packet_;
};

/// Appends `number` in network order.
void write_number(std::string& out, std::uint32_t number);

/// Cuts a number of four octets off the front of `data`. Throws Error (Errc::protocol) where there are fewer.
std::uint32_t take_number(std::string_view& data);
/// Cuts a text that ends in NUL off the front of `data`. Throws Error (Errc::protocol) where there is no NUL.
std::string_view take_text(std::string_view& data);

}  // namespace posthouse::milter
