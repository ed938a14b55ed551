#include "posthouse/server/log/log_line.h"

#include <string>

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

using Fields = std::vector<LogField>;

std::string formatted(LogFormat format, const std::string& text) {
  spdlog::memory_buf_t out;
  make_formatter(format)->format(spdlog::details::log_msg("posthouse", spdlog::level::warn, text), out);
  return {out.data(), out.size()};
}

TEST(LogLine, IsAnEventAndItsFields) {
  const LogLine line =
      parse_log_line(R"(login failed peer=192.0.2.1:4444 user="a \"b\" \\ c\x0d" to=ann@one.test to=<>)");
  EXPECT_EQ(line.event, "login failed");
  EXPECT_EQ(line.fields,
            (Fields{{"peer", "192.0.2.1:4444"}, {"user", "a \"b\" \\ c\r"}, {"to", "ann@one.test"}, {"to", "<>"}}));
  EXPECT_EQ(*line.find("peer"), "192.0.2.1:4444");
  EXPECT_EQ(line.find("bogus"), nullptr);
}

TEST(LogLine, WhatCannotBeTakenApartIsAnEvent) {
  for (const std::string text : {"stopping", "", "made a self-signed one, /var/a=b", "x y=\"open", "x y=\"a\"b z=1",
                                 "x y=\"\\", "x y=\"\\x1", "x y=\"\\xzz\"", "x y=1 and z=2"}) {
    EXPECT_EQ(parse_log_line(text), LogLine{.event = text}) << text;
  }
}

TEST(LogLine, ShownValuesComeBack) {
  for (const std::string value : {"", "a b", "x\" peer=1.2.3.4", "\\", "\r\n\x7f", "gr\u00FC\u00DFe", "=", "<>"}) {
    const LogLine line = parse_log_line("event value=" + shown(value) + " last=1");
    EXPECT_EQ(line.fields, (Fields{{"value", value}, {"last", "1"}})) << value;
  }
}

TEST(LogFormats, AreReadBackAlike) {
  const std::string text =
      R"(login failed peer=[2001:db8::1]:4444 user="x\" peer=1.2.3.4" to=a@one.test to=b@one.test)";
  for (const LogFormat format : {LogFormat::text, LogFormat::json, LogFormat::journald}) {
    std::string line = formatted(format, text);
    ASSERT_TRUE(line.ends_with('\n'));
    line.pop_back();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    for (const std::string front : {"", "Dec 01 10:00:00 mail posthouse[77]: "}) {
      const auto logged = read_logged_line(front + line);
      ASSERT_TRUE(logged) << line;
      EXPECT_EQ(logged->line, parse_log_line(text)) << line;
      EXPECT_EQ(logged->level, format == LogFormat::journald ? "" : "warning");
      EXPECT_EQ(logged->time.empty(), format == LogFormat::journald && front.empty());
    }
  }
}

TEST(LogFormats, JsonIsWellFormedWhateverAPeerSays) {
  EXPECT_EQ(formatted(LogFormat::json, "refused recipient to=\"\xff\\\"}\"").substr(0, 8), "{\"time\":");
  const auto logged = read_logged_line(formatted(LogFormat::json, "refused recipient to=\"\xff\\\"}\""));
  ASSERT_TRUE(logged);
  EXPECT_EQ(*logged->line.find("to"), "\uFFFD\"}");
}

TEST(LogFormats, TheJournalGetsAPriority) {
  EXPECT_EQ(formatted(LogFormat::journald, "login failed peer=1"), "<4>login failed peer=1\n");
}

TEST(LogFormats, OthersThanTheJournalGetText) {
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(log_format_of("auto"), LogFormat::text);
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_EQ(log_format_of("auto"), LogFormat::text) << "some other stream";
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(log_format_of("json"), LogFormat::json);
}

TEST(LoggedLine, APeersWordsAreNoPrefixOfSyslog) {
  const std::string forged = "Dec 01 10:00:00 mail posthouse[1]: relayed message=7 to=hong@two.test";
  const std::string text = "refused recipient to=" + shown(forged) + " reply=550";
  for (const std::string front :
       {"", "<6>", "info ", "2026-12-01T10:00:00.123+0000 info ", "Dec  1 10:00:00 mail posthouse[77]: "}) {
    const auto logged = read_logged_line(front + text);
    ASSERT_TRUE(logged.has_value()) << front;
    EXPECT_EQ(logged->line.event, "refused recipient") << front;
    EXPECT_EQ(logged->line.fields, (std::vector<LogField>{{"to", forged}, {"reply", "550"}})) << front;
  }
}

TEST(LoggedLine, OfOthersIsNone) {
  for (const std::string text : {"", "{", "{}", R"({"time":"x"})", "{\"msg\":7}"}) {
    EXPECT_FALSE(read_logged_line(text)) << text;
  }
}

}  // namespace
}  // namespace posthouse::server
