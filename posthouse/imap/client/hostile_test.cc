// Servers that mean no good, and connections that break.
#include <string>
#include <thread>
#include <utility>

#include "tests/support/faults.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;

TEST(ImapClientHostile, NonsenseEndsTheConnection) {
  const std::vector<std::pair<std::string, std::function<void(Client&)>>> cases = {
      {"C: A2 NOOP\nS: A1 OK\n", [](Client& c) { c.noop(); }},
      {"C: A2 NOOP\nS: a2 OK\n", [](Client& c) { c.noop(); }},
      {"C: A2 NOOP\nS: A22 OK\n", [](Client& c) { c.noop(); }},
      {"C: A2 NOOP\nS: + more\n", [](Client& c) { c.noop(); }},
      {"C: A2 NOOP\nS: A2 BYE\n", [](Client& c) { c.noop(); }},
      {"C: A2 NOOP\nS: A2 PREAUTH\n", [](Client& c) { c.noop(); }},
      {"C: A2 UID FETCH 1 (UID BODY.PEEK[])\nS: * 1 FETCH (BODY[] {1}\nS: x)\n", [](Client& c) { c.retrieve(1); }},
  };
  for (const auto& [transcript, code] : cases) {
    play_selected("", transcript, [&, &transcript = transcript, &code = code](Client& client) {
      const Error error = error_of([&] { code(client); });
      EXPECT_EQ(error.errc(), Errc::protocol) << transcript;
      EXPECT_FALSE(error.connection_usable());
      EXPECT_EQ(error_of<net::Error>([&] { client.noop(); }).errc(), net::Errc::closed);
    });
  }
}

// What no server of ours would say, but is skipped: the client goes on.
TEST(ImapClientHostile, WhatIsNoDataIsPassedOver) {
  play_selected(
      "",
      "C: A2 NOOP\nS: nonsense\nS: * 7 WHAT\nS: * \nS: *\nS: A2\nS: * FETCH (\nS: A2 OK\nC: A3 NOOP\nS: A3 BAD what\n",
      [](Client& client) {
        client.events();
        client.noop();
        EXPECT_TRUE(client.events().empty());
        EXPECT_EQ(error_of([&] { client.noop(); }).errc(), Errc::bad);
      });
}

TEST(ImapClientHostile, ByeMayComeAtAnyTime) {
  // With the command's end: it counts, and then the connection is closed.
  play_selected("", "C: A2 NOOP\nS: * BYE going\nS: A2 OK\n", [](Client& client) {
    client.noop();
    EXPECT_FALSE(client.stream().is_open());
  });
  play_selected("", "C: A2 EXPUNGE\nS: * BYE going\nS: A2 NO no\n", [](Client& client) {
    const Error error = error_of([&] { client.expunge(); });
    EXPECT_EQ(error.errc(), Errc::refused);
    EXPECT_FALSE(error.connection_usable());
  });
  // Without: whether the command was done is not known.
  for (const char* end : {"", "S| * 5 EXI\n", "S: * 5 EXISTS\n"}) {
    play_selected("", std::string("C: A2 NOOP\nS: * BYE going\n") + end + "S+END\n", [](Client& client) {
      const Error error = error_of([&] { client.noop(); });
      EXPECT_EQ(error.errc(), Errc::bye);
      EXPECT_THAT(error.what(), testing::HasSubstr("going"));
    });
  }
  play_selected("",
                "C: A2 UID FETCH 1 (UID BODY.PEEK[])\nS: * BYE going\nS: * 1 FETCH (UID 1 BODY[] {5}\nS| ab\nS+END\n",
                [](Client& client) { EXPECT_EQ(error_of([&] { client.retrieve(1); }).errc(), Errc::bye); });
}

TEST(ImapClientHostile, AnEndInTheMiddleIsAnError) {
  for (const char* transcript : {"", "S| A2 O\n", "S| A2 OK\n", "S| * 1 FETCH (UID 1 BODY[] {5}\\r\\nabc\n",
                                 "S: * 1 FETCH (UID 1 FLAGS ())\n"}) {
    play_selected("", std::string("C: A2 UID FETCH 1 (UID BODY.PEEK[])\n") + transcript + "S+END\n",
                  [&](Client& client) {
                    EXPECT_EQ(error_of<net::Error>([&] { client.retrieve(1); }).errc(), net::Errc::closed);
                  });
  }
}

