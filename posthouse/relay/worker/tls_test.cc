// What letters say about TLS themselves (RFC 8689), through the queue.
#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Kind = Event::Kind;
using testing::letter_text;
using testing::Peer;
using testing::WorkerTest;

TEST_F(WorkerTest, ALetterThatNeedsNoTlsIgnoresThePolicyAndOthersDoNot) {
  in_house([&] {
    Peer peer;  // offers no STARTTLS
    resolver.exchangers["two.test"] = {{10, "mx.two.test"}};
    resolver.hosts["mx.two.test"] = {peer.address()};
    WorkerOptions chosen = options();
    chosen.linger = 10s;  // the connection stays open for what comes next
    chosen.tls.find_sts = [](const std::string&, net::Deadline) {
      return StsAnswer{.policy = StsPolicy{.mode = StsPolicy::Mode::enforce, .mx = {"mx.two.test"}}};
    };
    Running running(*this, chosen);
    put({"hong@two.test"}, "ann@one.test", "TLS-Required: No\r\n" + letter_text);
    running.events.wait_for(Kind::relayed);
    put({"li@two.test"});
    const Event event = running.events.wait_for(Kind::deferred);
    EXPECT_EQ(event.recipient, "li@two.test");
    EXPECT_EQ(event.status, "4.7.4");
    EXPECT_THAT(event.text, HasSubstr("the MTA-STS policy of two.test asks for it"));
    EXPECT_THAT(peer.received(), SizeIs(1));
  });
}

TEST_F(WorkerTest, WhatOneLetterDemandsSaysNothingAboutOthers) {
  in_house([&] {
    resolver.exchangers["two.test"] = {{10, "mx.two.test"}};
    resolver.hosts["mx.two.test"] = {};
    Peer peer;
    WorkerOptions chosen = options();
    chosen.tls.find_sts = [](const std::string&, net::Deadline) { return StsAnswer{}; };
    put({"hong@two.test"}, "ann@one.test", "TLS-Required: No\r\n" + letter_text);
    put({"li@two.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::deferred, 2);
    EXPECT_THAT(running.events.all(), ::testing::Each(Field(&Event::status, "4.4.1")));
  });
}

}  // namespace
}  // namespace posthouse::relay
