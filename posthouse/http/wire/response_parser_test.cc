// Responses read: whole, octet by octet, broken off at each octet, and hostile ones.
#include "posthouse/http/wire/response_parser.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/http/error.h"

namespace posthouse::http {
namespace {

struct Read {
  Response head{};
  std::string body{};
  std::string error = "none";
  std::size_t used = 0;
};

/// The response in `octets`, which come `step` at a time; then the connection ends.
Read read(const std::string& octets, std::size_t step, const ResponseLimits& limits = {}) {
  Read result;
  ResponseParser parser(limits, [&](std::string_view piece) { result.body += piece; });
  try {
    for (std::size_t come = 0; !parser.done() && come < octets.size();) {
      come = std::min(come + step, octets.size());
      result.used += parser.put(std::string_view(octets).substr(result.used, come - result.used));
    }
    parser.put_end();
    EXPECT_TRUE(parser.done());
    EXPECT_TRUE(parser.has_head());
    result.head = parser.head();
  } catch (const Error& error) {
    result.error = to_string(error.errc());
  }
  return result;
}

Read read_all_ways(const std::string& octets, const ResponseLimits& limits = {}) {
  const Read whole = read(octets, octets.size(), limits);
  for (const std::size_t step : {1U, 2U, 3U, 7U}) {
    const Read pieces = read(octets, step, limits);
    EXPECT_EQ(pieces.error, whole.error) << step;
    if (whole.error == "none") {
      EXPECT_EQ(pieces.head.status, whole.head.status);
      EXPECT_EQ(pieces.body, whole.body) << step;
      EXPECT_EQ(pieces.used, whole.used) << step;
      EXPECT_EQ(pieces.head.fields.size(), whole.head.fields.size());
    }
  }
  return whole;
}

const std::string by_length =
    "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello";
const std::string by_chunks =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX-After: y\r\n\r\n";

TEST(ResponseParser, ReadsBodiesOfEachFraming) {
  Read read = read_all_ways(by_length + "more");
  EXPECT_EQ(read.error, "none");
  EXPECT_EQ(read.head.status, 200);
  EXPECT_EQ(read.body, "hello");
  EXPECT_EQ(read.used, by_length.size());
  EXPECT_EQ(read.head.media_type(), "text/plain");
  EXPECT_EQ(read.head.fields.find("content-LENGTH"), "5");
  read = read_all_ways(by_chunks);
  EXPECT_EQ(read.error, "none");
  EXPECT_EQ(read.body, "hello");
  EXPECT_FALSE(read.head.fields.find("X-After")) << "what comes behind the body is no field of the header";
  EXPECT_EQ(read_all_ways("HTTP/1.0 404 \r\n\r\nhello").body, "hello");
  EXPECT_EQ(read_all_ways("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n").body, "");
  EXPECT_EQ(read_all_ways("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").error, "none");
}

TEST(ResponseParser, PassesOverInterimResponses) {
  const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  EXPECT_EQ(read_all_ways("HTTP/1.1 100 Continue\r\n\r\n" + early + by_length).body, "hello");
  EXPECT_EQ(read_all_ways("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + by_length).error, "protocol");
  std::string many;
  for (int i = 0; i < 9; ++i) {
    many += early;
  }
  EXPECT_EQ(read_all_ways(many + by_length).error, "protocol");
}

TEST(ResponseParser, BrokenOffAnywhereIsNoResponse) {
  for (const std::string& octets : {by_length, by_chunks}) {
    for (std::size_t length = 0; length < octets.size(); ++length) {
      EXPECT_EQ(read(octets.substr(0, length), 1000).error, "closed") << octets.substr(0, length);
    }
  }
}

TEST(ResponseParser, WhatCouldBeReadInTwoWaysIsRefused) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: -1\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length : 5\r\n", "A B: c\r\n", ": c\r\n", "no colon\r\n"}) {
    const Read result = read_all_ways(ok + fields + "\r\nhello");
    EXPECT_EQ(result.error, "protocol") << fields;
    EXPECT_EQ(result.body, "") << fields;
  }
  EXPECT_EQ(read_all_ways(ok + std::string("A: b\0c\r\n\r\n", 10)).error, "protocol");
  for (const std::string line :
       {"HTTP/2 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTX/1.1 200 OK", "HTTP/1.1 099 OK",
        "HTTP/1.1 600 OK", "220 mail.test ESMTP", "HTTP/1.1 200 O\x01K"}) {
    EXPECT_EQ(read_all_ways(line + "\r\n\r\n").error, "protocol") << line;
  }
  for (const std::string chunks :
       {"x\r\n", "-1\r\n", "3\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\n", " 3\r\nhel\r\n"}) {
    EXPECT_NE(read_all_ways(ok + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "\r\n\r\n").error, "none") << chunks;
  }
}

TEST(ResponseParser, KeepsItsLimits) {
  const ResponseLimits limits{.header_octets = 500, .header_fields = 4, .body_octets = 10};
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(read_all_ways(ok + "Content-Length: 10\r\n\r\n0123456789", limits).body, "0123456789");
  EXPECT_EQ(read_all_ways(ok + "Content-Length: 11\r\n\r\n0123456789a", limits).error, "too_large");
  EXPECT_EQ(read_all_ways(ok + "Content-Length: 18446744073709551615\r\n\r\n", limits).error, "too_large");
  EXPECT_EQ(read_all_ways(ok + "\r\n0123456789a", limits).error, "too_large") << "until the end of the connection";
  EXPECT_EQ(
      read_all_ways(ok + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n", limits).error,
      "too_large");
  EXPECT_EQ(read_all_ways(ok + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", limits).error, "too_large");
  EXPECT_EQ(read_all_ways(ok + "A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nContent-Length: 0\r\n\r\n", limits).error,
            "too_large");
  EXPECT_EQ(read_all_ways(ok + "A: " + std::string(1000, 'a') + "\r\n\r\n", limits).error, "too_large");
  EXPECT_EQ(read_all_ways("HTTP/1.1 200 " + std::string(1000, 'a') + "\r\n\r\n", limits).error, "too_large");
  EXPECT_EQ(read_all_ways(ok + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'a'), limits).error,
            "too_large");
}

}  // namespace
}  // namespace posthouse::http
