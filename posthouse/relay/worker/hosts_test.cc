// Which hosts are tried, and what becomes of mail when they do not answer.
#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Kind = Event::Kind;
using testing::Answer;
using testing::Peer;
using testing::WorkerTest;

class TwoHosts : public WorkerTest {
 protected:
  /// The hosts of two.test, the first before the second.
  void exchangers_are(const Peer& first, const Peer& second) {
    resolver.exchangers["two.test"] = {{10, "mx1.two.test"}, {20, "mx2.two.test"}};
    resolver.hosts["mx1.two.test"] = {first.address()};
    resolver.hosts["mx2.two.test"] = {second.address()};
  }
};

// RFC 5321 section 5.1.
TEST_F(TwoHosts, WhatOneHostRefusesForNowTheNextIsOffered) {
  for (const Answer& refusal : std::vector<Answer>{{"MAIL", "451 4.3.0 not now"},
                                                   {"MAIL", "421 4.3.2 closing"},
                                                   {"MAIL", "DROP"},
                                                   {"RCPT", "450 4.2.0 greylisted"},
                                                   {"RCPT", "DROP"},
                                                   {"DATA", "451 4.3.0 not now"},
                                                   {"DATA", "250 2.0.0 what?"},
                                                   {"END", "452 4.3.1 full"}}) {
    in_house([&] {
      Peer first([&](const std::string& at, const std::string&) { return at == refusal.stage ? refusal.reply : ""; });
      Peer second;
      exchangers_are(first, second);
      put({"hong@two.test"});
      Running running(*this, options());
      EXPECT_EQ(running.events.wait_for(Kind::relayed).host, "mx2.two.test") << refusal.stage << ' ' << refusal.reply;
      EXPECT_THAT(second.received(), SizeIs(1));
      EXPECT_EQ(first.sessions, 1);
      EXPECT_EQ(running.events.count(Kind::deferred), 0U);
    });
  }
}

TEST_F(TwoHosts, TheNextHostIsOfferedOnlyWhatIsStillOpen) {
  in_house([&] {
    Peer first([](const std::string& at, const std::string& address) -> std::string {
      return at != "RCPT" || address == "hong@two.test" ? "" : address == "li@two.test" ? "450 later" : "550 no";
    });
    std::vector<queue::Listed> pending;
    Peer second([&](const std::string& at, const std::string&) {
      if (at == "CONNECT") {
        pending = queue::list(*store);
      }
      return "";
    });
    exchangers_are(first, second);
    put({"hong@two.test", "li@two.test", "no@two.test"});
    WorkerOptions chosen = options();
    chosen.gather = 0s;
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_EQ(running.events.wait_for(Kind::failed).recipient, "no@two.test");
    ASSERT_THAT(second.received(), SizeIs(1));
    EXPECT_THAT(second.received()[0].recipients, ElementsAre("li@two.test"));
    EXPECT_THAT(pending, ElementsAre(::testing::Field(&queue::Listed::recipient, "li@two.test")))
        << "what the first host has taken is written down before the second is asked";
  });
}

// The first host may have it: to ask another now would be to send it twice.
TEST_F(TwoHosts, WhatBrokeBehindTheMessageWaits) {
  in_house([&] {
    Peer first([](const std::string& at, const std::string&) { return at == "END" ? "DROP" : ""; });
    Peer second;
    exchangers_are(first, second);
    put({"hong@two.test"});
    Running running(*this, options());
    running.events.wait_for(Kind::deferred);
    EXPECT_EQ(second.sessions, 0);
  });
}

TEST_F(WorkerTest, HostsThatKeepSilentHoldUpNobodyElse) {
  in_house([&] {
    net::Listener silence = net::listen("127.0.0.1:0");  // takes connections, and says nothing
    Peer peer;
    for (int i = 0; i < 40; ++i) {
      const std::string domain = "silent" + std::to_string(i) + ".test";
      resolver.exchangers[domain] = {};
      resolver.hosts[domain] = {silence.local_address()};
      put({"x@" + domain});
    }
    put({"hong@two.test"});
    WorkerOptions chosen = options_to(peer);
    chosen.connections = 5;
    chosen.timeouts.greeting = 60s;
    chosen.stop = 0s;
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed);
    EXPECT_EQ(running.events.count(Kind::deferred), 0U) << "none of them has given up yet";
  });
}

