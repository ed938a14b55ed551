// Streams over sockets and memory: the same checks in a fiber and in a plain thread.
#include "posthouse/net/stream/stream.h"

#include <array>
#include <functional>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

enum class Carrier { memory, tcp, unix_socket };

std::pair<Stream, Stream> make_pair(Carrier carrier) {
  if (carrier == Carrier::memory) {
    return memory_pipe();
  }
  static int counter = 0;
  Listener listener = carrier == Carrier::tcp
                          ? listen("127.0.0.1:0")
                          : listen(Address::unix_path("@posthouse-test-" + std::to_string(::getpid()) + "-" +
                                                      std::to_string(counter++)));
  Stream client = connect(listener.local_address(), 10s);
  return {std::move(client), listener.accept(10s)};
}

struct Setting {
  Carrier carrier;
  bool fiber;
};

class StreamTest : public ::testing::TestWithParam<Setting> {
 protected:
  // Runs `body` where the parameter says.
  void in_setting(const std::function<void(Stream&, Stream&)>& body) {
    const auto both = [&] {
      auto [a, b] = make_pair(GetParam().carrier);
      body(a, b);
    };
    if (GetParam().fiber) {
      run(both);
    } else {
      both();
    }
  }
};

std::string setting_name(const ::testing::TestParamInfo<Setting>& info) {
  const char* carriers[] = {"memory", "tcp", "unix_socket"};
  return std::string(carriers[static_cast<int>(info.param.carrier)]) + (info.param.fiber ? "_fiber" : "_thread");
}

INSTANTIATE_TEST_SUITE_P(All, StreamTest,
                         ::testing::Values(Setting{Carrier::memory, true}, Setting{Carrier::memory, false},
                                           Setting{Carrier::tcp, true}, Setting{Carrier::tcp, false},
                                           Setting{Carrier::unix_socket, true}, Setting{Carrier::unix_socket, false}),
                         setting_name);

TEST_P(StreamTest, CarriesOctetsBothWays) {
  in_setting([](Stream& a, Stream& b) {
    a.write("hello");
    char buffer[5];
    b.read_exactly(buffer, 10s);
    EXPECT_EQ(std::string_view(buffer, 5), "hello");
    b.write("hi there");
    EXPECT_EQ(a.read_some(3, 10s), "hi ");
    a.read_exactly(buffer, 10s);
    EXPECT_EQ(std::string_view(buffer, 5), "there");
  });
}

TEST_P(StreamTest, ReadsLines) {
  in_setting([](Stream& a, Stream& b) {
    a.write("one\r\ntwo\n\r\nthr");
    EXPECT_EQ(b.read_line(10, 10s), "one");
    EXPECT_EQ(b.read_line(10, 10s), "two");
    EXPECT_EQ(b.read_line(10, 10s), "");
    a.write("ee\r");
    a.write("\n");
    EXPECT_EQ(b.read_line(10, 10s), "three");
    a.write("half");
    a.close();
    EXPECT_EQ(error_of([&] { b.read_line(10, 10s); }), Errc::closed);
    EXPECT_EQ(b.buffered(), "half");
    b.consume(4);
    EXPECT_EQ(b.read_line(10, 10s), std::nullopt);
  });
}

TEST_P(StreamTest, LimitsLines) {
  in_setting([](Stream& a, Stream& b) {
    a.write("1234567890\r\n12345678901\r\n");
    EXPECT_EQ(b.read_line(10, 10s), "1234567890");
    EXPECT_EQ(error_of([&] { b.read_line(10, 10s); }), Errc::too_long);
    EXPECT_EQ(b.read_line(11, 10s), "12345678901");
    a.write("no end in sight");
    EXPECT_EQ(error_of([&] { b.read_line(10, 10s); }), Errc::too_long);
  });
}