TEST(ImapClientHostile, LogOutIsDoneWhateverComes) {
  for (const char* transcript :
       {"S: * BYE bye\nS: A2 OK\n", "S: * BYE bye\nS+END\n", "S+END\n", "S: A2 BAD no\n", "S: A9 OK\n"}) {
    play_selected("", std::string("C: A2 LOGOUT\n") + transcript, [](Client& client) {
      client.logout();
      EXPECT_FALSE(client.stream().is_open());
      EXPECT_FALSE(client.logged_in());
    });
  }
}

// ------------------------------------------------------------------------------------------------------ without end

// Runs `code` against a server that, after the greeting and one command line, writes `answer(i)` for i = 0, 1, … until it
// is empty or the client goes.
void flood(const std::function<std::string(std::size_t)>& answer, const ClientOptions& options,
           const std::function<void(Client&)>& code) {
  auto [mine, peer] = net::memory_pipe();
  std::thread server([&answer, peer = std::move(peer)]() mutable {
    try {
      peer.write("* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hello\r\n");
      peer.read_line();
      peer.write("* 9 EXISTS\r\nA1 OK\r\n");
      peer.read_line();
      for (std::size_t i = 0;; ++i) {
        const std::string text = answer(i);
        if (text.empty()) {
          return;
        }
        peer.write(text);
      }
    } catch (const net::Error&) {
      // The client has had enough.
    }
  });
  {
    Client client(std::move(mine), "", options);
    client.select("INBOX");
    code(client);
  }
  server.join();
}

