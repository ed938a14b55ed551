#pragma once
// Walks over the text of one command or response: what the grammars of both sides are read with.
//
// The text is the whole of it, each literal in its place behind its announcement "{n}" CRLF.
//
// Convention: each function takes what it is named after and returns it, or takes nothing and returns nothing. What must
// be there is asked for with a reason: `in.expect_space() && in.…`; the first reason given stays.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

class Cursor {
 public:
  explicit Cursor(std::string_view text, std::size_t at = 0) noexcept : text_(text), at_(at) {}

  bool at_end() const noexcept { return at_ >= text_.size(); }
  std::size_t position() const noexcept { return at_; }
  void seek(std::size_t at) noexcept { at_ = at; }
  std::string_view text() const noexcept { return text_; }
  std::string_view rest() const noexcept { return text_.substr(at_); }
  /// The next octet; NUL at the end.
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }

  /// Takes `c`.
  bool take(char c) noexcept;
  /// Takes `word`, ASCII case aside, where no atom goes on behind it.
  bool take_word(std::string_view word) noexcept;
  /// Takes `text`, ASCII case aside, whatever follows.
  bool take_prefix(std::string_view text) noexcept;
  /// All octets that `is` holds for.
  template <class Is>
  std::string_view take_while(Is is) noexcept {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is(text_[at_])) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }
  /// An atom; empty when there is none.
  std::string_view take_atom() noexcept;

  std::optional<std::uint64_t> take_number64() noexcept;
  std::optional<std::uint32_t> take_number() noexcept;
  /// Not 0.
  std::optional<std::uint32_t> take_nz_number() noexcept;
  std::optional<SequenceSet> take_set(std::size_t max_ranges);

  /// A quoted string; octets above 127 are taken, CR, LF and NUL are not.
  std::optional<std::string> take_quoted();
  /// A literal "{n}" or "{n+}" without NUL; with `binary_too` any literal, "~{n}" too. `binary`, when given, tells whether
  /// it was that one.
  std::optional<std::string> take_literal(bool binary_too = false, bool* binary = nullptr);
  std::optional<std::string> take_string();
  std::optional<std::string> take_astring();
  /// NIL gives an empty inner optional.
  std::optional<std::optional<std::string>> take_nstring();

  /// Sets why the text is refused, unless a reason was given before. Always false.
  bool fail(const char* why) noexcept {
    if (error_ == nullptr) {
      error_ = why;
    }
    return false;
  }
  bool expect(char c, const char* why) noexcept { return take(c) || fail(why); }
  /// Takes spaces: one, or as many as there are, which harms nobody.
  bool expect_space() noexcept {
    return !take_while([](char c) { return c == ' '; }).empty() || fail("A space is missing");
  }
  /// Why the text is refused; nullptr while it is not.
  const char* error() const noexcept { return error_; }

 private:
  std::string_view text_;
  std::size_t at_;
  const char* error_ = nullptr;
};

/// The announcement of a literal.
struct LiteralHead {
  std::uint64_t size = 0;     ///< Octets of the literal.
  bool synchronizing = true;  ///< "{n}": whoever sends it waits for "+".
  bool binary = false;        ///< "~{n}" (RFC 3516).
  std::size_t length = 0;     ///< Octets of the announcement, "~" included.
};

/// The announcement at the end of `line`, whose line end is cut off already; max_number64 where its number is larger.
/// Nothing where there is none.
std::optional<LiteralHead> literal_at_end(std::string_view line) noexcept;

/// Takes what `input` has of the `left` octets of a literal that are still to come.
std::string_view take_literal(std::string_view& input, std::uint64_t& left) noexcept;

}  // namespace posthouse::imap
