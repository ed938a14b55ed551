#include "posthouse/delivery/header_filter.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::delivery {
namespace {

/// What is left of `message` when it comes in chunks of `size` octets. Return-Path goes, and X-Trace where it says "go".
std::string filtered(std::string_view message, std::size_t size) {
  HeaderFilter filter({"return-path", "x-trace"}, [](std::string_view name, std::string_view value) {
    return name == "return-path" || value.find("go") != std::string_view::npos;
  });
  std::string out;
  const HeaderFilter::Sink sink = [&](std::string_view octets) { out += octets; };
  for (std::size_t at = 0; at < message.size(); at += size) {
    filter.add(message.substr(at, size), sink);
  }
  filter.finish(sink);
  return out;
}

void expect(const std::string& message, const std::string& left) {
  for (const std::size_t size : {1UL, 2UL, 3UL, 7UL, message.size() + 1}) {
    EXPECT_EQ(filtered(message, size), left) << "in chunks of " << size;
  }
}

TEST(HeaderFilter, FieldsGoWholeAndNothingElse) {
  expect("Return-Path: <a@b>\r\nSubject: x\r\n\r\nReturn-Path: text\r\n", "Subject: x\r\n\r\nReturn-Path: text\r\n");
  expect("Subject: x\r\nRETURN-path \t:\r\n <a@b>\r\n\t(folded)\r\nTo: y\r\n\r\n", "Subject: x\r\nTo: y\r\n\r\n");
  expect("X-Trace: stay\r\n on\r\nX-Trace: a\r\n go\r\n\r\nx", "X-Trace: stay\r\n on\r\n\r\nx");
  expect("Return-Path: a\r\nReturn-Path: b\r\n\r\n", "\r\n");
  expect("Subject: x\r\nReturn-Path: <a@b>", "Subject: x\r\n");
  expect("Return-Path: <a@b>\r\n", "");
  expect("", "");
}

TEST(HeaderFilter, WhatOnlyLooksAlikeStays) {
  for (const char* message : {
           "Return-Paths: <a@b>\r\n\r\n",
           "X-Return-Path: <a@b>\r\n\r\n",
           "Return-Path\r\n\r\n",
           "Return-Path",
           "Return Path: x\r\n\r\n",
           " Return-Path: <a@b>\r\n\r\n",
           "Subject: x\r\n Return-Path: <a@b>\r\n\r\n",
           "\r\nReturn-Path: <a@b>\r\n",
           "no field\r\nReturn-Path: <a@b>\r\n\r\n",
           "Subject: x\r\nno field\r\nReturn-Path: <a@b>\r\n\r\n",
           "Subject: x\r\n>From y\r\nReturn-Path: z\r\n",
           "\xEF\xBB\xBFno field\r\nReturn-Path: <a@b>\r\n",
           "Return-Path\xC3\xA9: <a@b>\r\n\r\n",
       }) {
    expect(message, message);
  }
}

TEST(HeaderFilter, EndsWhereReadersTakeTheHeaderToEnd) {
  expect("From ann@one.test Thu Jan  1 00:00:00 1970\r\nReturn-Path: x\r\nSubject: y\r\n\r\n",
         "From ann@one.test Thu Jan  1 00:00:00 1970\r\nSubject: y\r\n\r\n");
  expect(">From ann@one.test\r\nReturn-Path: x\r\nSubject: y\r\n\r\n", ">From ann@one.test\r\nSubject: y\r\n\r\n");
  expect("Subject: y\r\nFrom ann: 1\r\nReturn-Path: x\r\n\r\n", "Subject: y\r\nFrom ann: 1\r\n\r\n");
  expect("\xEF\xBB\xBFReturn-Path: x\r\nSubject: y\r\n\r\n", "Subject: y\r\n\r\n");
  expect(": nameless\r\nReturn-Path: x\r\n\r\n", ": nameless\r\n\r\n");
  const std::string longest = std::string(100'000, 'n') + ": x\r\n";
  expect(longest + "Return-Path: x\r\n\r\n", longest + "\r\n");
}

TEST(HeaderFilter, OfALongFieldTheBeginningDecides) {
  const std::string rest(200'000, 'x');
  expect("X-Trace: go " + rest + "\r\n folded\r\nTo: y\r\n\r\n", "To: y\r\n\r\n");
  const std::string stays = "X-Trace: " + rest + " go\r\n folded\r\nTo: y\r\n\r\n";
  expect(stays, stays);
  const std::string blanks = "Return-Path" + std::string(100'000, ' ') + ": x\r\n\r\n";
  expect(blanks, blanks);
}

TEST(BccFilter, TakesOutWhatIsHiddenHoweverItIsCut) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"To: b\r\nBcc: a@one.test\r\nSubject: x\r\n\r\nBcc: x\r\n", "To: b\r\nSubject: x\r\n\r\nBcc: x\r\n"},
      {"bCC : a@one.test,\r\n b@one.test,\r\n\tc@one.test\r\nTo: d\r\n e\r\n\r\n", "To: d\r\n e\r\n\r\n"},
      {"Resent-Bcc:a\r\nRESENT-BCC\t \t: b\r\nResent-To: c\r\n\r\n", "Resent-To: c\r\n\r\n"},
      {"Bcc:\r\nBcc: \r\n \r\nX: y\r\n\r\n", "X: y\r\n\r\n"},
      {"Bcc: a\nTo: b\nBcc: c\n d\n\nBcc: e\n", "To: b\n\nBcc: e\n"},
      {"To: b\r\nBcc: no line end", "To: b\r\n"},
      {"X-Bcc: a\r\nBccx: b\r\nBc: c\r\nBcc-To: d\r\n\r\n", "X-Bcc: a\r\nBccx: b\r\nBc: c\r\nBcc-To: d\r\n\r\n"},
      {"Bcc: a,\r\n" + std::string(100'000, ' ') + "b\r\nTo: c\r\n\r\n", "To: c\r\n\r\n"},
  };
  for (const auto& [message, left] : cases) {
    for (const std::size_t size : {1UL, 2UL, 3UL, 7UL, 4096UL, message.size()}) {
      HeaderFilter filter = bcc_filter();
      std::string out;
      const HeaderFilter::Sink sink = [&](std::string_view octets) { out += octets; };
      for (std::size_t at = 0; at < message.size(); at += size) {
        filter.add(std::string_view(message).substr(at, size), sink);
      }
      filter.finish(sink);
      EXPECT_EQ(out, left) << "in chunks of " << size;
    }
  }
}

}  // namespace
}  // namespace posthouse::delivery
