#include "posthouse/judge/judge.h"

#include <fmt/format.h>

namespace posthouse::judge {
namespace {

/// What the classifier's word weighs, from the surest on.
struct Step {
  double from;  ///< Likelihood::unwanted of at least this …
  double to;    ///< … and below this.
  Sign sign;
};

const std::vector<Step>& steps() {
  static const std::vector<Step> all = {
      {0.9, 1.01, {"WORDS_90", 5.0, "its words are almost only found in unwanted messages"}},
      {0.7, 0.9, {"WORDS_70", 4.0, "its words are mostly found in unwanted messages"}},
      {0.55, 0.7, {"WORDS_55", 2.0, "its words are rather found in unwanted messages"}},
      {0.1, 0.3, {"WORDS_30", -1.0, "its words are rather found in wanted messages"}},
      {-0.01, 0.1, {"WORDS_10", -2.0, "its words are mostly found in wanted messages"}},
  };
  return all;
}

}  // namespace

std::string Judgement::status() const {
  std::string text = fmt::format("{}, score={:.1f} required={:.1f} tests=", unwanted() ? "Yes" : "No", score, required);
  for (const Sign& sign : signs) {
    text += fmt::format("{}{}={:.1f}", &sign == &signs.front() ? "" : ",", sign.name, sign.score);
  }
  return text + (signs.empty() ? "none" : "");
}

Judgement judge(std::vector<Sign> signs, const Likelihood& words, double required) {
  for (const Step& step : steps()) {
    if (words.evidence != 0 && words.unwanted >= step.from && words.unwanted < step.to) {
      signs.push_back(step.sign);
    }
  }
  Judgement judgement{.required = required, .signs = std::move(signs)};
  for (const Sign& sign : judgement.signs) {
    judgement.score += sign.score;
  }
  return judgement;
}

}  // namespace posthouse::judge
