#include "posthouse/judge/signs/signs.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::judge {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

const std::chrono::system_clock::time_point now = std::chrono::sys_days(std::chrono::year(2026) / 12 / 1);

constexpr const char* honest =
    "From: Ann <ann@one.test>\r\nTo: Bob <bob@two.test>\r\nSubject: Lunch on Friday\r\nDate: Mon, 30 Nov 2026 10:00:00 "
    "+0000\r\n"
    "Message-ID: <1@one.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nShall we meet at "
    "https://one.test/place at noon?\r\n";

std::vector<std::string> names_of(const std::string& message, Circumstances how = {}) {
  how.now = now;
  std::vector<std::string> names;
  for (const Sign& sign : signs_of(mime::Message::parse(message), how)) {
    names.push_back(sign.name);
  }
  return names;
}

/// The honest message with one piece of it another one.
std::string with(const std::string& what, const std::string& instead) {
  std::string message = honest;
  const std::size_t at = message.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return message.replace(at, what.size(), instead);
}

TEST(Signs, AnHonestMessageHasNone) {
  EXPECT_TRUE(names_of(honest).empty()) << ::testing::PrintToString(names_of(honest));
}

TEST(Signs, EachIsFound) {
  const std::string text = "Shall we meet at https://one.test/place at noon?";
  const std::string plain = "Content-Type: text/plain; charset=utf-8";
  const auto html = [&](const std::string& body) {
    return with(plain + "\r\n\r\n" + text, "Content-Type: text/html\r\n\r\n" + body);
  };
  const auto file = [&](const std::string& name) {
    return with(plain, "Content-Disposition: attachment; filename*=utf-8''" + name +
                           "\r\nContent-Type: application/octet-stream");
  };
  const std::vector<std::pair<const char*, std::string>> cases = {
      {"NO_DATE", with("Date: Mon, 30 Nov 2026 10:00:00 +0000\r\n", "")},
      {"DATE_FAR", with("30 Nov 2026", "30 Nov 2029")},
      {"DATE_FAR", with("30 Nov 2026", "30 Nov 2010")},
      {"NO_MESSAGE_ID", with("Message-ID: <1@one.test>\r\n", "")},
      {"NO_AUTHOR", with("From: Ann <ann@one.test>\r\n", "")},
      {"SEVERAL_AUTHORS", with("<ann@one.test>", "<ann@one.test>, eve@one.test")},
      {"AUTHOR_SHOWS_OTHER", with("Ann <", "\"service@bank.example\" <")},
      {"AUTHOR_IS_READER", with("bob@two.test", "ann@one.test")},
      {"ANSWERS_ELSEWHERE", with("To: ", "Reply-To: someone@gmail.com\r\nTo: ")},
      {"NO_READER", with("To: Bob <bob@two.test>\r\n", "")},
      {"SUBJECT_CAPITALS", with("Lunch on Friday", "URGENT BUSINESS PROPOSAL")},
      {"SUBJECT_NOISE", with("Friday", "Friday!!")},
      {"SUBJECT_GAP", with("Friday", "Friday             xkqz")},
      {"NO_SUBJECT", with("Lunch on Friday", "")},
      {"ANSWERS_NOTHING", with("Lunch", "Re: Lunch")},
      {"RAW_HEADER", with("Lunch", "L\u00FCnch")},
      {"ONLY_PICTURE", with(plain + "\r\n\r\n" + text, "Content-Type: image/png\r\n\r\nx")},
      {"ONLY_HTML", html("<p>Hello Bob, shall we meet?</p>")},
      {"NEEDLESS_BASE64",
       with("utf-8\r\n\r\n" + text, "utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gQm9iLCBoZWxsbyE=")},
      {"TEXT_HIDDEN", html("<p>Hello</p><span style=\"font-size:0\">weather report</span>")},
      {"WORDS_SPLIT", with(text, "v\u200Bi\u200Ba\u200Bg\u200Br\u200Ba")},
      {"RICHES", with(text, "the sum of 20 million us dollars, you as next of kin and beneficiary")},
      {"PROMISES", with(text, "risk free, order now")},
      {"MORE_PROMISES", with(text, "risk free, order now, no obligation, money back")},
      {"LEAVE_BY_MAIL", with(text, "to be removed write back")},
      {"AUTHOR_RANDOM", with("<ann@one.test>", "<ab7cd8ef@one.test>")},
      {"MESSAGE_ID_ODD", with("<1@one.test>", "<1234>")},
      {"CAPITALS",
       with(text,
            "THIS IS A GREAT OFFER FOR YOU and only you can have it because we like you SO MUCH that we send it")},
      {"EXCLAIMS", with(text, "Yes! Yes! Yes! Yes! Yes! Yes! Yes! Yes!")},
      {"SUMS", with(text, "$5 or $10, $20, and even $100")},
      {"SALUTE", with(text, "Dear Friend, how are you?")},
      {"FISHING", with(text, "Please verify your account at https://one.test/")},
      {"CHINESE_OFFER", with(text, "代开发票 加微信")},
      {"COMMENTS_IN_WORDS", html("<p>v<!-- x -->iag<!-- y -->ra</p>")},
      {"HTML_FORM", html("<form action=\"https://one.test\"><input></form>")},
      {"PICTURE_LINKED", html("<a href=\"https://one.test\"><img src=\"https://one.test/a.png\"></a>")},
      {"LINK_ELSEWHERE", html("<a href=\"https://thief.example/\">www.bank.example</a>")},
      {"LINK_ADDRESS", with("https://one.test", "https://192.0.2.7")},
      {"LINK_SHORTENED", with("https://one.test", "https://bit.ly")},
      {"LINK_FOREIGN_LETTERS", with("https://one.test", "https://xn--bcher-kva.test")},
      {"FILE_PROGRAM", file("game.EXE")},
      {"FILE_TWO_ENDINGS", file("invoice.pdf.scr")},
      {"FILE_TURNED", file("photo%E2%80%AEgpj.exe")},
  };
  std::set<std::string> seen;
  for (const auto& [name, message] : cases) {
    EXPECT_THAT(names_of(message), Contains(name)) << message;
    seen.insert(name);
  }
  for (const Sign& sign : all_signs()) {
    const bool of_the_way = sign.name.starts_with("DMARC") || sign.name.starts_with("SPF") ||
                            sign.name.starts_with("HELO") || sign.name == "HOST_WITHOUT_NAME" ||
                            sign.name == "AUTHENTIC" || sign.name == "SIGNED" || sign.name == "ANSWER_TO_US";
    EXPECT_TRUE(seen.contains(sign.name) || of_the_way) << sign.name << " is not tried";
  }
}

