// What a proxy says of its client, whole, octet by octet, cut and damaged.
#include "posthouse/net/listen/proxy_header.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const std::string v2_signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string ports = "\x9c\x40\x00\x19"s;  // 40000, 25
const std::string tcp4 = "\xc0\x00\x02\x01\xc6\x33\x64\x07"s + ports;

std::string v2(char command, char kind, const std::string& block) {
  std::string header = v2_signature + command + kind;
  header += static_cast<char>(block.size() >> 8);
  header += static_cast<char>(block.size() & 0xFF);
  return header + block;
}

/// What is wrong with it, "more" when it is not whole, else "CLIENT SERVER".
std::string read(const std::string& input) {
  try {
    const auto header = parse_proxy_header(input);
    return !header ? "more" : header->client.to_string() + ' ' + header->server.to_string();
  } catch (const Error& error) {
    return std::string(to_string(error.errc()));
  }
}

/// Holds that it says `expected`, that nothing shorter says anything, and that what follows is left.
void expect_whole(const std::string& header, const std::string& expected) {
  for (std::size_t cut = 0; cut < header.size(); ++cut) {
    ASSERT_EQ(read(header.substr(0, cut)), "more") << cut;
  }
  EXPECT_EQ(read(header), expected);
  EXPECT_EQ(read(header + "EHLO a.test\r\n"), expected);
  EXPECT_EQ(parse_proxy_header(header + "\n\nxyz")->size, header.size());
}

TEST(ProxyHeader, Version1) {
  expect_whole("PROXY TCP4 192.0.2.1 198.51.100.7 40000 25\r\n", "192.0.2.1:40000 198.51.100.7:25");
  expect_whole("PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n", "[2001:db8::1]:65535 [2001:db8::2]:0");
  expect_whole("PROXY UNKNOWN\r\n", "- -");
  const std::string longest = "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535";
  expect_whole(longest + std::string(longest_proxy_line - 2 - longest.size(), 'x') + "\r\n", "- -");
  EXPECT_EQ(read("PROXY UNKNOWN" + std::string(longest_proxy_line, 'x') + "\r\n"), "too_long");
  EXPECT_EQ(read("PROXY " + std::string(longest_proxy_line, ' ')), "too_long");
}

TEST(ProxyHeader, Version1ThatIsNone) {
  for (const char* line : {"PROXY TCP4 192.0.2.1 198.51.100.7 40000 25\n",
                           "PROXY \r\n",
                           "PROXY TCP4\r\n",
                           "PROXY TCP4 192.0.2.1\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 40000\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 40000 25 \r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 40000 25 7\r\n",
                           "PROXY TCP4  192.0.2.1 198.51.100.7 40000 25\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 65536 25\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 040 25\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 -1 25\r\n",
                           "PROXY TCP4 192.0.2.1 198.51.100.7 +1 25\r\n",
                           "PROXY TCP4 192.0.2 198.51.100.7 1 25\r\n",
                           "PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n",
                           "PROXY TCP6 192.0.2.1 198.51.100.7 40000 25\r\n",
                           "PROXY TCP6 fe80::1%lo fe80::2 1 25\r\n",
                           "PROXY TCP6 [2001:db8::1] 2001:db8::2 1 25\r\n",
                           "PROXY UDP4 192.0.2.1 198.51.100.7 40000 25\r\n",
                           "PROXY unknown\r\n",
                           "PROXY TCP4\t192.0.2.1 198.51.100.7 40000 25\r\n"}) {
    EXPECT_EQ(read(line), "invalid") << line;
  }
}

TEST(ProxyHeader, WhatBeginsOtherwiseIsNone) {
  for (const char* line : {"EHLO a.test\r\n", "Q", "PROXX", "proxy TCP4", "\r\nE", "\x16\x03\x01", "PRO\n"}) {
    EXPECT_EQ(read(line), "invalid") << line;
  }
  for (std::size_t at = 0; at < v2_signature.size(); ++at) {
    std::string damaged = v2('\x21', '\x11', tcp4);
    damaged[at] = 'z';
    EXPECT_EQ(read(damaged), "invalid") << at;
  }
}

