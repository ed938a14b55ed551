#include "posthouse/dialogue/trace.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::dialogue {
namespace {

TEST(Masked, KeepsWhatIsNoSecret) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"NOOP", "NOOP"},
      {"USER ann", "USER ann"},
      {"MAIL FROM:<a@load.test> AUTH=<>", "MAIL FROM:<a@load.test> AUTH=<>"},
      {"PASS geheim", "PASS ***"},
      {"pass two words ", "pass ***"},
      {"PASS\tgeheim", "PASS ***"},
      {"PASS", "PASS"},
      {"PASSWORD x", "PASSWORD x"},
      {"AUTH", "AUTH"},
      {"AUTH PLAIN", "AUTH PLAIN"},
      {"AUTH PLAIN ", "AUTH PLAIN"},
      {"AUTH PLAIN AGFubgBnZWhlaW0=", "AUTH PLAIN ***"},
      {"auth scram-sha-256-plus biws", "auth scram-sha-256-plus ***"},
      {"AUTH PLAIN\tAGFubgBnZWhlaW0=", "AUTH PLAIN ***"},
      {"AUTH  PLAIN  AGFubgBnZWhlaW0=", "AUTH  PLAIN ***"},
      {"AUTH\tPLAIN AGFubgBnZWhlaW0=", "AUTH\tPLAIN ***"},
      {"AUTH AGFubgBnZWhlaW0=", "AUTH ***"},
      {"AUTH AGFubgBnZWhlaW0AGFubgBnZWhlaW0", "AUTH ***"},
      {"APOP ann c4c9334bac560ecc979e58001b3e22fb", "APOP ann ***"},
      {"APOP ann", "APOP ann"},
      {" PASS geheim", " PASS ***"},
      {"\t pass geheim", "\t pass ***"},
      {"\xff\xfb\x01PASS geheim", "\xff\xfb\x01PASS ***"},
      {std::string("\0PASS geheim", 12), std::string("\0PASS ***", 9)},
      {" AUTH PLAIN AGFubgBnZWhlaW0=", " AUTH PLAIN ***"},
      {"APOP\tann\tc4c9334bac560ecc979e58001b3e22fb", "APOP\tann ***"},
      {" apop ann c4c9334bac560ecc979e58001b3e22fb", " apop ann ***"},
      {"APOP c4c9334bac560ecc979e58001b3e22fb", "APOP ***"},
      {" ", " "},
      {"+OK", "+OK"},
  };
  for (const auto& [line, shown] : cases) {
    EXPECT_EQ(masked(line), shown);
  }
  EXPECT_EQ(masked_response("*"), "*");
  EXPECT_EQ(masked_response(""), "***");
  EXPECT_EQ(masked_response("Z2VoZWlt"), "***");
}

TEST(Tracer, MasksWhatFollowsALogInThatWasRefused) {
  std::string seen;
  const net::Trace trace = [&](net::Speaker who, std::string_view line) {
    seen += who == net::Speaker::client ? "C: " : who == net::Speaker::server ? "S: " : "-- ";
    seen.append(line).push_back('\n');
  };
  Tracer tracer(trace);
  tracer.command("GARBAGE", false);
  tracer.command("AUTH LOGIN");
  tracer.reply("538 TLS first");
  tracer.command("YW5u", false);  // the client goes on as if it had been asked
  tracer.command("Z2VoZWlt", false);
  tracer.command("NOOP");
  tracer.command("GARBAGE", false);
  tracer.note("that was all");
  EXPECT_EQ(seen,
            "C: GARBAGE\nC: AUTH LOGIN\nS: 538 TLS first\nC: ***\nC: ***\nC: NOOP\nC: GARBAGE\n-- that was all\n");
}

TEST(Tracer, ALogInThatIsNoCommandIsOneAllTheSame) {
  for (const char* log_in : {" AUTH LOGIN", "AUTH\tLOGIN", "\tauth login"}) {
    std::string seen;
    const net::Trace trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('|'); };
    Tracer tracer(trace);
    tracer.command(log_in, false);
    tracer.command("Z2VoZWlt", false);
    EXPECT_EQ(seen, std::string(log_in) + "|***|");
  }
}

TEST(Tracer, ShowsLinesOneByOne) {
  std::string seen;
  net::Trace trace;
  const Tracer tracer(trace);
  tracer.replies("250-one\r\n250 two\r\n");
  EXPECT_FALSE(tracer.active());
  trace = [&](net::Speaker, std::string_view line) { seen.append(line).push_back('|'); };
  tracer.replies("250-one\r\n250 two\r\n");
  tracer.replies("no end");
  EXPECT_EQ(seen, "250-one|250 two|no end|");
}

}  // namespace
}  // namespace posthouse::dialogue
