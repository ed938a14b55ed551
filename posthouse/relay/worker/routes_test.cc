// Routes by sender, with a log-in, and by LMTP.
#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Kind = Event::Kind;
using testing::Peer;

class RoutesTest : public testing::WorkerTest {
 protected:
  static Route to(const Peer& peer) {
    return {.host = "127.0.0.1", .port = peer.address().port(), .tls = RouteTls::none};
  }
};

TEST_F(RoutesTest, LogsIn) {
  in_house([&] {
    std::string asked;
    Peer peer([&](const std::string& at, const std::string& argument) {
      if (at == "AUTH") {
        asked = argument;
      }
      return "";
    });
    peer.extensions = {"AUTH PLAIN"};
    WorkerOptions chosen = options_to(peer);
    Route route = to(peer);
    route.user = "ann";
    route.password = "geheim";
    chosen.routes.set("two.test", route);
    put({"hong@two.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed);
    EXPECT_EQ(asked, "PLAIN AGFubgBnZWhlaW0=");
  });
}

TEST_F(RoutesTest, ARefusedLogInLetsMailWaitAndIsToldOnce) {
  in_house([&] {
    std::atomic<bool> right{false};
    Peer peer([&](const std::string& at, const std::string&) {
      return at == "AUTH" && !right ? "535 5.7.8 no such password" : "";
    });
    peer.extensions = {"AUTH PLAIN"};
    WorkerOptions chosen = options_to(peer);
    Route route = to(peer);
    route.user = "ann";
    route.password = "geheim";
    chosen.routes.set("two.test", route);
    put({"hong@two.test"});
    Running running(*this, chosen);
    const Event trouble = running.events.wait_for(Kind::trouble);
    EXPECT_THAT(trouble.text,
                AllOf(HasSubstr("log-in as ann refused"), HasSubstr("535 5.7.8"), Not(HasSubstr("geheim"))));
    EXPECT_EQ(running.events.wait_for(Kind::deferred).status, "4.7.8");
    advance(10min);
    running.worker.wake();
    running.events.wait_for(Kind::deferred, 2);
    EXPECT_EQ(running.events.count(Kind::trouble), 1U);
    EXPECT_EQ(peer.sessions, 2);
    right = true;
    advance(1h);
    running.worker.wake();
    running.events.wait_for(Kind::relayed);
  });
}

TEST_F(RoutesTest, TheSenderDecidesWhereTheDomainDoesNot) {
  in_house([&] {
    Peer rest;
    Peer anns;
    Peer own;
    WorkerOptions chosen = options();
    chosen.routes.set("*", to(rest));
    chosen.routes.set("own.test", to(own));
    chosen.routes.set_sender("ann@one.test", to(anns));
    put({"a@far.test", "b@own.test"});
    put({"a@far.test"}, "bo@one.test");
    put({"c@far.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed, 4);
    EXPECT_THAT(own.received(), SizeIs(1));
    EXPECT_THAT(rest.received(), SizeIs(1));
    EXPECT_EQ(rest.received().at(0).sender, "bo@one.test");
    EXPECT_THAT(anns.received(), SizeIs(2));
  });
}

TEST_F(RoutesTest, MoreThanASendersRouteHasPlaceForComesLater) {
  constexpr int letters = 620;
  in_house([&] {
    net::Event go_on;
    Peer rest;
    Peer anns([&](const std::string& at, const std::string&) {
      if (at == "CONNECT") {
        go_on.wait();
      }
      return "";
    });
    WorkerOptions chosen = options();
    chosen.routes.set("*", to(rest));
    chosen.routes.set_sender("ann@one.test", to(anns));
    for (int i = 0; i < letters; ++i) {
      put({"a@far.test"});
    }
    put({"a@far.test"}, "bo@one.test");
    Running running(*this, chosen);
    EXPECT_EQ(running.events.wait_for(Kind::relayed).reverse_path, "bo@one.test") << "nobody waits for ann's";
    go_on.set();
    running.events.wait_for(Kind::relayed, 400);
    advance(1min);
    running.worker.wake();
    running.events.wait_for(Kind::relayed, letters + 1);
  });
}

TEST_F(RoutesTest, WhatWasHandedOverIsGivenBackAtTheEnd) {
  in_house([&] {
    net::Event never;
    Peer rest;
    Peer anns([&](const std::string& at, const std::string&) {
      if (at == "CONNECT") {
        never.wait();
      }
      return "";
    });
    WorkerOptions chosen = options();
    chosen.stop = 0s;
    chosen.routes.set("*", to(rest));
    chosen.routes.set_sender("ann@one.test", to(anns));
    for (int i = 0; i < 60; ++i) {
      put({"a@far.test"});
    }
    put({"a@far.test"}, "bo@one.test");
    {
      Running running(*this, chosen);
      running.events.wait_for(Kind::relayed);
      running.worker.stop();
    }
    std::size_t leased = 0;
    for (const queue::Listed& row :
         store->read([&](store::Read& read) { return queue::list(store::own_tables(read), now()); })) {
      leased += row.leased ? 1 : 0;
    }
    EXPECT_LE(leased, 40U) << "those that two lanes had begun with";
    never.set();
  });
}

TEST_F(RoutesTest, LmtpAnswersForEachRecipient) {
  in_house([&] {
    const std::string path = "unix:" + folder.path().string() + "/lmtp";
    Peer peer(
        [](const std::string& at, const std::string& argument) {
          return at != "END" || argument == "hong@two.test" ? ""
                 : argument == "li@two.test"                ? "452 4.2.2 full"
                                                            : "550 5.2.1 disabled";
        },
        path);
    WorkerOptions chosen = options();
    Route route = parse_route_target(path);
    route.protocol = RouteProtocol::lmtp;
    chosen.routes.set("two.test", route);
    put({"hong@two.test", "li@two.test", "bo@two.test"});
    Running running(*this, chosen);
    EXPECT_EQ(running.events.wait_for(Kind::relayed).recipient, "hong@two.test");
    EXPECT_EQ(running.events.wait_for(Kind::deferred).recipient, "li@two.test");
    EXPECT_EQ(running.events.wait_for(Kind::failed).recipient, "bo@two.test");
    ASSERT_THAT(peer.received(), SizeIs(1));
    EXPECT_TRUE(peer.received()[0].lmtp);
  });
}

TEST_F(RoutesTest, OneFamilyOfAddresses) {
  in_house([&] {
    Peer peer;
    WorkerOptions chosen = options();
    resolver.exchangers["two.test"] = {};
    resolver.hosts["two.test"] = {net::Address("::1", 1), peer.address()};
    chosen.sources = {.use = Sources::Use::ipv4, .ipv4 = net::Address("127.0.0.9", 0)};
    put({"hong@two.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed);
    chosen.sources.use = Sources::Use::ipv6;
    resolver.exchangers["four.test"] = {};
    resolver.hosts["four.test"] = {peer.address()};
    running.worker.reconfigure(chosen);
    put({"x@four.test"});
    EXPECT_THAT(running.events.wait_for(Kind::deferred).text, HasSubstr("no IPv6 address"));
  });
}

}  // namespace
}  // namespace posthouse::relay