TEST(ProxyHeader, Version2) {
  expect_whole(v2('\x21', '\x11', tcp4), "192.0.2.1:40000 198.51.100.7:25");
  expect_whole(v2('\x21', '\x21',
                  "\x20\x01\x0d\xb8"s + std::string(11, '\0') + '\1' + "\x20\x01\x0d\xb8"s + std::string(11, '\0') +
                      '\2' + ports),
               "[2001:db8::1]:40000 [2001:db8::2]:25");
  expect_whole(v2('\x20', '\x00', ""), "- -");
  expect_whole(v2('\x20', '\x11', tcp4), "- -");  // LOCAL: whatever follows
  expect_whole(v2('\x20', '\x7f', "garbage"), "- -");
  expect_whole(v2('\x21', '\x00', "garbage"), "- -");  // unspecified
  expect_whole(v2('\x21', '\x12', tcp4), "- -");       // UDP
  expect_whole(v2('\x21', '\x31', std::string(216, 'a')), "- -");
  expect_whole(v2('\x21', '\x11', tcp4 + "\x04\x00\x02zz\xee\x00\x00"s), "192.0.2.1:40000 198.51.100.7:25");
  expect_whole(v2('\x21', '\x11', tcp4 + "\x04"s + "\x0f\xf1"s + std::string(4081, 'n')),
               "192.0.2.1:40000 198.51.100.7:25");
}

TEST(ProxyHeader, Version2ThatIsNone) {
  EXPECT_EQ(read(v2('\x11', '\x11', tcp4)), "invalid");
  EXPECT_EQ(read(v2('\x22', '\x11', tcp4)), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x41', tcp4)), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x13', tcp4)), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x11', tcp4.substr(1))), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x21', tcp4)), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x11', tcp4 + "\x04"s)), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x11', tcp4 + "\x04\x00\x03zz"s)), "invalid");
  EXPECT_EQ(read(v2('\x21', '\x11', std::string(4097, '\0')).substr(0, 16)), "too_long");
}

// The test's own sum goes by the octets from the other side: bits of a message, divided.
std::uint32_t sum_of(const std::string& octets) {
  std::uint32_t remainder = 0xFFFFFFFFU;
  for (const char c : octets) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const std::uint32_t in = (static_cast<unsigned char>(c) >> bit) & 1U;
      const std::uint32_t out = remainder >> 31;
      remainder = (remainder << 1) ^ ((in ^ out) != 0 ? 0x1EDC6F41U : 0U);
    }
  }
  std::uint32_t reflected = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    reflected |= ((remainder >> bit) & 1U) << (31 - bit);
  }
  return ~reflected;
}

TEST(ProxyHeader, AChecksumIsVerified) {
  ASSERT_EQ(sum_of("123456789"), 0xE3069283U);  // the check value of CRC-32C
  const std::string tail = "\x04\x00\x01z"s;
  std::string header = v2('\x21', '\x11', tcp4 + "\x03\x00\x04\0\0\0\0"s + tail);
  const std::uint32_t sum = sum_of(header);
  const std::size_t at = header.size() - tail.size() - 4;
  for (unsigned i = 0; i < 4; ++i) {
    header[at + i] = static_cast<char>(sum >> (24 - 8 * i) & 0xFF);
  }
  expect_whole(header, "192.0.2.1:40000 198.51.100.7:25");
  for (std::size_t damaged = 16; damaged < header.size(); ++damaged) {
    std::string other = header;
    other[damaged] = static_cast<char>(other[damaged] ^ 0x10);
    const std::string said = read(other);
    // A TLV that is made another type is no checksum any more.
    EXPECT_TRUE(said == "invalid" || damaged == at - 3) << damaged << said;
  }
  EXPECT_EQ(read(v2('\x21', '\x11', tcp4 + "\x03\x00\x03\0\0\0"s)), "invalid");
}

TEST(ProxyHeader, AStreamTakesItsPeerFromIt) {
  auto [proxy, stream] = memory_pipe();
  stream.set_timeout(20s);
  proxy.write("PROXY TCP4 192.0.2.1 198.51.100.7 40000 25\r\nEHLO a.test\r\n");
  receive_proxy_header(stream, 20s);
  EXPECT_EQ(stream.peer_address().to_string(), "192.0.2.1:40000");
  EXPECT_EQ(stream.local_address().to_string(), "198.51.100.7:25");
  EXPECT_EQ(stream.timeout(), 20s);
  EXPECT_EQ(stream.buffered(), "");  // or TLS would lose it
  EXPECT_EQ(stream.read_line(), "EHLO a.test");
  stream.write("250 a\r\n");
  EXPECT_EQ(proxy.read_line(100, 20s), "250 a");
  proxy.write("QUIT\r\n");
  EXPECT_EQ(stream.read_line(), "QUIT");
}

TEST(ProxyHeader, AStreamWithoutOneIsRefused) {
  {
    auto [proxy, stream] = memory_pipe();
    proxy.write(v2('\x20', '\x00', "") + "x");
    receive_proxy_header(stream, 20s);
    EXPECT_EQ(stream.peer_address().to_string(), "-");
    EXPECT_EQ(stream.read_some(9, 20s), "x");
  }
  auto [proxy, stream] = memory_pipe();
  proxy.write("PROXY TCP4");
  proxy.close();
  try {
    receive_proxy_header(stream, 20s);
    ADD_FAILURE() << "taken for a header";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::closed);
  }
}

}  // namespace
}  // namespace posthouse::net
