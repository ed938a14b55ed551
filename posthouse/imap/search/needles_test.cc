#include "posthouse/imap/search/needles.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

TEST(Needles, AreFoundTogether) {
  Needles needles;
  const std::size_t he = needles.add("HE"), she = needles.add("SHE"), his = needles.add("HIS"),
                    hers = needles.add("HERS");
  EXPECT_EQ(needles.add("SHE"), she);
  EXPECT_EQ(needles.count(), 4U);
  needles.finish();
  NeedleScan scan(needles);
  scan.feed("USHERS");
  EXPECT_TRUE(scan.found(he) && scan.found(she) && scan.found(hers));
  EXPECT_FALSE(scan.found(his) || scan.found_all());
  scan.feed(" THIS");
  EXPECT_TRUE(scan.found_all());
  scan.reset();
  EXPECT_FALSE(scan.found(he));
}

TEST(Needles, AreFoundOverPiecesButNotOverTexts) {
  Needles needles;
  const std::size_t needle = needles.add("驿站");
  needles.finish();
  NeedleScan scan(needles);
  const std::string text = "驿站";
  for (const char c : text.substr(0, 4)) {
    scan.feed({&c, 1});
  }
  scan.cut();
  scan.feed(text.substr(4));
  EXPECT_FALSE(scan.found(needle));
  for (const char c : text) {
    scan.feed({&c, 1});
  }
  EXPECT_TRUE(scan.found(needle));
}

TEST(Needles, TakeWhiteSpaceForOneBlank) {
  Needles needles;
  const std::size_t phrase = needles.add("MAIL \t SYSTEM"), open = needles.add(" X");
  needles.finish();
  NeedleScan scan(needles);
  scan.feed("A MAIL \r\n\tSYSTEMX");
  EXPECT_TRUE(scan.found(phrase));
  EXPECT_FALSE(scan.found(open));
  scan.feed("\r\n\r\nX");
  EXPECT_TRUE(scan.found(open));
}

TEST(Needles, AreFoundWhereFindFindsThem) {
  std::mt19937 random(7);
  const auto word = [&](std::size_t most) {
    std::string text(1 + random() % most, ' ');
    for (char& c : text) {
      c = static_cast<char>('A' + random() % 3);
    }
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    Needles needles;
    std::vector<std::pair<std::size_t, std::string>> all;
    for (int i = 0; i < 20; ++i) {
      const std::string text = word(6);
      all.emplace_back(needles.add(text), text);
    }
    needles.finish();
    NeedleScan scan(needles);
    const std::string text = word(60);
    scan.feed(text);
    for (const auto& [needle, wanted] : all) {
      EXPECT_EQ(scan.found(needle), text.find(wanted) != std::string::npos) << wanted << " in " << text;
    }
  }
}

// Needles inside each other, and a text that is almost all of them: where each is compared at each place, it is 5,000 times
// the work.
TEST(Needles, AreFoundInLinearTime) {
  Needles needles;
  for (std::size_t i = 1; i <= 600; ++i) {
    needles.add(std::string(i, 'A') + 'B');
    needles.add(std::string(i, 'A'));
  }
  for (std::size_t i = 0; i < 5'000; ++i) {
    needles.add("AAAAAAAAAAAAAAAA" + std::to_string(i));
  }
  needles.finish();
  NeedleScan scan(needles);
  const std::string text(1'000'000, 'A');
  scan.feed(text);
  scan.feed("B");
  EXPECT_LE(scan.steps(), 2 * (text.size() + 1));
  EXPECT_FALSE(scan.found_all());
}

}  // namespace
}  // namespace posthouse::imap
