#include "posthouse/mime/fields/received.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(Received, EveryClause) {
  const Received hop = parse_received(
      " from mx.one.test (mx.one.test\r\n [192.0.2.1]) (using TLSv1.3)\r\n\tby mx.two.test (Posthouse) via TCP with "
      "ESMTPS "
      "(TLS) id 42AB for <ann@two.test>; Sat, 31 Jan 2026 23:59:59 +0800 (CST)");
  EXPECT_EQ(hop.from, "mx.one.test");
  EXPECT_EQ(hop.from_comment, "mx.one.test [192.0.2.1] using TLSv1.3");
  EXPECT_EQ(hop.from_ip, "192.0.2.1");
  EXPECT_EQ(hop.by, "mx.two.test");
  EXPECT_EQ(hop.by_comment, "Posthouse");
  EXPECT_EQ(hop.via, "TCP");
  EXPECT_EQ(hop.with, "ESMTPS");
  EXPECT_EQ(hop.with_comment, "TLS");
  EXPECT_EQ(hop.id, "42AB");
  EXPECT_EQ(hop.for_address, "ann@two.test");
  ASSERT_TRUE(hop.date);
  EXPECT_EQ(format_utc(*hop.date), "2026-01-31T15:59:59Z");
}

TEST(Received, WhatServersWrite) {
  const Received qmail = parse_received("(qmail 42 invoked by uid 500); 31 Jan 2026 23:59:59 -0000");
  EXPECT_EQ(qmail.comment, "qmail 42 invoked by uid 500");
  EXPECT_TRUE(qmail.from.empty());
  EXPECT_TRUE(qmail.date);

  const Received exim = parse_received("from [2001:db8::1] (helo=\"a b\") by x.test with esmtp (Exim 4.96) id 1-2-3");
  EXPECT_EQ(exim.from_ip, "2001:db8::1");
  EXPECT_EQ(exim.with, "esmtp");
  EXPECT_FALSE(exim.date);

  const Received exchange =
      parse_received("from A (192.0.2.7) by B with Microsoft SMTP Server (version=TLS1_2) id 15.1");
  EXPECT_EQ(exchange.from_ip, "192.0.2.7");
  EXPECT_EQ(exchange.with, "Microsoft SMTP Server");
  EXPECT_EQ(exchange.id, "15.1");

  const Received v6 = parse_received("from x (EHLO x [IPv6:2001:db8::2]) by y");
  EXPECT_EQ(v6.from_ip, "2001:db8::2");

  // The second "from" is no clause but a word; a semicolon in a comment ends nothing.
  const Received odd = parse_received("from a (x; y) from b by c; not a date; Sat, 31 Jan 2026 00:00:00 +0000");
  EXPECT_EQ(odd.from, "a from b");
  EXPECT_TRUE(odd.date);
}

TEST(Received, BrokenOnesGiveWhatTheyHave) {
  EXPECT_EQ(parse_received("").by, "");
  EXPECT_EQ(parse_received("(open comment").comment, "open comment");
  EXPECT_EQ(parse_received("from \"never closed by x").from, "\"never closed by x");
  EXPECT_EQ(parse_received("by \xFF").by, "\uFFFD");
  EXPECT_EQ(parse_received("from").from, "");
}

TEST(Received, TraceInOrder) {
  const HeaderBlock block = HeaderBlock::scan("Received: from b by c\r\nX: y\r\nReceived: from a by b\r\n\r\n");
  const std::vector<Received> trace = parse_trace(block.headers());
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[0].by, "c");
  EXPECT_EQ(trace[1].from, "a");
}

}  // namespace
}  // namespace posthouse::mime
