#include <string>
#include <tuple>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;

TEST(ImapClientIdle, ReturnsWhatComes) {
  play_selected("IDLE", R"(
C: A2 IDLE
S: + idling
S: * OK still here
S: * 4 EXISTS
C: DONE
S: * 5 EXISTS
S: A2 OK
C: A3 NOOP
S: * 6 EXISTS
S: A3 OK
)",
                [](Client& client) {
                  client.events();
                  EXPECT_EQ(client.idle().size(), 2U);
                  EXPECT_EQ(client.selected()->exists, 5U);
                  client.noop();
                  EXPECT_EQ(client.idle().size(), 1U) << "it came before, so nothing is waited for";
                });
}

TEST(ImapClientIdle, WaitsNoLongerThanAsked) {
  play_selected(
      "IDLE", "C: A2 IDLE\nS: + idling\nC: DONE\nS: A2 OK\n",
      [](Client& client) {
        client.events();
        EXPECT_TRUE(client.idle(20ms).empty());
      },
      clear_text(), true);
}

TEST(ImapClientIdle, IsBegunAnewBeforeTheServerLosesPatience) {
  ClientOptions options = clear_text();
  options.timeouts.idle = 10ms;
  play_selected(
      "IDLE", "C: A2 IDLE\nS: + idling\nC: DONE\nS: A2 OK\nC: A3 IDLE\nS: + idling\nC: DONE\nS: * 4 EXISTS\nS: A3 OK\n",
      [](Client& client) {
        client.events();
        EXPECT_EQ(client.idle().size(), 1U);
      },
      options, true);
}

TEST(ImapClientIdle, PollsWhereTheServerHasNoIdle) {
  ClientOptions options = clear_text();
  options.timeouts.poll = 5ms;
  play_selected(
      "", "C: A2 NOOP\nS: A2 OK\nC: A3 NOOP\nS: A3 OK\nC: A4 NOOP\nS: * 4 EXISTS\nS: A4 OK\n",
      [](Client& client) {
        client.events();
        EXPECT_EQ(client.idle().size(), 1U);
      },
      options);
}

TEST(ImapClientIdle, ARefusalIsAnError) {
  play_selected("IDLE", "C: A2 IDLE\nS: A2 NO not now\nC: A3 NOOP\nS: A3 OK\n", [](Client& client) {
    client.events();
    EXPECT_EQ(error_of([&] { client.idle(); }).errc(), Errc::refused);
    client.noop();
  });
}

TEST(ImapClientIdle, ByeEndsIt) {
  play_selected("IDLE", "C: A2 IDLE\nS: + idling\nS: * BYE shutting down\nS+END\n", [](Client& client) {
    client.events();
    const Error error = error_of([&] { client.idle(); });
    EXPECT_EQ(error.errc(), Errc::bye);
    EXPECT_EQ(error.reply(), "BYE shutting down");
    EXPECT_TRUE(error.retryable());
    EXPECT_FALSE(error.connection_usable());
  });
}

// A server of one connection: answers each command by OK.
void serve(net::Stream& stream, const std::string& capabilities) {
  stream.write("* PREAUTH [CAPABILITY IMAP4rev1" + capabilities + "] hello\r\n");
  while (auto line = stream.read_line()) {
    const std::string tag = line->substr(0, line->find(' '));
    if (line->ends_with(" IDLE")) {
      stream.write("+ idling\r\n");
      const auto done = stream.read_line();
      if (!done) {
        return;
      }
      EXPECT_EQ(*done, "DONE");
    }
    stream.write(tag + " OK\r\n");
  }
}

class ImapClientInterrupted : public testing::TestWithParam<const char*> {};

TEST_P(ImapClientInterrupted, ByAnyCallOfAnotherFiber) {
  net::run([] {
    net::Stream mine, peer;
    std::tie(mine, peer) = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&] { serve(peer, GetParam()); });
    {
      Client client(std::move(mine), "", clear_text());
      int woken = 0;
      bool stop = false;
      net::Scope watching;
      watching.spawn([&] {
        while (!stop) {
          EXPECT_TRUE(client.idle().empty());
          ++woken;
        }
      });
      for (int i = 0; i < 50; ++i) {
        if (i % 3 == 0) {
          net::yield();
        }
        client.noop();
      }
      EXPECT_GT(woken, 0);
      stop = true;
      while (watching.size() > 0) {
        client.interrupt();
        net::yield();
      }
      watching.join();
      client.logout();
    }
    scope.join();
  });
}

TEST_P(ImapClientInterrupted, ByTheEndOfItsScope) {
  net::run([] {
    net::Stream mine, peer;
    std::tie(mine, peer) = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&] {
      try {
        serve(peer, GetParam());
      } catch (const net::Error&) {
        // The client went in the middle.
      }
    });
    Client client(std::move(mine), "", clear_text());
    {
      net::Scope watching;
      bool canceled = false;
      watching.spawn([&] {
        try {
          client.idle();
        } catch (const net::Error& error) {
          canceled = error.errc() == net::Errc::canceled;
          throw;
        }
      });
      net::yield();
      watching.cancel();
      try {
        watching.join();
      } catch (const net::Error&) {
      }
      EXPECT_TRUE(canceled);
    }
    client.stream().close();
    peer.close();
    scope.cancel();
  });
}

INSTANTIATE_TEST_SUITE_P(Servers, ImapClientInterrupted, testing::Values(" IDLE", ""));

}  // namespace
}  // namespace posthouse::imap
