// COMPRESS=DEFLATE (RFC 4978), with our client and with a bare zlib.
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "tests/support/localhost_tls.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/server_play.h"

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// Says `plain`, and after it `deflated` as one raw stream; returns the answers, of which those behind "c OK" are inflated.
std::string talk_deflated(const ServerOptions& options, const std::string& plain, std::string deflated,
                          SessionSummary* summary = nullptr) {
  MemoryBackend house;
  furnish(house);
  z_stream out{};
  deflateInit2(&out, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string input(deflateBound(&out, deflated.size()) + 100, '\0');
  out.next_in = reinterpret_cast<Bytef*>(deflated.data());
  out.avail_in = static_cast<unsigned>(deflated.size());
  out.next_out = reinterpret_cast<Bytef*>(input.data());
  out.avail_out = static_cast<unsigned>(input.size());
  deflate(&out, Z_SYNC_FLUSH);
  input.resize(input.size() - out.avail_out);
  deflateEnd(&out);

  std::string answers = talk(house, options, plain + input, summary);
  const std::size_t begin = answers.find("\r\n", answers.find("c OK")) + 2;
  std::string compressed = answers.substr(begin), inflated(1 << 20, '\0');
  z_stream in{};
  inflateInit2(&in, -15);
  in.next_in = reinterpret_cast<Bytef*>(compressed.data());
  in.avail_in = static_cast<unsigned>(compressed.size());
  in.next_out = reinterpret_cast<Bytef*>(inflated.data());
  in.avail_out = static_cast<unsigned>(inflated.size());
  inflate(&in, Z_SYNC_FLUSH);
  inflated.resize(inflated.size() - in.avail_out);
  inflateEnd(&in);
  return answers.substr(0, begin) + inflated;
}

TEST(ImapCompress, AllBehindTheAnswerIsCompressed) {
  const std::string answers =
      talk_deflated(quick_options(), log_in + "b COMPRESS LZ4\r\nc COMPRESS DEFLATE\r\n",
                    "d CAPABILITY\r\ne COMPRESS DEFLATE\r\nf SELECT INBOX\r\ng FETCH 1 BODY.PEEK[]\r\nh LOGOUT\r\n");
  EXPECT_THAT(answers, HasSubstr(" COMPRESS=DEFLATE CONDSTORE "));
  EXPECT_THAT(answers, HasSubstr("b BAD That way of compressing is not known here\r\n"
                                 "c OK Compressed from here on\r\n* CAPABILITY IMAP4rev1 "));
  EXPECT_THAT(answers.substr(answers.find("c OK")), Not(HasSubstr("COMPRESS=")));
  EXPECT_THAT(answers, HasSubstr("e NO [COMPRESSIONACTIVE] Compression is on already\r\n"));
  EXPECT_THAT(answers, EndsWith("g OK Fetched\r\n* BYE Bye\r\nh OK Logged out\r\n"));
}

TEST(ImapCompress, OnlyAfterTheLogInAndWhereItIsOffered) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  EXPECT_THAT(talk(house, options, "a COMPRESS DEFLATE\r\nb NOOP\r\n"), HasSubstr("a BAD Log in first\r\nb OK"));
  options.disabled = {"COMPRESS=DEFLATE"};
  EXPECT_THAT(talk(house, options, log_in + "b COMPRESS DEFLATE\r\n"), EndsWith("b BAD Unknown command\r\n"));
}

TEST(ImapCompress, LimitsCountWhatIsDecompressed) {
  SessionSummary summary;
  const std::string endless = "d NOOP " + std::string(100'000'000, 'x');
  EXPECT_THAT(talk_deflated(quick_options(), log_in + "c COMPRESS DEFLATE\r\n", endless, &summary),
              HasSubstr("* BYE [TOOBIG]"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(ImapCompress, WhatIsNotCompressedEndsTheSession) {
  MemoryBackend house;
  furnish(house);
  SessionSummary summary;
  talk(house, quick_options(), log_in + "c COMPRESS DEFLATE\r\nd NOOP\r\n", &summary);
  EXPECT_EQ(summary.end, SessionEnd::disconnected);
  EXPECT_EQ(summary.commands, 2U);
}

// No TLS over what is compressed, though nobody is logged in any more.
TEST(ImapCompress, StaysWhenTheLogInEnds) {
  ServerOptions options = quick_options();
  options.tls = test::localhost_tls().server;
  const std::string answers = talk_deflated(options, log_in + "c COMPRESS DEFLATE\r\n",
                                            "d UNAUTHENTICATE\r\ne STARTTLS\r\nf LOGIN ann secret\r\n");
  EXPECT_THAT(answers.substr(answers.find("d OK")), Not(HasSubstr("STARTTLS")));
  EXPECT_THAT(answers, HasSubstr("e BAD No TLS here\r\nf OK"));
}

TEST(ImapCompress, OurClientUnderTlsWithIdle) {
  const test::TlsPair& tls = test::localhost_tls();
  net::run([&] {
    MemoryBackend house;
    furnish(house);
    house.add("ann", "INBOX", "Subject: long\r\n\r\n" + std::string(300'000, 'x') + "\r\n");
    ServerOptions options = quick_options();
    options.tls = tls.server;
    options.timeouts.rest = 1ms;
    net::Stream near, far;
    std::tie(near, far) = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&] {
      serve_session(far, options, house);
      far.close();
    });
    ClientOptions ours;
    ours.tls = Tls::starttls;
    ours.tls_context = tls.client;
    ours.compress = true;
    Client client(std::move(near), "localhost", ours);
    EXPECT_FALSE(client.compressed());
    client.login("ann", "secret");
    EXPECT_TRUE(client.compressed());
    EXPECT_TRUE(client.secure());
    client.select("INBOX");
    EXPECT_EQ(client.retrieve(6).size(), 300'019U);
    const std::string text = "Subject: new\r\n\r\n" + std::string(100'000, 'y') + "\r\n";
    client.append("INBOX", text);
    EXPECT_EQ(client.retrieve(7), text);
    client.events();
    scope.spawn([&] { house.add("ann", "INBOX", "Subject: later\r\n\r\n"); });
    EXPECT_FALSE(client.idle(20s).empty());
    EXPECT_EQ(client.selected()->exists, 8U);
    client.logout();
    scope.join();
  });
}

}  // namespace
}  // namespace posthouse::imap
