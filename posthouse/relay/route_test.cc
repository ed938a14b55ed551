#include "posthouse/relay/route.h"

#include <gtest/gtest.h>

#include "posthouse/relay/error.h"

namespace posthouse::relay {
namespace {

TEST(Route, Targets) {
  EXPECT_EQ(parse_route_target("mx.two.test"), (Route{"mx.two.test", 25, RouteTls::opportunistic, {}}));
  EXPECT_EQ(parse_route_target("[::1]:2525"), (Route{"::1", 2525, RouteTls::opportunistic, {}}));
  EXPECT_EQ(parse_route_target("::1").host, "::1");
  for (const char* bad : {"", ":25", "a:", "a:0", "a:70000", "a:25x", "[::1", "[::1]25", "[]", "a b", "a@b"}) {
    EXPECT_THROW(parse_route_target(bad), Error) << bad;
  }
  EXPECT_EQ(to_string(RouteTls::implicit), "implicit");
}

TEST(Route, IsOfADomainInEitherSpelling) {
  Routes routes;
  routes.set("Bücher.test", {.host = "mx.two.test"});
  ASSERT_NE(routes.find("XN--BCHER-KVA.test"), nullptr);
  EXPECT_EQ(routes.find("xn--bcher-kva.test")->host, "mx.two.test");
  EXPECT_EQ(routes.find("bücher.test"), routes.find("xn--bcher-kva.test"));
  EXPECT_EQ(routes.find("one.test"), nullptr);
  routes.set("*", {.host = "mx.one.test"});
  EXPECT_EQ(routes.find("one.test")->host, "mx.one.test");
}

TEST(Route, BySenderComesBetweenTheDomainAndTheRest) {
  Routes routes;
  routes.set("*", {.host = "rest"});
  routes.set("own.test", {.host = "own"});
  routes.set_sender("@one.test", {.host = "house"});
  routes.set_sender("Ann@one.test", {.host = "ann"});
  EXPECT_EQ(routes.find("own.test", "ann@one.test")->host, "own");
  EXPECT_EQ(routes.find("far.test", "ann@ONE.test")->host, "ann");
  EXPECT_EQ(routes.find("far.test", "bo@one.test")->host, "house");
  EXPECT_EQ(routes.find("far.test", "cy@three.test")->host, "rest");
  EXPECT_EQ(routes.find("far.test", "")->host, "rest") << "the null sender";
  EXPECT_EQ(routes.find("far.test", "nobody")->host, "rest");
}

TEST(Route, ToAUnixSocket) {
  const Route route = parse_route_target("unix:/run/lmtp");
  EXPECT_TRUE(route.is_unix());
  EXPECT_EQ(route.host, "unix:/run/lmtp");
  EXPECT_EQ(route.port, 0);
  EXPECT_THROW(parse_route_target("unix:"), Error);
  EXPECT_THROW(parse_route_target("unix:here"), Error);
}

}  // namespace
}  // namespace posthouse::relay
