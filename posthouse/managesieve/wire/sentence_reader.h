#pragma once
// Commands and responses, found in octets as they come: the step of either side that needs no socket. Private to this
// module.
//
// A *sentence* is a command with its arguments, or one response: atoms, strings and parentheses up to a line end that is
// not inside of a literal (RFC 5804 section 4).
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::managesieve {

/// Who writes: the literals of a client are `{5+}`, those of a server `{5}`.
enum class Side : std::uint8_t { client, server };

/// A piece of a sentence.
struct Token {
  enum class Kind : std::uint8_t {
    atom,    ///< A word or a number, as it came.
    string,  ///< Quoted or literal; `text` is what it says.
    open,    ///< "("
    close,   ///< ")"
  };
  Kind kind = Kind::atom;
  std::string text{};

  bool is_string() const noexcept { return kind == Kind::string; }
  friend bool operator==(const Token&, const Token&) = default;
};

/// How much of a sentence is kept.
struct SentenceLimits {
  std::size_t line = 8 * 1024;             ///< Octets outside of literals.
  std::size_t literals = 1024 * 1024;      ///< Octets of all literals together.
  std::size_t tokens = 16;                 ///< Pieces.
  std::size_t skipped = 32 * 1024 * 1024;  ///< Octets skipped in search of the end of a sentence that is over a limit.
};

/// What a reader has found.
enum class SentenceState : std::uint8_t {
  more,       ///< The sentence has no end yet.
  complete,   ///< A sentence.
  bad,        ///< It does not follow the grammar. It was skipped, with its literals as far as they can be told.
  too_large,  ///< A limit was passed; it was skipped likewise. tokens() has what came before.
  endless,    ///< More than SentenceLimits::skipped would have to be skipped.
};

/// A state, and how much of the input is done with.
struct SentenceStep {
  SentenceState state = SentenceState::more;
  std::size_t size = 0;  ///< Octets at the front of the input that are done with.
};

/// Reads sentences, one after another. Octets may come in any pieces.
///
///     for (;;) {
///       const SentenceStep step = reader.read(stream.buffered());
///       stream.consume(step.size);
///       if (step.state != SentenceState::more) break;
///       stream.fill();
///     }
///
/// Invariants:
///  1. It holds at most SentenceLimits::line and ::literals octets.
///  2. Each octet is looked at once; nothing recurses.
///  3. What belongs to a sentence that was not `complete` is never taken for another one, where its literals can be told.
class SentenceReader {
 public:
  /// Reads what `side` writes.
  explicit SentenceReader(Side side, const SentenceLimits& limits = {}) noexcept : side_(side), limits_(limits) {}

  /// Limits from the next sentence on.
  void set_limits(const SentenceLimits& limits) noexcept { limits_ = limits; }
  /// Looks at the octets that have come and were not dropped. After any state but `more` a new sentence begins.
  SentenceStep read(std::string_view input);
  /// The pieces of the sentence read last; may be moved from.
  std::vector<Token>& tokens() noexcept { return tokens_; }
  /// After `endless`: what it is that was being skipped, `bad` or `too_large`.
  SentenceState failure() const noexcept { return failure_; }
  /// Begins anew, with whatever comes next.
  void reset() noexcept;

 private:
  enum class State : std::uint8_t {
    begin,         // of a sentence
    between,       // tokens
    behind,        // a string: no other may follow at once
    atom,          //
    quoted,        //
    escaped,       // the octet behind a backslash
    literal_size,  // behind "{"
    literal_line,  // behind "}"
    literal,       //
    line_feed,     // behind CR
    skipping,      // to the end of a sentence that will not be
  };

  void begin_octet();
  void step(char c);
  void step_between(char c);
  void step_atom(char c);
  void step_quoted(char c);
  void step_literal_size(char c);
  void step_literal_line(char c);
  void step_skipping(char c);
  void begin_literal();
  std::size_t take_literal(std::string_view input);
  void begin_token(Token::Kind kind);
  void line_end();
  void fail(SentenceState why);

  Side side_;
  SentenceLimits limits_;
  State state_ = State::begin;
  SentenceState outcome_ = SentenceState::more;
  SentenceState failure_ = SentenceState::bad;  // while skipping
  bool again_ = false;                          // the octet is to be looked at in the state it has led to
  std::vector<Token> tokens_;
  std::size_t line_ = 0;      // octets outside of literals
  std::size_t literals_ = 0;  // octets inside
  std::size_t skipped_ = 0;
  std::uint64_t left_ = 0;  // octets of the literal to come
  std::string size_;        // of a literal: what stands behind "{"
  std::string tail_;        // while skipping: the end of the line so far
};

/// The size in the text between "{" and "}" of a literal of `side`; false when it is none. Sizes beyond 32 bits count as the
/// largest.
bool parse_literal_size(std::string_view text, Side side, std::uint64_t& size) noexcept;

}  // namespace posthouse::managesieve