Errc kind_of_flood(const std::function<std::string(std::size_t)>& answer, const std::function<void(Client&)>& code) {
  ClientOptions options = clear_text();
  options.limits = {.line = 100'000, .literal = 100'000, .response = 300'000};
  options.max_entries = 2'000;
  options.max_answer = 500'000;
  options.max_message = 1'000'000;
  options.max_events = 100;
  Errc errc{};
  flood(answer, options, [&](Client& client) {
    const Error error = error_of([&] { code(client); });
    errc = error.errc();
    EXPECT_FALSE(error.connection_usable());
    EXPECT_FALSE(client.stream().is_open());
  });
  return errc;
}

TEST(ImapClientHostile, WhatHasNoEndIsBounded) {
  const auto noop = [](Client& client) { client.noop(); };
  const auto fetch = [](Client& client) { client.fetch(NumberSet::all(), {.flags = true}); };
  const auto retrieve = [](Client& client) { client.retrieve(1, [](std::string_view) {}); };
  const auto always = [](const std::string& text) { return [text](std::size_t) { return text; }; };
  const auto number = [](std::size_t i) { return std::to_string(i + 1); };
  EXPECT_EQ(kind_of_flood(always(std::string(1000, 'x')), noop), Errc::too_large) << "a line";
  EXPECT_EQ(kind_of_flood(always("* 5 EXISTS\r\n"), noop), Errc::too_large) << "what nobody asked for";
  EXPECT_EQ(kind_of_flood(always("* OK [ALERT] look\r\n"), noop), Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* what\r\n"), noop), Errc::too_large);
  EXPECT_EQ(kind_of_flood([&](std::size_t i) { return "* 1 FETCH (UID " + number(i) + " FLAGS ())\r\n"; }, fetch),
            Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* 1 FETCH (UID 1 FLAGS () ENVELOPE (\"" + std::string(1000, 'd') +
                                 "\" NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n"),
                          fetch),
            Errc::too_large)
      << "the same message again and again";
  EXPECT_EQ(
      kind_of_flood(always("* 1 FETCH (UID 1 BODY[TEXT] {50000}\r\n" + std::string(50'000, 'b') + ")\r\n"), fetch),
      Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* SEARCH 1 2 3 4 5\r\n"), [](Client& c) { c.search(seen()); }), Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* LIST () \"/\" x\r\n"), [](Client& c) { c.list(); }), Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* 1 FETCH (UID 1 BODY[] {4294967296}\r\n"), retrieve), Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* 1 FETCH (UID 1 ENVELOPE {4294967296}\r\n"), fetch), Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* 1 FETCH (UID 1 BODY[] {4294967296}\r\n"), noop), Errc::too_large);
  EXPECT_EQ(kind_of_flood(always("* 1 FETCH (UID 1 BODY[] {99999999999999999999999}\r\n"), retrieve), Errc::too_large);
  EXPECT_EQ(kind_of_flood([](std::size_t i) { return i == 0 ? "+ idling\r\n* 1 EXISTS\r\n" : "* 1 EXISTS\r\n"; },
                          [](Client& client) {
                            client.events();
                            client.idle();
                          }),
            Errc::too_large);
}

TEST(ImapClientHostile, EventsThatNobodyTakesAreBounded) {
  ClientOptions options = clear_text();
  options.max_events = 10;
  flood([](std::size_t i) { return i < 30    ? "* 5 EXISTS\r\n"
                                   : i == 30 ? std::string("A2 OK\r\n")
                                             : std::string(); },
        options,
        [](Client& client) {
          client.noop();
          EXPECT_TRUE(client.events_lost());
          EXPECT_FALSE(client.events_lost());
          EXPECT_EQ(client.events().size(), 10U);
          EXPECT_EQ(client.selected()->exists, 5U);
        });
  options.max_events = 1000;
  options.max_event_octets = 100'000;
  const std::string large = "* 1 FETCH (FLAGS (" + std::string(30'000, 'k') + "))\r\n";
  flood([&](std::size_t i) { return i < 30    ? large
                                    : i == 30 ? std::string("A2 OK\r\n")
                                              : std::string(); }, options,
        [](Client& client) {
          client.events();
          client.noop();
          EXPECT_TRUE(client.events_lost());
          EXPECT_EQ(client.events().size(), 3U);
        });
}

TEST(ImapClientHostile, SilenceHasAnEnd) {
  ClientOptions options = clear_text();
  options.timeouts.answer = 20ms;
  auto [mine, peer] = net::memory_pipe();
  peer.write("* PREAUTH hello\r\n");
  options.enable.clear();
  Client client(std::move(mine), "", options);
  EXPECT_EQ(error_of<net::Error>([&, c = &client] { c->noop(); }).errc(), net::Errc::timeout);
  EXPECT_FALSE(client.stream().is_open());
}

// ------------------------------------------------------------------------------------------------------ each step fails

// A small server: answers what the dialogue below asks, and counts what was appended.
struct SmallServer {
  std::string appended{};
  void run(net::Stream stream) {
    try {
      stream.write("* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS AUTH=PLAIN] hello\r\n");
      while (auto line = stream.read_line()) {
        answer(stream, *line);
      }
    } catch (const net::Error&) {
      // The connection broke.
    }
    stream.close();
  }
  void answer(net::Stream& stream, const std::string& line) {
    const std::string tag = line.substr(0, line.find(' '));
    const auto asks = [&](std::string_view verb) { return line.find(verb) != std::string::npos; };
    std::string before;
    if (asks("AUTHENTICATE")) {
      stream.write("+ \r\n");
      stream.read_line();
    } else if (asks("CAPABILITY")) {
      before = "* CAPABILITY IMAP4rev1 IDLE UIDPLUS\r\n";
    } else if (asks("SELECT")) {
      before = "* 2 EXISTS\r\n";
    } else if (asks("SEARCH")) {
      before = "* SEARCH 1 2\r\n";
    } else if (asks("BODY.PEEK")) {
      before = "* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n";
    } else if (asks("APPEND")) {
      stream.write("+ go\r\n");
      std::string text(5, '\0');
      stream.read_exactly(text);
      stream.read_line();
      appended += text;
    } else if (asks("IDLE")) {
      stream.write("+ idling\r\n* 3 EXISTS\r\n");
      stream.read_line();
    }
    stream.write(before + tag + " OK done\r\n");
  }
};

TEST(ImapClientHostile, AFaultAtEachStepIsReported) {
  test::for_each_fault([](test::FaultPlan& plan) {
    SmallServer house;
    auto [mine, peer] = net::memory_pipe();
    std::thread server([&, stream = std::move(peer)]() mutable { house.run(std::move(stream)); });
    bool done = false, appended = false;
    try {
      ClientOptions options = clear_text();
      options.timeouts.answer = 20s;
      Client client(test::with_faults(std::move(mine), plan), "", options);
      client.login("ann", "secret");
      client.select("INBOX");
      EXPECT_EQ(client.search(unseen()).to_string(), "1:2");
      EXPECT_EQ(client.retrieve(1), "hello");
      std::string all;
      client.retrieve_each(NumberSet::of({{1, 2}}), [&](std::uint32_t, std::string_view text) {
        all += text;
        return true;
      });
      EXPECT_EQ(all, "hello");
      client.append("INBOX", "12345");
      appended = true;
      client.events();
      EXPECT_EQ(client.idle().size(), 1U);
      client.noop();
      done = true;
      client.logout();
    } catch (const net::Error& error) {
      EXPECT_NE(error.errc(), net::Errc::timeout);
    }
    server.join();
    if (!plan.fired()) {
      EXPECT_TRUE(done);
    }
    if (appended) {
      EXPECT_EQ(house.appended, "12345");
    }
  });
}

}  // namespace
}  // namespace posthouse::imap