TEST_F(WorkerTest, AHostThatIsDownDefersEverythingForItWithOneTry) {
  in_house([&] {
    WorkerOptions chosen = options();
    {
      const Peer gone;
      chosen.routes.set("two.test", {.host = "127.0.0.1", .port = gone.address().port(), .tls = RouteTls::none});
    }
    for (int i = 0; i < 3; ++i) {
      put({"hong@two.test"});
    }
    Running running(*this, chosen);
    const Event event = running.events.wait_for(Kind::deferred, 3);
    EXPECT_EQ(event.status, "4.4.1");
    EXPECT_EQ(running.worker.statistics().connections, 0U);
  });
}

TEST_F(WorkerTest, PeersThatGreetWithARefusalAreAskedAgain) {
  in_house([&] {
    std::atomic<int> calls{0};
    Peer peer([&](const std::string& stage, const std::string&) -> std::string {
      if (stage != "CONNECT") {
        return {};
      }
      return ++calls == 1 ? "554 5.3.2 go away" : "521 5.3.2 this host takes no mail";
    });
    put({"hong@two.test"});
    Running running(*this, options_to(peer));
    EXPECT_EQ(running.events.wait_for(Kind::deferred).status, "5.3.2");
    advance(3min);
    running.worker.wake();
    EXPECT_THAT(running.events.wait_for(Kind::failed).text, HasSubstr("this host takes no mail"));
  });
}

TEST_F(WorkerTest, MxHostsAreTriedInOrder) {
  in_house([&] {
    Peer peer;
    Peer second;
    net::Address closed;
    {
      const Peer gone;
      closed = gone.address();
    }
    resolver.exchangers["two.test"] = {{10, "mx1.two.test"}, {20, "mx2.two.test"}, {30, "mx3.two.test"}};
    resolver.hosts["mx1.two.test"] = {closed};
    resolver.hosts["mx2.two.test"] = {closed, peer.address()};
    resolver.hosts["mx3.two.test"] = {second.address()};
    resolver.exchangers["plain.test"] = {};  // no MX: the host itself
    resolver.hosts["plain.test"] = {peer.address()};
    put({"hong@two.test"});
    put({"x@plain.test"});
    Running running(*this, options());
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_THAT(peer.received(), SizeIs(2));
    EXPECT_EQ(second.sessions, 0);
    std::set<std::string> hosts;
    for (const Event& event : running.events.all()) {
      hosts.insert(event.host);
    }
    EXPECT_THAT(hosts, UnorderedElementsAre("mx2.two.test", "plain.test"));
  });
}

TEST_F(WorkerTest, WhatTheDnsSaysIsFinalOrNot) {
  in_house([&] {
    resolver.exchangers["null.test"] = {{0, "."}};
    resolver.exchangers["self.test"] = {{10, "mail.one.test"}, {20, "backup.test"}};
    resolver.exchangers["lost.test"] = {};
    resolver.unreachable = {"slow.test"};
    for (const char* domain : {"null.test", "self.test", "lost.test", "slow.test", "none.test"}) {
      put({std::string("x@") + domain});
    }
    put({"x@[bogus]"});
    Running running(*this, options());
    running.events.wait_for(Kind::failed, 5);
    const Event deferred = running.events.wait_for(Kind::deferred);
    EXPECT_EQ(deferred.recipient, "x@slow.test");
    EXPECT_EQ(deferred.status, "4.4.3");
    std::map<std::string, std::string> status;
    for (const Event& event : running.events.all()) {
      if (event.kind == Kind::failed) {
        status[event.recipient] = event.status;
      }
    }
    EXPECT_EQ(status["x@null.test"], "5.1.10");
    EXPECT_EQ(status["x@self.test"], "5.4.6");
    EXPECT_EQ(status["x@lost.test"], "5.4.4");
    EXPECT_EQ(status["x@none.test"], "5.1.2");
    EXPECT_EQ(status["x@[bogus]"], "5.1.2");
  });
}

TEST_F(WorkerTest, AnAddressLiteralIsTakenAtItsWord) {
  in_house([&] {
    put({"x@[127.0.0.1]"});
    WorkerOptions chosen = options();
    Peer peer;
    chosen.routes.set("[127.0.0.1]", {.host = "127.0.0.1", .port = peer.address().port(), .tls = RouteTls::none});
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed);
    EXPECT_THAT(peer.received()[0].recipients, ElementsAre("x@[127.0.0.1]"));
  });
}

}  // namespace
}  // namespace posthouse::relay
