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

}  // namespace
}  // namespace posthouse::relay
