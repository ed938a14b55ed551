#include "posthouse/sieve/match/regex.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

#include "posthouse/base/utf8.h"

namespace posthouse::sieve {
namespace {

constexpr int most_groups = 32;

}  // namespace

Regex::Regex(std::shared_ptr<const re2::RE2> engine) noexcept : engine_(std::move(engine)) {}

std::optional<Regex> Regex::compile(std::string_view pattern, Comparator comparator, std::size_t memory,
                                    std::string& why) {
  re2::RE2::Options options;
  options.set_encoding(comparator == Comparator::octet || !is_utf8(pattern) ? re2::RE2::Options::EncodingLatin1
                                                                            : re2::RE2::Options::EncodingUTF8);
  options.set_posix_syntax(true);
  options.set_longest_match(true);
  options.set_perl_classes(true);
  options.set_word_boundary(true);
  options.set_one_line(true);
  options.set_log_errors(false);
  options.set_case_sensitive(comparator == Comparator::octet);
  options.set_dot_nl(true);
  options.set_max_mem(static_cast<std::int64_t>(memory));
  auto engine = std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!engine->ok()) {
    why = engine->error();
    return std::nullopt;
  }
  return Regex(std::move(engine));
}

bool Regex::match(std::string_view value, std::vector<std::string_view>* captures, std::uint64_t& work) const {
  // More groups than `${N}` can name are not kept: each costs the slowest engine a copy at every step.
  const int groups = captures == nullptr ? 0 : std::min(engine_->NumberOfCapturingGroups(), most_groups) + 1;
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(groups));
  // Each octet may meet each instruction where a pattern is too much for RE2's automaton, as large ones are.
  const auto instructions = static_cast<std::uint64_t>(engine_->ProgramSize());
  work += 1 + value.size() * instructions / (instructions > 1000 ? 256 : 1024);
  if (!engine_->Match(re2::StringPiece(value.data(), value.size()), 0, value.size(), re2::RE2::UNANCHORED, found.data(),
                      groups)) {
    return false;
  }
  if (captures != nullptr) {
    captures->clear();
    for (const re2::StringPiece& piece : found) {
      captures->emplace_back(piece.data() == nullptr ? value.substr(0, 0)
                                                     : std::string_view(piece.data(), piece.size()));
    }
  }
  return true;
}

}  // namespace posthouse::sieve
