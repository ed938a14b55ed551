#include "posthouse/server/judging/letter_judge.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/fiber/run.h"
#include "posthouse/judge/words/words.h"
#include "posthouse/store/lessons/lessons.h"

namespace posthouse::server {
namespace {

constexpr std::uint32_t least_lessons = 20;  // of each sort, before they say anything

bool are_enough(const store::LessonTotals& totals) {
  return totals.wanted >= least_lessons && totals.unwanted >= least_lessons;
}

}  // namespace

judge::Likelihood likelihood_of_words(store::Store& store, store::AccountId account,
                                      const std::vector<std::int64_t>& words) {
  return store.read([&](store::Read& read) -> judge::Likelihood {
    store::AccountId pupil = account;
    store::LessonTotals totals = store::lesson_totals(read, pupil);
    if (!are_enough(totals)) {
      pupil = store::pupil_all;
      totals = store::lesson_totals(read, pupil);
    }
    if (!are_enough(totals)) {
      return {};
    }
    std::vector<judge::WordCounts> counts;
    for (const store::WordTally& tally : store::word_tallies(read, pupil, words)) {
      counts.push_back({.wanted = tally.wanted, .unwanted = tally.unwanted});
    }
    return judge::likelihood_of(counts, {.wanted = totals.wanted, .unwanted = totals.unwanted}, least_lessons);
  });
}

std::vector<std::int64_t> stored_words(const mime::Message& message) {
  std::vector<std::int64_t> words;
  for (const std::uint64_t word : judge::words_of(message)) {
    words.push_back(std::bit_cast<std::int64_t>(word));
  }
  return words;
}

std::optional<store::AccountId> only_account(store::Store& store, const delivery::Destinations& to) {
  if (to.mailboxes().size() != 1) {
    return std::nullopt;
  }
  return store.read([&](store::Read& read) -> std::optional<store::AccountId> {
    const auto mailbox = store::find_mailbox(read, to.mailboxes().front());
    return mailbox ? std::optional(mailbox->account) : std::nullopt;
  });
}

std::string spam_status_field(const judge::Judgement& judgement) {
  constexpr std::size_t width = 76;
  constexpr std::string_view fold = "\r\n\t";
  constexpr std::size_t tab = 8;
  const std::string status = judgement.status();
  std::string field = "X-Spam-Status:";
  std::size_t column = field.size();
  for (const std::string_view word : split(status, ' ')) {
    std::string_view before = " ";
    // A long list is folded behind its commas, as SpamAssassin does it: readers take that.
    for (std::string_view rest = word; !rest.empty(); before = {}) {
      const std::string_view piece = rest.substr(0, std::min(rest.find(','), rest.size() - 1) + 1);
      rest.remove_prefix(piece.size());
      if (column + before.size() + piece.size() > width) {
        field.append(fold);
        column = tab;
      } else {
        field.append(before);
        column += before.size();
      }
      field.append(piece);
      column += piece.size();
    }
  }
  return field + "\r\n";
}

std::string fields_of(const judge::Judgement& judgement) {
  std::string signs;
  for (const judge::Sign& sign : judgement.signs) {
    signs += (signs.empty() ? "" : ",") + sign.name;
  }
  return fmt::format("verdict={} score={:.1f} required={:.1f} signs={}", judgement.unwanted() ? "junk" : "wanted",
                     judgement.score, judgement.required, signs.empty() ? "none" : signs);
}

std::optional<judge::Judgement> judge_letter(store::Store& store, const store::StoredBody& body,
                                             const judge::Circumstances& how, store::AccountId account,
                                             const JudgeSettings& settings) {
  if (body.size() > largest_judged) {
    return std::nullopt;
  }
  struct Read {
    std::vector<judge::Sign> signs{};
    std::vector<std::int64_t> words{};
  };
  Read read = fiber::blocking([&] {
    const mime::Message message =
        body.in_memory() ? mime::Message::view(body.bytes()) : mime::Message::map(store.file_of(body));
    return Read{judge::signs_of(message, how), stored_words(message)};
  });
  return judge::judge(std::move(read.signs), likelihood_of_words(store, account, read.words), settings.required);
}

}  // namespace posthouse::server
