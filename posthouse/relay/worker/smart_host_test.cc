// Mail for many domains that have one next hop.
#include <set>

#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;
using Kind = Event::Kind;
using testing::Peer;

class SmartHost : public testing::WorkerTest {
 protected:
  WorkerOptions options_by_way_of(const Peer& peer) {
    WorkerOptions chosen = options();
    chosen.routes.set("*", {.host = "127.0.0.1", .port = peer.address().port(), .tls = RouteTls::none});
    chosen.linger = 20s;
    return chosen;
  }
};

TEST_F(SmartHost, LettersForManyDomainsShareItsSessions) {
  constexpr int letters = 150;
  in_house([&] {
    Peer peer;
    WorkerOptions chosen = options_by_way_of(peer);
    chosen.connections_per_destination = 2;
    const auto put_some = [&](int from, int to) {
      for (int i = from; i < to; ++i) {
        put({"u@d" + std::to_string(i) + ".test"});
      }
    };
    put_some(0, 50);  // found by the first look
    Running running(*this, chosen);
    put_some(50, letters);  // announced
    running.events.wait_for(Kind::relayed, letters);
    EXPECT_LE(peer.sessions, 2);
    std::set<std::string> recipients;
    for (const auto& message : peer.received()) {
      recipients.insert(message.recipients.begin(), message.recipients.end());
    }
    EXPECT_THAT(peer.received(), SizeIs(letters));
    EXPECT_THAT(recipients, SizeIs(letters));
  });
}

TEST_F(SmartHost, ALetterForManyDomainsIsOneTransaction) {
  in_house([&] {
    Peer peer;
    put({"a@one-of-many.test", "b@another.test", "c@third.test"});
    Running running(*this, options_by_way_of(peer));
    running.events.wait_for(Kind::relayed, 3);
    ASSERT_THAT(peer.received(), SizeIs(1));
    EXPECT_THAT(peer.received()[0].recipients, SizeIs(3));
  });
}

TEST_F(SmartHost, ADomainWithARouteOfItsOwnGoesThere) {
  in_house([&] {
    Peer smart_host;
    Peer own;
    WorkerOptions chosen = options_by_way_of(smart_host);
    chosen.routes.set("two.test", {.host = "127.0.0.1", .port = own.address().port(), .tls = RouteTls::none});
    put({"hong@two.test", "x@three.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_THAT(own.received(), SizeIs(1));
    EXPECT_THAT(smart_host.received(), SizeIs(1));
  });
}

// What is due already goes by the new routes too.
TEST_F(SmartHost, ReplacedWhileItIsDown) {
  in_house([&] {
    WorkerOptions chosen;
    {
      const Peer gone;
      chosen = options_by_way_of(gone);
    }
    Peer peer;
    put({"x@three.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::deferred);
    running.worker.reconfigure(options_by_way_of(peer));
    put({"y@three.test"});
    running.events.wait_for(Kind::relayed);
    EXPECT_THAT(peer.received(), SizeIs(1));
  });
}

}  // namespace
}  // namespace posthouse::relay
