// The judge on messages that others have sorted: SpamAssassin's public corpus, as much of it as the shared corpus has. Each tenth
// of it is judged by what was learned from the other nine. docs/performance.md has what came out.
#include "posthouse/mime/testing/corpus/corpus.h"

#include <algorithm>
#include <iostream>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "posthouse/judge/judge.h"
#include "posthouse/judge/words/words.h"

namespace posthouse::judge {
namespace {

using mime::corpus;

constexpr std::size_t folds = 10;

struct Sorted {
  std::vector<std::uint64_t> words{};
  std::vector<Sign> signs{};
  bool unwanted = false;
};

void add_folder(std::vector<Sorted>& all, const std::filesystem::path& folder, bool unwanted) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto message = mime::Message::map(file);
    // When they came is not known: by the Date they are new.
    const auto date = message.date();
    all.push_back({.words = words_of(message),
                   .signs = signs_of(message, {.now = date ? date->utc : std::chrono::system_clock::time_point{}}),
                   .unwanted = unwanted});
  }
}

/// What has been learned from all but one fold.
struct Lessons {
  std::map<std::uint64_t, WordCounts> words{};
  Totals totals{};

  Lessons(const std::vector<Sorted>& all, std::size_t left_out) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i % folds == left_out) {
        continue;
      }
      (all[i].unwanted ? totals.unwanted : totals.wanted) += 1;
      for (const std::uint64_t word : all[i].words) {
        WordCounts& counts = words[word];
        (all[i].unwanted ? counts.unwanted : counts.wanted) += 1;
      }
    }
  }
  Likelihood of(const Sorted& message) const {
    std::vector<WordCounts> counts;
    for (const std::uint64_t word : message.words) {
      const auto found = words.find(word);
      counts.push_back(found == words.end() ? WordCounts{} : found->second);
    }
    return likelihood_of(counts, totals);
  }
};

struct Outcome {
  std::size_t caught = 0, missed = 0, wronged = 0, wanted = 0;
  double recall() const { return static_cast<double>(caught) / static_cast<double>(caught + missed); }
};

void count(Outcome& outcome, const Sorted& message, const Judgement& judgement) {
  if (message.unwanted) {
    ++(judgement.unwanted() ? outcome.caught : outcome.missed);
  } else {
    ++outcome.wanted;
    outcome.wronged += judgement.unwanted() ? 1U : 0U;
  }
}

TEST(JudgeCorpus, CatchesMostAndWrongsNobody) {
  POSTHOUSE_NEEDS_CORPUS("spamassassin-public");
  std::vector<Sorted> all;
  add_folder(all, corpus() / "spamassassin-public/easy-ham-1", false);
  add_folder(all, corpus() / "spamassassin-public/spam-1", true);
  Outcome first_day;
  Outcome with_lessons;
  for (std::size_t fold = 0; fold < folds; ++fold) {
    const Lessons lessons(all, fold);
    for (std::size_t i = fold; i < all.size(); i += folds) {
      count(first_day, all[i], judge(all[i].signs));
      count(with_lessons, all[i], judge(all[i].signs, lessons.of(all[i])));
    }
  }
  std::cout << fmt::format("signs alone: {:.3f} caught, {} of {} wronged; with lessons: {:.3f} caught, {} wronged\n",
                           first_day.recall(), first_day.wronged, first_day.wanted, with_lessons.recall(),
                           with_lessons.wronged);
  EXPECT_EQ(first_day.wronged, 0U);
  EXPECT_EQ(with_lessons.wronged, 0U);
  EXPECT_GE(first_day.recall(), 0.05);
  EXPECT_GE(with_lessons.recall(), 0.75);
}

}  // namespace
}  // namespace posthouse::judge
