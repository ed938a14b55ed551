#pragma once
// Which lines of a log tell of which letter.
//
// Terms.  A line tells of a letter by its `id` (from accepted to the end of the session) or its `message` (from then on);
// "accepted" has both. What is asked about names letters by either, by Message-ID, or by an address of theirs.
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/server/log/log_line.h"

namespace posthouse::server {

/// Give look() all lines of the log in their order, `passes` times; then letter_of() knows. Holds what names the letters
/// asked about, and nothing of others.
///
///     LetterTrace trace("ann@one.test");
class LetterTrace {
 public:
  /// How often look() must see the log: a line may name a letter by what only a later one connects with the question.
  static constexpr int passes = 2;

  /// `question`: an id ("1a2b3c"), the number of a message, a Message-ID with or without its brackets, or an address.
  explicit LetterTrace(std::string_view question);

  void look(const LogLine& line);

  /// The letter that `line` tells of: a number from 0 in the order of the log; nothing when it is none of those asked
  /// about.
  std::optional<std::size_t> letter_of(const LogLine& line) const;

  /// True when `line` is about what was asked, and tells of no letter: a refused recipient, say, or a failed log-in.
  bool aside(const LogLine& line) const;

  std::size_t letters() const noexcept { return names_.size(); }
  /// The id of letter `letter`, and the number of its message; empty where the log does not tell.
  const std::string& id(std::size_t letter) const { return names_[letter].id; }
  const std::string& message(std::size_t letter) const { return names_[letter].message; }

 private:
  struct Names {
    std::string id{};
    std::string message{};
  };
  bool asked(const LogLine& line) const;

  const std::string question_;  // without the brackets of a Message-ID
  const std::string address_;   // in one spelling; empty when it is none
  std::vector<Names> names_{};
  std::map<std::string, std::size_t, std::less<>> by_id_{};
  std::map<std::string, std::size_t, std::less<>> by_message_{};
};

}  // namespace posthouse::server
