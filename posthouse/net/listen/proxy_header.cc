#include "posthouse/net/listen/proxy_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "posthouse/base/number.h"
#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v2_fixed = 16;

[[noreturn]] void refuse_header(const char* why) {
  throw Error(Errc::invalid, std::string("no PROXY header: ") + why);
}

// Version 1: one line.

/// Takes the next word of `line` and the blank behind it.
std::string_view take_word(std::string_view& line) {
  const std::size_t blank = line.find(' ');
  const std::string_view word = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return word;
}

Address claimed_address(std::string_view ip, std::string_view port, Address::Family family) {
  const auto number = parse_number<std::uint16_t>(port);
  if (!number || (port.size() > 1 && port.front() == '0')) {
    refuse_header("a port that is no number");
  }
  // Neither brackets nor zones, which Address would take.
  if (ip.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos) {
    refuse_header("an address that is none");
  }
  const auto address = Address::try_ip(ip, *number);
  if (!address || address->family() != family) {
    refuse_header("an address that is not of its family");
  }
  return *address;
}

ProxyHeader read_proxy_line(std::string_view line) {
  ProxyHeader header{.size = line.size() + 2};
  line.remove_prefix(v1_start.size());
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") {
    return header;
  }
  if (protocol != "TCP4" && protocol != "TCP6") {
    refuse_header("neither TCP4 nor TCP6 nor UNKNOWN");
  }
  const auto family = protocol == "TCP4" ? Address::Family::ipv4 : Address::Family::ipv6;
  const std::string_view client = take_word(line);
  const std::string_view server = take_word(line);
  const std::string_view client_port = take_word(line);
  header.client = claimed_address(client, client_port, family);
  header.server = claimed_address(server, line, family);  // whose port ends the line
  return header;
}

std::optional<ProxyHeader> parse_v1(std::string_view input) {
  input = input.substr(0, longest_proxy_line);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) {
    if (input.size() == longest_proxy_line) {
      throw Error(Errc::too_long, "the PROXY line is longer than 107 octets");
    }
    return std::nullopt;
  }
  if (input[end - 1] != '\r') {
    refuse_header("its line ends without CR");
  }
  return read_proxy_line(input.substr(0, end - 1));
}

// Version 2: 16 octets, addresses, TLVs.

std::uint8_t octet_at(std::string_view octets, std::size_t at) {
  return static_cast<std::uint8_t>(octets[at]);
}

std::uint16_t two_octets_at(std::string_view octets, std::size_t at) {
  return static_cast<std::uint16_t>(octet_at(octets, at) << 8 | octet_at(octets, at + 1));
}

/// The checksum of RFC 3720 appendix B.4 (Castagnoli), going on from `crc`.
std::uint32_t crc32c(std::uint32_t crc, std::string_view octets) {
  for (const char c : octets) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    }
  }
  return crc;
}

/// `at`: where the four octets of the checksum begin, which count as zeros in it.
bool checksum_holds(std::string_view header, std::size_t at) {
  std::uint32_t crc = crc32c(~0U, header.substr(0, at));
  crc = crc32c(crc, std::string_view("\0\0\0\0", 4));
  crc = ~crc32c(crc, header.substr(at + 4));
  return crc == (static_cast<std::uint32_t>(two_octets_at(header, at)) << 16 | two_octets_at(header, at + 2));
}

/// `at`: where the TLVs of the whole header begin.
void check_tlvs(std::string_view header, std::size_t at) {
  constexpr std::size_t head = 3;
  constexpr std::uint8_t type_crc32c = 0x03;
  bool checked = false;
  while (at < header.size()) {
    if (header.size() - at < head || header.size() - at - head < two_octets_at(header, at + 1)) {
      refuse_header("a TLV that is cut off");
    }
    const std::uint8_t type = octet_at(header, at);
    const std::size_t length = two_octets_at(header, at + 1);
    at += head;
    if (type == type_crc32c) {
      if (length != 4 || checked || !checksum_holds(header, at)) {
        refuse_header("its checksum is wrong");
      }
      checked = true;
    }
    at += length;
  }
}

/// Octets of the addresses of `family`, the upper half of the 14th octet.
std::size_t address_block_of(std::uint8_t family) {
  constexpr std::array<std::size_t, 4> sizes = {0, 12, 36, 216};
  if (family >= sizes.size()) {
    refuse_header("an unknown family of addresses");
  }
  return sizes[family];
}

