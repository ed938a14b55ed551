#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/orm/migrate/migration.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view each) { return iequals(word, each); });
}

constexpr std::array<std::string_view, 4> with_bodies{"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"};
constexpr std::array<std::string_view, 9> without_bodies{"TABLE",    "INDEX", "VIEW", "DATABASE", "SCHEMA",
                                                         "SEQUENCE", "USER",  "ROLE", "SERVER"};
constexpr std::array<std::string_view, 4> ends_of_blocks{"IF", "LOOP", "WHILE", "REPEAT"};

// Follows one statement word by word, to know whether a semicolon ends it.
class Statement {
 public:
  bool ends_at_semicolon() const { return depth_ == 0; }

  void word(std::string_view word) {
    if (first_) {
      first_ = false;
      kind_ = iequals(word, "CREATE") ? Kind::create : Kind::plain;
    } else if (kind_ == Kind::create) {  // the first word that says what is created
      if (is_one_of(word, with_bodies)) {
        kind_ = Kind::routine;
      }
      if (is_one_of(word, without_bodies)) {
        kind_ = Kind::plain;
      }
    } else if (kind_ == Kind::routine) {
      in_routine(word);
    }
  }

 private:
  enum class Kind { plain, create, routine };

  // BEGIN and CASE have an END; END IF and the like close what was not counted.
  void in_routine(std::string_view word) {
    const bool after_end = after_end_;
    after_end_ = false;
    if (after_end && is_one_of(word, ends_of_blocks)) {
      ++depth_;
    } else if (after_end && iequals(word, "CASE")) {
      return;
    } else if (iequals(word, "BEGIN") || iequals(word, "CASE")) {
      ++depth_;
    } else if (iequals(word, "END") && depth_ > 0) {
      --depth_;
      after_end_ = true;
    }
  }

  Kind kind_ = Kind::plain;
  bool first_ = true;
  bool after_end_ = false;
  int depth_ = 0;
};

class Splitter {
 public:
  explicit Splitter(std::string_view script) : script_(script) {}

  std::vector<std::string> split() {
    while (at_ < script_.size()) {
      step();
    }
    end_statement(script_.size());
    return std::move(statements_);
  }

 private:
  void step() {
    const char c = script_[at_];
    if (c == '#') {
      at_ = std::min(script_.find('\n', at_), script_.size());
    } else if (const std::size_t inert = sql::skip_inert(script_, at_); inert != at_) {
      const bool comment = c == '-' || c == '/';
      empty_ = empty_ && comment;
      at_ = inert;
    } else if (const std::size_t end = sql::skip_word(script_, at_); end != at_) {
      take_word(script_.substr(at_, end - at_));
      at_ = end;
    } else if (c == ';' && statement_.ends_at_semicolon()) {
      end_statement(at_++);
      begin_ = at_;
    } else {
      empty_ = empty_ && is_space(c);
      ++at_;
    }
  }

  void take_word(std::string_view word) {
    if (empty_ && iequals(word, "DELIMITER")) {
      throw sql::Error(
          sql::Errc::usage,
          "DELIMITER is a command of MySQL's client, not SQL; leave it out: the BEGIN … END of triggers and "
          "routines is understood");
    }
    empty_ = false;
    const bool qualified = at_ > 0 && (script_[at_ - 1] == '.' || script_[at_ - 1] == '@');  // NEW.end, @begin
    statement_.word(qualified ? "name" : word);
  }

  void end_statement(std::size_t end) {
    if (!empty_) {
      statements_.emplace_back(trim(script_.substr(begin_, end - begin_)));
    }
    empty_ = true;
    statement_ = Statement();
  }

  std::string_view script_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the statement
  bool empty_ = true;      // nothing but comments and space so far
  Statement statement_;
  std::vector<std::string> statements_;
};

}  // namespace

std::vector<std::string> split_statements(std::string_view script) {
  return Splitter(script).split();
}

}  // namespace posthouse::orm
