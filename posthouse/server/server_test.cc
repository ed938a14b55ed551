// A server's life: its ports, its limits, its end, and what it takes over while it runs.
#include "posthouse/server/server.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/server/server_testing.h"
#include "posthouse/store/error.h"

namespace posthouse::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(ServerTest, TooManyConnectionsAreTurnedAway) {
  run([] {
    Config config;
    config.limits.connections_per_ip = 2;
    config.limits.connections_from.clear();
    TestServer one("one.test", config);
    one.start();
    net::Stream first = net::connect(one.address("smtp"));
    EXPECT_THAT(say(first, ""), StartsWith("220"));
    net::Stream second = net::connect(one.address("pop3"));
    EXPECT_THAT(say(second, ""), StartsWith("+OK"));
    net::Stream third = net::connect(one.address("smtp"));
    EXPECT_THAT(say(third, ""), StartsWith("421 4.7.0"));
    net::Stream fourth = net::connect(one.address("pop3"));
    EXPECT_THAT(say(fourth, ""), StartsWith("-ERR [SYS/TEMP]"));
    first.close();
    const net::Deadline deadline(20s);
    std::string greeting;
    while (!greeting.starts_with("220") && !deadline.expired()) {
      net::Stream again = net::connect(one.address("smtp"));
      greeting = say(again, "");
    }
    EXPECT_THAT(greeting, StartsWith("220"));
  });
}

TEST_F(ServerTest, StoppingLetsSessionsFinishTheirCommand) {
  run([] {
    TestServer one("one.test");
    one.start();
    net::Stream idle = net::connect(one.address("smtp"));
    say(idle, "");
    net::Stream pop = net::connect(one.address("pop3"));
    say(pop, "");
    net::Stream busy = net::connect(one.address("smtp"));
    say(busy, "");
    for (const char* line : {
             "EHLO x",
             "MAIL FROM:<a@b.test>",
             "RCPT TO:<user@one.test>",
             "DATA",
         }) {
      say(busy, line);
    }
    busy.write("Subject: half\r\n");
    std::string reply;
    net::Scope scope;
    scope.spawn([&] {
      EXPECT_THAT(say(idle, ""), StartsWith("421 4.3.2"));
      EXPECT_EQ(say(pop, ""), "(closed)");
      reply = say(busy, "\r\nall of it\r\n.");
    });
    one.stop();
    scope.join();
    EXPECT_THAT(reply, StartsWith("250 2.0.0"));
    one.restart();
    EXPECT_THAT(one.mailbox(), SizeIs(1));
  });
}

TEST_F(ServerTest, AMessageThatIsNotFinishedInTimeIsNotTaken) {
  run([] {
    TestServer one("one.test");
    one.config().stop_timeout = 100ms;
    one.start();
    net::Stream slow = net::connect(one.address("smtp"));
    say(slow, "");
    for (const char* line : {"EHLO x", "MAIL FROM:<a@b.test>", "RCPT TO:<user@one.test>", "DATA"}) {
      say(slow, line);
    }
    slow.write("Subject: half\r\n");
    one.stop();
    EXPECT_THAT(say(slow, ""), ::testing::AnyOf(StartsWith("421"), "(closed)"));
    one.restart();
    EXPECT_THAT(one.mailbox(), SizeIs(0));
  });
}

TEST_F(ServerTest, AReloadChangesRulesForNewSessions) {
  run([] {
    TestServer one("one.test");
    one.start();
    smtp::Client before = one.smtp("smtp", net::Tls::none);
    Config changed = one.config();
    changed.limits.message_size = 100'000;
    EXPECT_THAT(one.server().reload(changed), IsEmpty());
    EXPECT_EQ(before.parameters("SIZE"), "52428800");
    EXPECT_EQ(one.smtp("smtp", net::Tls::none).parameters("SIZE"), "100000");
    changed.hostname = "other.test";
    changed.loops = 7;
    changed.listeners.clear();
    EXPECT_THAT(one.server().reload(changed), ElementsAre("hostname", "listen", "loops"));
    changed.tls_cert = changed.tls_key = "/nowhere.pem";
    EXPECT_THROW(one.server().reload(changed), net::Error);
    EXPECT_EQ(one.smtp("smtp", net::Tls::none).parameters("SIZE"), "100000");
  });
}

TEST_F(ServerTest, WhatCannotBeHadIsSaid) {
  run([] {
    TestServer one("one.test");
    one.start();
    Config config = one.config();
    Server again(config);
    EXPECT_THROW(again.start(), store::Error) << "one server a data directory";
    const test::TemporaryFolder other(test::fast_folder());
    config.data = other.path().string();
    config.listeners = {{"smtp", "127.0.0.1", one.address("smtp").port()}};
    Server taken(config);
    try {
      taken.start();
      ADD_FAILURE() << "it shares the port";
    } catch (const net::Error& error) {
      EXPECT_EQ(error.errc(), net::Errc::address_in_use);
      EXPECT_THAT(error.what(), AllOf(HasSubstr("smtp=127.0.0.1:"), HasSubstr("in use")));
    }
  });
}

TEST_F(ServerTest, ListensOnBothFamiliesAndPortsItIsTold) {
  run([] {
    Config config;
    config.listeners = {{"pop3", "*", 0}, {"smtp", "127.0.0.1", 0}, {"smtp", "127.0.0.2", 0}};
    TestServer one("one.test", config);
    one.start();
    const auto& bound = one.server().addresses();
    ASSERT_THAT(bound, SizeIs(3));
    EXPECT_EQ(bound[0].first, "pop3");
    EXPECT_EQ(bound[2].second.ip(), "127.0.0.2");
    net::Stream four = net::connect(net::Address("127.0.0.1", bound[0].second.port()));
    EXPECT_THAT(say(four, ""), StartsWith("+OK"));
  });
}

}  // namespace
}  // namespace posthouse::server