ProxyHeader read_proxy_block(std::string_view header) {
  constexpr std::uint8_t tcp4 = 0x11;
  constexpr std::uint8_t tcp6 = 0x21;
  ProxyHeader result{.size = header.size()};
  if ((octet_at(header, 12) & 0x0F) == 0) {  // LOCAL: section 2.2 has all else discarded
    return result;
  }
  const std::uint8_t kind = octet_at(header, 13);
  const std::size_t addresses = address_block_of(kind >> 4);
  if ((kind & 0x0F) > 2 || header.size() - v2_fixed < addresses) {
    refuse_header("addresses that are cut off, or of an unknown transport");
  }
  if (addresses == 0) {  // unspecified: what follows is nobody's to read
    return result;
  }
  check_tlvs(header, v2_fixed + addresses);
  if (kind == tcp4 || kind == tcp6) {
    const std::size_t each = kind == tcp4 ? 4 : 16;
    const std::size_t ports = v2_fixed + 2 * each;
    result.client = Address::from_octets(header.substr(v2_fixed, each), two_octets_at(header, ports));
    result.server = Address::from_octets(header.substr(v2_fixed + each, each), two_octets_at(header, ports + 2));
  }
  return result;
}

std::optional<ProxyHeader> parse_v2(std::string_view input) {
  if (input.size() > 12 && (octet_at(input, 12) >> 4 != 2 || (octet_at(input, 12) & 0x0F) > 1)) {
    refuse_header("another version, or an unknown command");
  }
  if (input.size() < v2_fixed) {
    return std::nullopt;
  }
  const std::size_t length = two_octets_at(input, 14);
  if (length > longest_proxy_block) {
    throw Error(Errc::too_long, "the PROXY header is longer than 4,112 octets");
  }
  if (input.size() - v2_fixed < length) {
    return std::nullopt;
  }
  return read_proxy_block(input.substr(0, v2_fixed + length));
}

/// A connection whose peer is another than who has connected.
class ClaimedTransport final : public Transport {
 public:
  /// `received`: what has come already.
  ClaimedTransport(std::unique_ptr<Transport> lower, const ProxyHeader& header, std::string received)
      : lower_(std::move(lower)),
        peer_(header.client.is_ip() ? header.client : lower_->peer_address()),
        local_(header.server.is_ip() ? header.server : lower_->local_address()),
        received_(std::move(received)) {}

  std::size_t read_some(std::span<char> into, Deadline deadline) override {
    return received_.empty() ? lower_->read_some(into, deadline) : take_received(into);
  }
  std::size_t write_some(std::string_view octets, Deadline deadline) override {
    return lower_->write_some(octets, deadline);
  }
  std::size_t writev_some(std::span<const std::string_view> pieces, Deadline deadline) override {
    return lower_->writev_some(pieces, deadline);
  }
  void wait_readable(Deadline deadline) override {
    if (received_.empty()) {
      lower_->wait_readable(deadline);
    }
  }
  std::optional<std::size_t> try_read_some(std::span<char> into) noexcept override {
    return received_.empty() ? lower_->try_read_some(into) : take_received(into);
  }
  std::optional<std::size_t> try_write_some(std::string_view octets) noexcept override {
    return lower_->try_write_some(octets);
  }
  void shutdown_write(Deadline deadline) override { lower_->shutdown_write(deadline); }
  void close() noexcept override { lower_->close(); }
  Address local_address() const override { return local_; }
  Address peer_address() const override { return peer_; }
  int native_handle() const noexcept override { return lower_->native_handle(); }
  bool is_tls() const noexcept override { return lower_->is_tls(); }
  std::optional<TlsInfo> tls_info() const override { return lower_->tls_info(); }
  std::optional<std::string> channel_binding(ChannelBinding kind) const override {
    return lower_->channel_binding(kind);
  }

 private:
  std::size_t take_received(std::span<char> into) noexcept {
    const std::size_t count = std::min(into.size(), received_.size() - begin_);
    std::copy_n(received_.data() + begin_, count, into.data());
    begin_ += count;
    if (begin_ == received_.size()) {
      std::string().swap(received_);
      begin_ = 0;
    }
    return count;
  }

  std::unique_ptr<Transport> lower_;
  const Address peer_;
  const Address local_;
  std::string received_;  // of the reader; what counts begins at begin_
  std::size_t begin_ = 0;
};

}  // namespace

std::optional<ProxyHeader> parse_proxy_header(std::string_view input) {
  for (const std::string_view start : {v1_start, v2_start}) {
    if (input.starts_with(start)) {
      return start == v1_start ? parse_v1(input) : parse_v2(input);
    }
    if (start.starts_with(input)) {
      return std::nullopt;
    }
  }
  refuse_header("it begins otherwise");
}

void receive_proxy_header(Stream& stream, Deadline deadline) {
  std::optional<ProxyHeader> header;
  while (!(header = parse_proxy_header(stream.buffered()))) {
    if (!stream.fill(deadline)) {
      throw Error(Errc::closed, "the stream ended before its PROXY header did");
    }
  }
  stream.consume(header->size);
  // TLS drops what a stream has buffered: so that belongs below it.
  std::string received(stream.buffered());
  const Duration timeout = stream.timeout();
  const Deadline whole = stream.deadline();
  stream = Stream(std::make_unique<ClaimedTransport>(stream.release(deadline), *header, std::move(received)));
  stream.set_timeout(timeout);
  stream.set_deadline(whole);
}

}  // namespace posthouse::net
