#pragma once
// What the tests of UDP have in common.
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/testing.h"
#include "posthouse/net/udp/udp.h"

namespace posthouse::net::testing {

/// Runs each of its tests in a fiber and in a plain thread, over IPv4 and over IPv6.
struct UdpMode {
  bool fiber;
  const char* host;
};
class UdpTest : public ::testing::TestWithParam<UdpMode> {
 protected:
  static void in_mode(UniqueFunction body) {
    if (GetParam().fiber) {
      run(std::move(body));
    } else {
      body();
    }
  }
  /// A socket on a free port of the loopback interface.
  static UdpSocket here(const UdpOptions& options = {}) {
    return UdpSocket::bind(Address(GetParam().host, 0), options);
  }
};

inline auto udp_modes() {
  return ::testing::Values(UdpMode{true, "127.0.0.1"}, UdpMode{false, "127.0.0.1"}, UdpMode{true, "::1"},
                           UdpMode{false, "::1"});
}
inline std::string udp_mode_name(const ::testing::TestParamInfo<UdpMode>& info) {
  return std::string(info.param.fiber ? "fiber" : "thread") + (info.param.host[0] == ':' ? "_ipv6" : "_ipv4");
}

}  // namespace posthouse::net::testing
