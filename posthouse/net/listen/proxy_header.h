#pragma once
// The PROXY protocol (HAProxy's proxy-protocol.txt, versions 1 and 2): how a proxy in front of a server says for whom it
// has connected.
#include <cstddef>
#include <optional>
#include <string_view>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net {

/// What a header says.
struct ProxyHeader {
  std::size_t size = 0;  ///< Its octets. What follows is the client's.
  Address client{};      ///< Who has connected to the proxy; none: who really has connected counts (LOCAL, UNKNOWN).
  Address server{};      ///< Where the client has connected to; none likewise.
};

/// The longest header of version 1, with its CRLF.
inline constexpr std::size_t longest_proxy_line = 107;
/// What may follow the first 16 octets of version 2: addresses and TLVs.
inline constexpr std::size_t longest_proxy_block = 4096;

/// The header that `input` begins with; nothing while more octets are needed, which are no more than the longest header
/// has. A checksum (PP2_TYPE_CRC32C) is verified, other TLVs must be whole and are not looked into. Addresses that are
/// not of TCP are passed over. Throws Error: Errc::invalid for what is no header, as soon as that can be told;
/// Errc::too_long.
///
///     parse_proxy_header("PROXY TCP4 192.0.2.1 198.51.100.7 40000 25\r\nEHLO …")->client  // 192.0.2.1:40000
std::optional<ProxyHeader> parse_proxy_header(std::string_view input);

/// Reads the header that the peer of `stream` must begin with. From then on peer_address() and local_address() are what
/// it says, native_handle() stays the proxy's; octets behind it are the stream's next ones, also for TLS. To be called
/// before anything else was read or written, and only for peers that are trusted to say the truth. Throws as
/// parse_proxy_header() does, and as Stream's reads do.
///
///     if (proxies.contains(stream.peer_address())) { receive_proxy_header(stream, 5s); }
void receive_proxy_header(Stream& stream, Deadline deadline);

}  // namespace posthouse::net