TEST(Signs, OfTheWay) {
  using mailauth::Verdict;
  mailauth::MessageResults results;
  results.spf.emplace().verdict = Verdict::fail;
  results.iprev.emplace().verdict = Verdict::fail;
  results.dmarc.verdict = Verdict::fail;
  results.dmarc.policy = mailauth::DmarcPolicy::reject;
  Circumstances how{.hostname = "mail.two.test", .helo = "mail.two.test", .authentication = &results};
  EXPECT_THAT(names_of(honest, how), IsSupersetOf({"SPF_FAILS", "HOST_WITHOUT_NAME", "DMARC_FAILS", "HELO_OURS"}));
  results.dmarc.policy = mailauth::DmarcPolicy::none;
  results.spf->verdict = Verdict::softfail;
  how.helo = "192.0.2.1";
  EXPECT_THAT(names_of(honest, how), IsSupersetOf({"SPF_SOFT", "DMARC_FAILS_NONE", "HELO_ODD"}));
  results = {};
  results.spf.emplace().verdict = Verdict::none;
  results.dmarc.verdict = Verdict::pass;
  results.dkim.emplace_back().verdict = Verdict::pass;
  how.helo = "[192.0.2.1]";
  EXPECT_THAT(names_of(honest, how), ::testing::ElementsAre("SPF_NONE", "AUTHENTIC", "SIGNED"));
}

TEST(Signs, AnAnswerToUsIsKnown) {
  const Circumstances how{.hostname = "mail.two.test"};
  EXPECT_THAT(names_of(with("Message-ID", "In-Reply-To: <7@mail.two.test>\r\nMessage-ID"), how),
              Contains("ANSWER_TO_US"));
  EXPECT_THAT(names_of(with("Message-ID", "In-Reply-To: <7@other.test>\r\nMessage-ID"), how),
              Not(Contains("ANSWER_TO_US")));
}

TEST(Signs, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const Sign& sign : all_signs()) {
    EXPECT_TRUE(names.insert(sign.name).second) << sign.name;
    EXPECT_EQ(sign.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), std::string::npos) << sign.name;
    EXPECT_FALSE(sign.reason.empty());
    EXPECT_NE(sign.score, 0);
  }
}

}  // namespace
}  // namespace posthouse::judge