TEST_P(StreamTest, ReadsUntilADelimiter) {
  in_setting([](Stream& a, Stream& b) {
    a.write("head: 1\r\n\r\nbo\r\n");
    EXPECT_EQ(b.read_until("\r\n\r\n", 100, 10s), "head: 1");
    a.write("dy\r\n\r");
    a.write("\n!");
    EXPECT_EQ(b.read_until("\r\n\r\n", 100, 10s), "bo\r\ndy");
    EXPECT_EQ(error_of([&] { b.read_until("x", 0, 10s); }), Errc::too_long);
    a.shutdown_write();
    EXPECT_EQ(error_of([&] { b.read_until("xx", 100, 10s); }), Errc::closed);
    EXPECT_EQ(b.read_all(10, 10s), "!");
    EXPECT_EQ(b.read_all(10, 10s), "");
  });
}

TEST_P(StreamTest, ShutsDownOneDirection) {
  in_setting([](Stream& a, Stream& b) {
    a.write_later("bye");
    a.shutdown_write();
    EXPECT_EQ(b.read_all(100, 10s), "bye");
    b.write("and you");
    b.shutdown_write();
    EXPECT_EQ(a.read_all(100, 10s), "and you");
    char octet[1];
    EXPECT_EQ(a.read_some(octet, 10s), 0u);
    EXPECT_EQ(a.read_some(octet, 10s), 0u);
  });
}

TEST_P(StreamTest, ReadsExpireAndGoOn) {
  in_setting([](Stream& a, Stream& b) {
    EXPECT_EQ(error_of([&] { b.read_line(10, 1ms); }), Errc::timeout);
    EXPECT_FALSE(b.wait_readable(1ms));
    b.set_timeout(1ms);
    EXPECT_EQ(error_of([&] { b.read_line(); }), Errc::timeout);
    b.set_timeout(Duration::max());
    a.write("late\n");
    EXPECT_TRUE(b.wait_readable(10s));
    EXPECT_EQ(b.read_line(), "late");
  });
}

TEST_P(StreamTest, AnExpiredDeadlineStillTakesWhatIsThere) {
  in_setting([](Stream& a, Stream& b) {
    a.write("there\n");
    ASSERT_TRUE(b.wait_readable(10s));
    EXPECT_EQ(b.read_line(10, Deadline::at(now() - 1s)), "there");
  });
}

TEST_P(StreamTest, WritesExpireWhenThePeerNeverReads) {
  in_setting([](Stream& a, Stream& b) {
    const std::string much(1 << 20, 'x');
    EXPECT_EQ(error_of([&] {
                for (;;) {
                  a.write(much, 20ms);
                }
              }),
              Errc::timeout);
    b.close();
  });
}

TEST_P(StreamTest, MovesMuchMoreThanTheBuffersHold) {
  in_setting([](Stream& a, Stream& b) {
    const std::size_t total = 8 << 20;
    std::string sent(total, '\0');
    for (std::size_t i = 0; i < total; ++i) {
      sent[i] = static_cast<char>(i * 31 + i / 997);
    }
    Scope scope;
    scope.spawn([&] {
      a.write(sent);
      a.shutdown_write();
    });
    const std::string got = b.read_all(total, 60s);
    EXPECT_TRUE(got == sent);
    scope.join();
  });
}

TEST_P(StreamTest, CollectsWritesUntilItReads) {
  in_setting([](Stream& a, Stream& b) {
    a.write_later("one ");
    a.write_later("two ");
    EXPECT_FALSE(b.wait_readable(1ms));
    Scope scope;
    scope.spawn([&] {
      EXPECT_EQ(b.read_until(" t", 100, 10s), "one");
      b.write("ok\n");
    });
    EXPECT_EQ(a.read_line(10, 10s), "ok");
    scope.join();
    a.write_later("three ");
    a.write("four\n");
    EXPECT_EQ(b.read_line(100, 10s), "wo three four");
  });
}

