#pragma once
// Is a message wanted? Signs, and what people have sorted before, put together.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/judge/classifier/classifier.h"
#include "posthouse/judge/signs/signs.h"

namespace posthouse::judge {

/// What was found.
struct Judgement {
  double score = 0;           ///< The sum of the signs' scores.
  double required = 5;        ///< From here on it is unwanted.
  std::vector<Sign> signs{};  ///< What speaks for and against it; the classifier's word is one of them.

  bool unwanted() const noexcept { return score >= required; }
  /// "Yes, score=7.2 required=5.0 tests=RICHES=3.0,…": the value of an X-Spam-Status field as SpamAssassin writes it, which
  /// filters and mail programs read; on one line of printable ASCII.
  std::string status() const;
};

/// Puts together what the signs say and what the words say, as far as that is known.
///
///     const auto message = mime::Message::parse(bytes);
///     const auto words = judge::words_of(message);
///     const auto judgement = judge::judge(judge::signs_of(message, how), judge::likelihood_of(counts, totals));
///     if (judgement.unwanted()) …
Judgement judge(std::vector<Sign> signs, const Likelihood& words = {}, double required = 5);

}  // namespace posthouse::judge
