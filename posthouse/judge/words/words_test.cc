#include "posthouse/judge/words/words.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::judge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::size_t shared(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::vector<std::uint64_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both.size();
}

std::vector<std::uint64_t> words_of_text(const std::string& text) {
  return words_of(mime::Message::parse("Content-Type: text/plain; charset=utf-8\r\n\r\n" + text));
}

TEST(SplitWords, TakesWordsPricesAndNames) {
  EXPECT_THAT(split_words("Earn $5,000 a day, don't wait!"), ElementsAre("EARN", "$5,000", "DAY", "DON'T", "WAIT"));
  EXPECT_THAT(split_words("e-mail me at x.y."), ElementsAre("E-MAIL", "ME", "AT", "X.Y"));
  EXPECT_THAT(split_words(""), IsEmpty());
  EXPECT_THAT(split_words("  ... --- $ "), IsEmpty());
  EXPECT_THAT(split_words(std::string(100, 'x')), ElementsAre("XXXXXXXX~5"));
}

TEST(SplitWords, KnowsCaseAndSpelling) {
  EXPECT_EQ(split_words("gr\u00FC\u00DFe"), split_words("GR\u00DC\u00DFE"));
  EXPECT_EQ(split_words("\uFF26\uFF32\uFF25\uFF25"), split_words("free")) << "full-width letters hide nothing";
}

TEST(SplitWords, CutsChineseAndJapaneseIntoWords) {
  EXPECT_THAT(split_words("免费发票"), ElementsAre("免费", "发票"));
  EXPECT_GT(split_words("これは日本語の文章です").size(), 3U);
  EXPECT_EQ(split_words("한국어 메일").size(), 2U) << "Korean has blanks";
}

TEST(SplitWords, TakesWhatIsNoUtf8) {
  EXPECT_FALSE(split_words("abc \xff\xfe def").empty());
}

TEST(WordsOf, ArePairsToo) {
  const auto one = words_of_text("cheap watches");
  const auto two = words_of_text("watches cheap");
  EXPECT_EQ(shared(one, two), one.size() - 1) << "the pair is another one";
  EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
  EXPECT_EQ(std::adjacent_find(one.begin(), one.end()), one.end());
}

TEST(WordsOf, KnowWhereAWordStands) {
  const auto subject = words_of(mime::Message::parse("Subject: invoice\r\n\r\n"));
  const auto text = words_of_text("invoice");
  EXPECT_LT(shared(subject, text), text.size());
}

TEST(WordsOf, AreBounded) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "w" + std::to_string(i) + " ";
  }
  EXPECT_EQ(words_of_text(text).size(), WordLimits{}.words);
  EXPECT_LE(words_of(mime::Message::parse("\r\n" + text), {.text = 100, .words = 50}).size(), 50U);
}

}  // namespace
}  // namespace posthouse::judge
