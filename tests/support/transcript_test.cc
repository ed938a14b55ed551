#include "tests/support/transcript.h"

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/net/tls/certificate.h"

namespace posthouse::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A server of the smallest protocol there is: greets, repeats each line, says bye to QUIT.
void echo_server(net::Stream& stream) {
  stream.write("+ hello\r\n");
  while (auto line = stream.read_line(1000)) {
    if (*line == "QUIT") {
      stream.write("+ bye\r\n");
      return;
    }
    stream.write("+ " + *line + "\r\n");
  }
}

constexpr const char* echo_dialogue =
    "# how it goes\n"
    "\n"
    "S: + h*o\n"
    "C: one\n"
    "S: + one\n"
    "C| two\\r\\nthr\n"
    "C| ee\\x21\\r\\n\n"
    "S: + two\n"
    "S: + *!\n"
    "C: QUIT\n"
    "S: + bye\n";

std::string play(std::string_view text, const Code& code, Side side = Side::server, Feed feed = Feed::whole) {
  return replay(Transcript::parse(text), side, feed, code);
}

TEST(Transcript, PlaysAServer) {
  EXPECT_TRUE(replays(Transcript::parse(echo_dialogue), Side::server, echo_server));
}

TEST(Transcript, PlaysAServerInFibers) {
  net::run([] { EXPECT_TRUE(replays(Transcript::parse(echo_dialogue), Side::server, echo_server)); });
}

TEST(Transcript, PlaysAClient) {
  const auto client = [](net::Stream& stream) {
    EXPECT_EQ(stream.read_line(), "+ hello");
    stream.write("one\r\n");
    EXPECT_EQ(stream.read_line(), "+ one");
    stream.write("QUIT\r\n");
    EXPECT_EQ(stream.read_line(), "+ bye");
    EXPECT_EQ(stream.read_line(), std::nullopt);
  };
  const auto transcript = Transcript::parse("S: + hello\nC: *\nS: + one\nC: QUIT\nS: + bye\n");
  EXPECT_TRUE(replays(transcript, Side::client, client));
  net::run([&] { EXPECT_TRUE(replays(transcript, Side::client, client)); });
}

TEST(Transcript, OctetsComeInThePiecesAskedFor) {
  const auto transcript = Transcript::parse("C: ab\nC| c\\nd\nS: *\n");
  const auto pieces = [&](Feed feed) {
    std::vector<std::string> got;
    const std::string result = replay(transcript, Side::server, feed, [&](net::Stream& stream) {
      for (std::size_t size = 0; size < 7;) {
        char buffer[100];
        const std::size_t count = stream.transport().read_some(buffer, {});
        got.emplace_back(buffer, count);
        size += count;
      }
      stream.write("ok\r\n");
    });
    EXPECT_EQ(result, "");
    return got;
  };
  EXPECT_THAT(pieces(Feed::whole), ::testing::ElementsAre("ab\r\nc\nd"));
  EXPECT_THAT(pieces(Feed::by_line), ::testing::ElementsAre("ab\r\n", "c\n", "d"));
  EXPECT_EQ(pieces(Feed::by_byte).size(), 7U);
}

TEST(Transcript, ShowsWhatWasExpectedAndWhatCame) {
  const std::string result = play("S: + hello\nC: one\nS: + two\n", echo_server);
  EXPECT_THAT(result, HasSubstr("transcript:3"));
  EXPECT_THAT(result, HasSubstr("+ two"));
  EXPECT_THAT(result, HasSubstr("+ one"));
}

TEST(Transcript, SeesCodeThatWaitsForInputInstead) {
  EXPECT_THAT(play("S: + hello\nS: + more\n", echo_server), HasSubstr("waits for input"));
  net::run([] { EXPECT_THAT(play("S: + hello\nS: + more\n", echo_server), HasSubstr("waits for input")); });
}

TEST(Transcript, SeesWhatComesBehindTheEnd) {
  EXPECT_THAT(play("S: + hello\nC: one\nC: QUIT\nS: + one\n", echo_server), HasSubstr("nothing more"));
}

TEST(Transcript, ReportsWhatTheCodeThrows) {
  const Code code = [](net::Stream& stream) {
    stream.write("hi\r\n");
    throw Error("out of ink");
  };
  EXPECT_THAT(play("S: hi\n", code), HasSubstr("out of ink"));
  EXPECT_THAT(play("S: ho\n", code), HasSubstr("out of ink"));
}

TEST(Transcript, EndsAtTheLimit) {
  ReplayOptions options;
  options.limit = std::chrono::milliseconds(50);
  options.patient = true;
  const auto transcript = Transcript::parse("S: + hello\nS: + more\n");
  EXPECT_THAT(replay(transcript, Side::server, Feed::whole, echo_server, options), HasSubstr("time"));
}

