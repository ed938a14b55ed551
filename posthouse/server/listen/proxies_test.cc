// Connections that a proxy hands on: they are their clients', and nobody else's header counts.
#include "posthouse/server/listen/proxies.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/error.h"
#include "posthouse/server/server_testing.h"

namespace posthouse::server {
namespace {

using ::testing::SizeIs;
using ::testing::StartsWith;

/// A configuration of `lines` whose limits bound connections.
Config configured(const std::string& lines) {
  Config config = parse_config(lines, "test.toml", config_schema());
  config.limits.connections_per_ip = 1;
  config.limits.connections_from.clear();
  return config;
}

std::string header_of(const std::string& client) {
  return "PROXY TCP4 " + client + " 198.51.100.7 40000 25\r\n";
}

/// The greeting after `header` was sent.
std::string greeting(net::Stream& stream, const std::string& header) {
  stream.write(header);
  return say(stream, "");
}

TEST(ProxySettings, AreRead) {
  const Config config = parse_config("[proxy]\nfrom = [\"192.0.2.0/24\", \"2001:db8::1\"]\ntimeout = \"2s\"\n",
                                     "test.toml", config_schema());
  const auto& settings = config.services.of<ProxySettings>();
  EXPECT_THAT(settings.from, SizeIs(2));
  EXPECT_EQ(settings.timeout, 2s);
  EXPECT_THROW(parse_config("[proxy]\nfrom = \"192.0.2.1/24\"\n", "test.toml", config_schema()), Error);
  EXPECT_THROW(parse_config("[proxy]\nfrom = []\nto = []\n", "test.toml", config_schema()), Error);
  EXPECT_THAT(Config{}.services.of<ProxySettings>().from, SizeIs(0));
}

TEST_F(ServerTest, TheClientOfAProxyIsWhoIsCounted) {
  run([] {
    TestServer one("one.test", configured("[proxy]\nfrom = \"127.0.0.0/8\"\n"));
    one.start();
    net::Stream first = net::connect(one.address("smtp"));
    EXPECT_THAT(greeting(first, header_of("192.0.2.1")), StartsWith("220"));
    net::Stream second = net::connect(one.address("smtp"));
    EXPECT_THAT(greeting(second, header_of("192.0.2.2")), StartsWith("220"));
    net::Stream again = net::connect(one.address("pop3"));
    EXPECT_THAT(greeting(again, header_of("192.0.2.1")), StartsWith("-ERR [SYS/TEMP]"));
    net::Stream itself = net::connect(one.address("smtp"));  // what a proxy looks with whether the server lives
    EXPECT_THAT(greeting(itself, "PROXY UNKNOWN\r\nNOOP\r\n"), StartsWith("220"));
  });
}

TEST_F(ServerTest, AProxyWithoutAHeaderIsNotServed) {
  run([] {
    TestServer one("one.test", configured("[proxy]\nfrom = \"127.0.0.0/8\"\ntimeout = \"100ms\"\n"));
    one.start();
    for (const char* words : {"", "PROXY TCP4 192.0.2.1", "EHLO a.test\r\n", "PROXY TCP4 192.0.2.1 x 1 2\r\n"}) {
      net::Stream stream = net::connect(one.address("smtp"));
      if (*words != '\0') {
        stream.write(words);
      }
      std::string got;
      try {
        got = stream.read_some(100, 20s);
      } catch (const net::Error& error) {
        EXPECT_EQ(error.errc(), net::Errc::reset);
      }
      EXPECT_EQ(got, "") << words;
    }
    Config without = one.config();
    without.services.of<ProxySettings>().from.clear();
    one.server().reload(without);
    net::Stream stream = net::connect(one.address("smtp"));
    EXPECT_THAT(say(stream, ""), StartsWith("220"));
  });
}

TEST_F(ServerTest, TheHeaderOfAStrangerIsNone) {
  run([] {
    TestServer one("one.test", configured("[proxy]\nfrom = \"192.0.2.0/24\"\n"));
    one.start();
    net::Stream stream = net::connect(one.address("pop3"));
    EXPECT_THAT(greeting(stream, header_of("192.0.2.1")), StartsWith("+OK"));
    EXPECT_THAT(say(stream, ""), StartsWith("-ERR"));
  });
}

}  // namespace
}  // namespace posthouse::server
