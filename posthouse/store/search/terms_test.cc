// No text that contains another lacks one of its terms; and what is written to blocks is read from them.
#include "posthouse/store/search/terms.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/store/error.h"
#include "posthouse/store/search/blocks.h"
#include "posthouse/store/search/postings.h"
#include "posthouse/store/search/search_testing.h"

namespace posthouse::store {
namespace {

std::set<SearchTerm> terms_in(SearchPlace place, std::string_view text) {
  std::set<SearchTerm> terms;
  std::string folded;
  each_term(place, text, folded, [&](SearchTerm term) { terms.insert(term); });
  return terms;
}

/// Whether the terms of a text let it have `needle`.
bool may_have(const std::set<SearchTerm>& terms, SearchPlace place, std::string_view needle) {
  const auto ranges = ranges_within(needle);
  return std::ranges::all_of(ranges, [&](const TermRange& range) {
    const auto found = terms.lower_bound(terms_of(place) + range.first);
    return found != terms.end() && *found < terms_of(place) + range.end;
  });
}

TEST(SearchTerms, ATextHasAllTermsOfItsPieces) {
  std::mt19937 random(13);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_text(random, 40);
    const auto terms = terms_in(SearchPlace::body, text);
    for (int j = 0; j < 10; ++j) {
      const std::string needle = piece_of(random, text);
      if (as_compared(text).find(as_compared(needle)) != std::string::npos) {
        EXPECT_TRUE(may_have(terms, SearchPlace::body, needle)) << text << " / " << needle;
      }
    }
  }
}

TEST(SearchTerms, ExcludeOtherTexts) {
  const auto terms = terms_in(SearchPlace::body, "Hello there, 明天开会");
  for (const char* needle : {"hello", "ELL", "he", "e,", "明天", "会", "开会", "there, 明"}) {
    EXPECT_TRUE(may_have(terms, SearchPlace::body, needle)) << needle;
  }
  for (const char* needle : {"hallo", "th!", "ot", "天明", "议", "there明"}) {
    EXPECT_FALSE(may_have(terms, SearchPlace::body, needle)) << needle;
  }
  EXPECT_FALSE(may_have(terms, SearchPlace::subject, "hello"));
}

TEST(SearchTerms, OfALongNeedleSomeAreEnough) {
  EXPECT_TRUE(ranges_within("").empty());
  EXPECT_TRUE(ranges_within("e").empty()) << "too many messages have it";
  EXPECT_EQ(ranges_within("会").size(), 1U);
  EXPECT_LE(ranges_within(std::string(10'000'000, 'x')).size(), 8U);
  std::string long_text;
  for (int i = 0; long_text.size() < 5000; ++i) {
    long_text += std::to_string(i * i) + "会议";
  }
  EXPECT_TRUE(may_have(terms_in(SearchPlace::to, "before " + long_text + " behind"), SearchPlace::to, long_text));
}

TEST(SearchBlocks, NumbersAreReadAsTheyWereWritten) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    std::vector<SearchNumber> numbers;
    SearchNumber next = random() % 3 == 0 ? 0 : static_cast<SearchNumber>(random() % 1000);
    for (auto count = random() % 300; count != 0; --count) {
      numbers.push_back(next);
      next += random() % 4 == 0 ? 1 + static_cast<SearchNumber>(random() % 500) : 1;
    }
    std::string octets;
    append_numbers(octets, numbers);
    std::vector<SearchNumber> read;
    read_numbers(octets, most_in_segment, read);
    EXPECT_EQ(read, numbers);
    if (!numbers.empty()) {
      EXPECT_THROW(read_numbers(octets, numbers.back(), read), Error) << "a message that is not there";
    }
  }
  std::string run;
  std::vector<SearchNumber> all(100'000);
  for (SearchNumber i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  append_numbers(run, all);
  EXPECT_LE(run.size(), 4U);
}

/// A segment with terms that few, many and all messages have.
std::map<SearchTerm, std::vector<SearchNumber>> some_lists(SearchNumber messages) {
  std::mt19937 random(2);
  std::map<SearchTerm, std::vector<SearchNumber>> lists;
  for (SearchTerm term = terms_of(SearchPlace::from); term < terms_of(SearchPlace::from) + 400; ++term) {
    const auto one_in = 1 + random() % (term % 50 == 0 ? 3 : 5000);
    for (SearchNumber number = 0; number < messages; ++number) {
      if (random() % one_in == 0) {
        lists[term].push_back(number);
      }
    }
  }
  return lists;
}

std::vector<SearchBlock> blocks_of(const std::map<SearchTerm, std::vector<SearchNumber>>& lists,
                                   const std::vector<MessageId>& ids) {
  std::vector<SearchBlock> blocks;
  BlockWriter writer([&](SearchBlock block) { blocks.push_back(std::move(block)); });
  writer.add_ids(ids);
  for (const auto& [term, numbers] : lists) {
    writer.add(term, numbers);
  }
  writer.finish();
  return blocks;
}

TEST(SearchBlocks, AreReadAsTheyWereWritten) {
  constexpr SearchNumber messages = 20'000;
  const auto lists = some_lists(messages);
  std::vector<MessageId> ids;
  for (SearchNumber i = 0; i < messages; ++i) {
    ids.push_back(7 + i * 3);
  }
  std::map<SearchTerm, std::vector<SearchNumber>> read;
  std::vector<MessageId> read_back;
  BlockKey expected{};
  for (const SearchBlock& block : blocks_of(lists, ids)) {
    EXPECT_EQ(block.key, expected);
    EXPECT_LE(block.octets.size(), 64U * 1024);
    BlockReader reader(block.key, block.octets);
    expected = reader.next_block();
    while (reader.next()) {
      if (reader.term() == ids_term) {
        read_ids(reader.octets(), read_back);
      } else {
        read_numbers(reader.octets(), messages, read[reader.term()]);
      }
    }
  }
  EXPECT_EQ(expected, end_of_blocks);
  EXPECT_EQ(read, lists);
  EXPECT_EQ(read_back, ids);
}

TEST(SearchBlocks, DamageIsNoticed) {
  const auto blocks = blocks_of(some_lists(300), {1, 2, 3});
  ASSERT_GT(blocks.size(), 1U);
  const SearchBlock& block = blocks[1];
  for (std::size_t at = 0; at < block.octets.size(); at += 7) {
    std::string octets = block.octets;
    octets[at] = static_cast<char>(octets[at] ^ 4);
    EXPECT_THROW(BlockReader(block.key, octets), Error) << at;
  }
  EXPECT_THROW(BlockReader(block.key, std::string_view(block.octets).substr(0, 100)), Error);
  EXPECT_THROW(BlockReader(block.key, ""), Error);
  EXPECT_THROW(BlockReader(blocks[0].key, block.octets), Error) << "in another's place";
}

TEST(Postings, AMessageWithTooManyTermsIsAlwaysProposed) {
  std::mt19937 random(3);
  std::string text;
  for (int i = 0; i < 400'000; ++i) {
    text += static_cast<char>('!' + random() % 90);
    text += i % 3 == 0 ? "会" : "";
  }
  Postings postings;
  postings.begin();
  postings.add(SearchPlace::subject, "small");
  postings.begin();
  postings.add(SearchPlace::body, text);
  postings.add(SearchPlace::body, text);
  std::vector<SearchNumber> always;
  BlockWriter writer([&](const SearchBlock& block) {
    BlockReader reader(block.key, block.octets);
    while (reader.next()) {
      if (reader.term() == always_term) {
        read_numbers(reader.octets(), 2, always);
      }
    }
  });
  writer.add_ids(std::vector<MessageId>{4, 5});
  postings.write(writer);
  writer.finish();
  EXPECT_EQ(always, std::vector<SearchNumber>{1});
}

}  // namespace
}  // namespace posthouse::store