TEST(Transcript, CodeThatNeverHeedsTheEndIsStopped) {
  const auto stubborn = [](net::Stream& stream) {
    for (;;) {
      stream.fill();
    }
  };
  EXPECT_THAT(play("C: x\n", stubborn), Not(IsEmpty()));
}

TEST(Transcript, SkipsLines) {
  const auto server = [](net::Stream& stream) { stream.write("250-a\r\n250-b\r\n250 c\r\n221 bye\r\n"); };
  EXPECT_EQ(play("S...\nS: 250 *\nS...\nS: 221 bye\n", server), "");
  EXPECT_THAT(play("S...\nS: 251 *\n", server), HasSubstr("the stream ended"));
}

TEST(Transcript, EitherSideMayEndFirst) {
  const auto server = [](net::Stream& stream) {
    EXPECT_EQ(stream.read_all(100), "abc");
    stream.write("got it");
    stream.shutdown_write();
  };
  EXPECT_EQ(play("C| abc\nC+END\nS| got it\nS+END\n", server), "");
}

TEST(Transcript, WildcardsDoNotCrossLines) {
  const auto server = [](net::Stream& stream) { stream.write("a b\r\nc\r\n"); };
  EXPECT_EQ(play("S| a*\\r\\n*c\\r\\n\n", server), "");
  EXPECT_NE(play("S| a*c\\r\\n\n", server), "");
  const auto stars = [](net::Stream& stream) { stream.write("* OK [x*y]\r\n"); };
  EXPECT_EQ(play("S| \\* OK [*]\\r\\n\n", stars), "");
  EXPECT_EQ(play("S: ***O*K*[*x***]*\n", stars), "");
  EXPECT_NE(play("S: *O*K*z*\n", stars), "");
}

TEST(Transcript, RefusesWhatItCannotRead) {
  for (const char* text : {"X: 1", "C:x", "C| \\q", "C| \\x1", "S...\nC: x", "S...", "C+SSL"}) {
    EXPECT_THROW(Transcript::parse(text), Error) << text;
  }
  EXPECT_THROW(Transcript::load("/no/such/file"), Error);
  EXPECT_THROW(load_all("/no/such/directory"), Error);
}

class TranscriptFiles : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string directory_ = folder_.path().string();
};

TEST_F(TranscriptFiles, AreLoadedInOrder) {
  std::filesystem::create_directory(directory_ + "/b");
  std::ofstream(directory_ + "/b/one.txt") << "C: 1\r\n";
  std::ofstream(directory_ + "/a.txt") << "C: 2";
  std::ofstream(directory_ + "/readme.md") << "no transcript";
  const auto all = load_all(directory_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].steps()[0].text, "2\r\n");
  EXPECT_EQ(all[1].steps()[0].text, "1\r\n");
}

TEST_F(TranscriptFiles, TlsStartsInBothRoles) {
  net::make_self_signed(directory_ + "/cert.pem", directory_ + "/key.pem", {"localhost"});
  const auto server_context =
      net::TlsContext::server({.cert_file = directory_ + "/cert.pem", .key_file = directory_ + "/key.pem"});
  const auto client_context = net::TlsContext::client({.ca_file = directory_ + "/cert.pem"});
  const auto transcript = Transcript::parse("S: hello\nC: STLS\nS: go\nC+TLS\nC: secret\nS: seen\nC: QUIT\nS: bye\n");
  const auto server = [&](net::Stream& stream) {
    stream.write("hello\r\n");
    EXPECT_EQ(stream.read_line(), "STLS");
    stream.write("go\r\n");
    stream.start_tls_server(server_context);
    EXPECT_EQ(stream.read_line(), "secret");
    stream.write("seen\r\n");
    EXPECT_EQ(stream.read_line(), "QUIT");
    stream.write("bye\r\n");
  };
  const auto client = [&](net::Stream& stream) {
    EXPECT_EQ(stream.read_line(), "hello");
    stream.write("STLS\r\n");
    EXPECT_EQ(stream.read_line(), "go");
    stream.start_tls_client(client_context, "localhost");
    stream.write("secret\r\n");
    EXPECT_EQ(stream.read_line(), "seen");
    stream.write("QUIT\r\n");
    EXPECT_EQ(stream.read_line(), "bye");
  };
  EXPECT_TRUE(replays(transcript, Side::server, server, {.tls = &client_context}));
  EXPECT_TRUE(replays(transcript, Side::client, client, {.tls = &server_context}));
  EXPECT_THAT(replay(transcript, Side::server, Feed::whole, server), HasSubstr("ReplayOptions::tls"));
}

}  // namespace
}  // namespace posthouse::test
