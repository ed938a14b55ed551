// "*" on a machine without IPv6, as a kernel booted with ipv6.disable=1 is.
#include <cerrno>

#include <gtest/gtest.h>

#include "posthouse/net/calls/system_calls.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/testing.h"
#include "posthouse/net/udp/udp.h"

namespace posthouse::net {
namespace {

TEST(NoIpv6, EveryAddressIsEveryOneOfIpv4) {
  {
    const testing::FailingCall socket(1, EADDRNOTAVAIL);
    EXPECT_EQ(listen("*:0").local_address().ip(), "0.0.0.0");
    EXPECT_TRUE(socket.met());
  }
  {
    const testing::FailingCall socket(1, EAFNOSUPPORT);
    EXPECT_EQ(listen("*:0").local_address().ip(), "0.0.0.0");
    EXPECT_TRUE(socket.met());
  }
  {
    const testing::FailingCall socket(1, EAFNOSUPPORT);
    EXPECT_EQ(UdpSocket::bind("*:0").local_address().ip(), "0.0.0.0");
    EXPECT_TRUE(socket.met());
  }
  {
    const testing::FailingCall socket(1, EAFNOSUPPORT);
    EXPECT_EQ(UdpSocket::open().local_address().ip(), "0.0.0.0");
    EXPECT_TRUE(socket.met());
  }
}

TEST(NoIpv6, WhatAsksForIpv6AloneIsTold) {
  {
    const testing::FailingCall socket(1, EAFNOSUPPORT);
    EXPECT_THROW(listen("[::]:0", {.dual_stack = false}), Error);
  }
  {
    const testing::FailingCall socket(1, EAFNOSUPPORT);
    EXPECT_THROW(listen("[::1]:0"), Error);
  }
  {
    const testing::FailingCall socket(1, EAFNOSUPPORT);
    EXPECT_THROW(UdpSocket::bind("[::]:0", {.dual_stack = false}), Error);
  }
}

}  // namespace
}  // namespace posthouse::net