TEST_P(StreamTest, FillLooksAheadWithoutACopy) {
  in_setting([](Stream& a, Stream& b) {
    a.write("abc");
    ASSERT_TRUE(b.fill(10s));
    EXPECT_EQ(b.buffered(), "abc");
    b.consume(1);
    a.write(std::string(40'000, 'd'));
    while (b.buffered().size() < 40'002) {
      ASSERT_TRUE(b.fill(10s));
    }
    EXPECT_TRUE(b.buffered().starts_with("bcd"));
    char some[10];
    EXPECT_EQ(b.read_some(some), 10u);
    a.close();
    b.consume(1'000'000);
    EXPECT_EQ(b.buffered(), "");
    EXPECT_FALSE(b.fill(10s));
    EXPECT_FALSE(b.fill(10s));
  });
}

TEST_P(StreamTest, WritingToAClosedPeerFails) {
  in_setting([](Stream& a, Stream& b) {
    b.close();
    EXPECT_EQ(error_of([&] {
                for (;;) {
                  a.write("are you there?", 10s);
                }
              }),
              Errc::reset);
  });
}

TEST_P(StreamTest, AClosedStreamSaysSo) {
  in_setting([](Stream& a, Stream&) {
    a.close();
    a.close();
    char octet[1];
    EXPECT_FALSE(a.is_open());
    EXPECT_EQ(error_of([&] { a.write("x"); }), Errc::closed);
    EXPECT_EQ(error_of([&] { a.write_later("x"); }), Errc::closed);
    EXPECT_EQ(error_of([&] { a.flush(); }), Errc::closed);
    EXPECT_EQ(error_of([&] { a.read_some(octet); }), Errc::closed);
    EXPECT_EQ(error_of([&] { a.fill(); }), Errc::closed);
    EXPECT_EQ(error_of([&] { a.wait_readable(); }), Errc::closed);
    EXPECT_EQ(a.peer_address().to_string(), "-");
  });
}

TEST_P(StreamTest, MovesWithWhatIsBuffered) {
  in_setting([](Stream& a, Stream& b) {
    a.write("one\ntwo\n");
    EXPECT_EQ(b.read_line(10, 10s), "one");
    while (b.buffered().size() < 4) {
      ASSERT_TRUE(b.fill(10s));
    }
    Stream c(std::move(b));
    EXPECT_EQ(c.read_line(10, 10s), "two");
    EXPECT_FALSE(b.is_open());  // NOLINT: a moved-from stream is closed
    b = std::move(c);
    a.write("three\n");
    EXPECT_EQ(b.read_line(10, 10s), "three");
  });
}

TEST_P(StreamTest, CancellationEndsARead) {
  in_setting([](Stream&, Stream& b) {
    Scope scope;
    Event started;
    bool again = false;
    scope.spawn([&] {
      started.set();
      EXPECT_EQ(error_of([&] { b.read_line(); }), Errc::canceled);
      again = error_of([&] { b.read_line(); }) == Errc::canceled;
      Shield shield;
      b.write("still");
    });
    started.wait();
    scope.cancel();
    scope.join();
    EXPECT_TRUE(again);
  });
}

TEST_P(StreamTest, CancellationEndsAWrite) {
  in_setting([](Stream& a, Stream&) {
    Scope scope;
    Event started;
    scope.spawn([&] {
      const std::string much(1 << 20, 'x');
      started.set();
      EXPECT_EQ(error_of([&] {
                  for (;;) {
                    a.write(much);
                  }
                }),
                Errc::canceled);
    });
    started.wait();
    scope.cancel();
    scope.join();
  });
}

TEST_P(StreamTest, OneReadsWhileTheOtherWrites) {
  in_setting([](Stream& a, Stream& b) {
    Scope scope;
    const std::string block(300'000, 'q');
    scope.spawn([&] {
      for (int i = 0; i < 10; ++i) {
        a.write(block);
      }
      a.shutdown_write();
    });
    scope.spawn([&] { EXPECT_EQ(a.read_all(10'000'000).size(), 3'000'000u); });
    scope.spawn([&] {
      for (int i = 0; i < 10; ++i) {
        b.write(block);
      }
      b.shutdown_write();
    });
    EXPECT_EQ(b.read_all(10'000'000).size(), 3'000'000u);
    scope.join();
  });
}

// A read of less than was asked for proves that nothing is left, also before the stream has ever waited.
TEST_P(StreamTest, AShortReadHidesNothingThatComesLater) {
  in_setting([](Stream& a, Stream& b) {
    std::array<char, 16> into;
    a.write("abc");
    EXPECT_EQ(b.read_some(into, 10s), 3U);
    a.write("de");
    EXPECT_EQ(b.read_some(into, Deadline::at(now() - 1s)), 2U);
    EXPECT_EQ(error_of([&] { b.read_some(into, 1ms); }), Errc::timeout);
    a.write("f");
    a.shutdown_write(10s);
    EXPECT_EQ(b.read_some(into, 10s), 1U);
    EXPECT_EQ(b.read_some(into, 10s), 0U);
  });
}

TEST(Stream, AResetIsReported) {
  Stream client, server;
  std::tie(client, server) = make_pair(Carrier::tcp);
  const linger at_once{1, 0};
  ASSERT_EQ(setsockopt(client.transport().native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  client.close();
  EXPECT_EQ(error_of([&] { server.read_line(10, 10s); }), Errc::reset);
}

TEST(Stream, TheLastWordsArriveThoughInputWasNotRead) {
  auto [client, server] = make_pair(Carrier::tcp);
  client.write("QUIT\r\nand more\r\n");
  ASSERT_TRUE(server.wait_readable(10s));
  server.write("221 bye\r\n");
  server.close();
  EXPECT_EQ(client.read_line(100, 10s), "221 bye");
  EXPECT_EQ(client.read_line(100, 10s), std::nullopt);
}

TEST(Stream, KnowsItsAddresses) {
  auto [client, server] = make_pair(Carrier::tcp);
  EXPECT_EQ(client.local_address(), server.peer_address());
  EXPECT_EQ(client.peer_address(), server.local_address());
  EXPECT_TRUE(server.peer_address().is_loopback());
}

TEST(Stream, OutlivesTheRuntime) {
  Stream kept, other;
  run([&] {
    std::tie(kept, other) = make_pair(Carrier::tcp);
    other.write("x\n");
    EXPECT_EQ(kept.read_line(10, 10s), "x");
    EXPECT_FALSE(kept.wait_readable(1ms));
  });
  other.write("later\n");
  EXPECT_EQ(kept.read_line(10, 10s), "later");
  run([&] {
    other.write("in another\n");
    EXPECT_EQ(kept.read_line(20, 10s), "in another");
  });
}

TEST(Connect, SaysWhoRefused) {
  Address nobody;
  {
    const Listener listener = listen("127.0.0.1:0");
    nobody = listener.local_address();
  }
  try {
    connect(nobody, 10s);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::refused);
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(error.code(), "net.refused");
    EXPECT_EQ(std::string(error.what()), "cannot connect to " + nobody.to_string() + ": connection refused");
  }
}

TEST(Connect, FindsLocalhostByName) {
  Listener listener = listen("127.0.0.1:0");
  for (const bool fiber : {false, true}) {
    const auto check = [&] {
      Stream client = connect("localhost", listener.local_address().port(), 10s);
      Stream server = listener.accept(10s);
      client.write("hi\n");
      EXPECT_EQ(server.read_line(10, 10s), "hi");
    };
    if (fiber) {
      run(check);
    } else {
      check();
    }
  }
}

TEST(Connect, SaysThatANameDoesNotExist) {
  EXPECT_EQ(error_of([] { connect("no-such-host.invalid", 25, 20s); }), Errc::name_not_found);
}

}  // namespace
}  // namespace posthouse::net
