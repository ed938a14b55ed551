#include "apps/posthouse/search_words.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "posthouse/base/units.h"

namespace posthouse::app {
namespace {

using imap::Criteria;

[[noreturn]] void refuse(const std::string& word, const std::string& why) {
  throw CLI::ValidationError("--search", "'" + word + "' " + why);
}

std::chrono::year_month_day day_of(const std::string& word, std::string_view text) {
  std::array<int, 3> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [stop, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc() || (i < 2 && (stop == end || *stop != '-')) || (i == 2 && stop != end)) {
      refuse(word, "has no day such as 2026-01-31");
    }
    at = stop + 1;
  }
  const std::chrono::year_month_day day{std::chrono::year(numbers[0]),
                                        std::chrono::month(static_cast<unsigned>(numbers[1])),
                                        std::chrono::day(static_cast<unsigned>(numbers[2]))};
  if (!day.ok()) {
    refuse(word, "is no day of the calendar");
  }
  return day;
}

std::uint64_t size_of(const std::string& word, std::string_view text) {
  const auto size = parse_size(text);
  if (!size) {
    refuse(word, "has no size such as 1000000 or 256KiB");
  }
  return *size;
}

Criteria named(const std::string& word, std::string_view name, std::string_view text) {
  const std::array<std::pair<std::string_view, Criteria (*)(std::string_view)>, 6> texts = {{{"from", imap::from},
                                                                                             {"to", imap::to},
                                                                                             {"cc", imap::cc},
                                                                                             {"subject", imap::subject},
                                                                                             {"body", imap::body},
                                                                                             {"flag", imap::has_flag}}};
  for (const auto& [key, make] : texts) {
    if (name == key) {
      return make(text);
    }
  }
  if (name == "since") {
    return imap::since(day_of(word, text));
  }
  if (name == "before") {
    return imap::before(day_of(word, text));
  }
  if (name == "on") {
    return imap::on(day_of(word, text));
  }
  if (name == "larger") {
    return imap::larger(size_of(word, text));
  }
  if (name == "smaller") {
    return imap::smaller(size_of(word, text));
  }
  return imap::anywhere(word);
}

Criteria one(const std::string& word) {
  const std::array<std::pair<std::string_view, Criteria (*)()>, 6> flags = {{{"unseen", imap::unseen},
                                                                             {"seen", imap::seen},
                                                                             {"flagged", imap::flagged},
                                                                             {"answered", imap::answered},
                                                                             {"draft", imap::draft},
                                                                             {"deleted", imap::deleted}}};
  for (const auto& [name, make] : flags) {
    if (word == name) {
      return make();
    }
  }
  const std::size_t colon = word.find(':');
  const std::string_view all = word;
  return colon == std::string::npos ? imap::anywhere(word) : named(word, all.substr(0, colon), all.substr(colon + 1));
}

}  // namespace

imap::Criteria search_criteria(const std::vector<std::string>& words) {
  constexpr std::string_view negation = "not:";
  Criteria all = imap::everything();
  bool first = true;
  for (const std::string& word : words) {
    const bool turned = word.starts_with(negation);
    Criteria next = one(turned ? word.substr(negation.size()) : word);
    next = turned ? !next : next;
    all = std::exchange(first, false) ? std::move(next) : all && next;
  }
  return all;
}

}  // namespace posthouse::app
