// Search keys, read without recursion.
#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_input.h"
#include "posthouse/imap/wire/text/date.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

// What stands behind the name of a key.
enum class Operand : std::uint8_t { none, text, header, keyword, day, number, nz_number, set, modseq, id };

struct KeyName {
  std::string_view name;
  SearchTerm term;
  Operand operand = Operand::none;
  std::string_view value = {};  // the field of a header key, the flag of a flag key
};

constexpr KeyName key_names[] = {
    {"ALL", SearchTerm::all},
    {"ANSWERED", SearchTerm::flag, Operand::none, "\\Answered"},
    {"BCC", SearchTerm::header, Operand::text, "Bcc"},
    {"BEFORE", SearchTerm::before, Operand::day},
    {"BODY", SearchTerm::body, Operand::text},
    {"CC", SearchTerm::header, Operand::text, "Cc"},
    {"DELETED", SearchTerm::flag, Operand::none, "\\Deleted"},
    {"DRAFT", SearchTerm::flag, Operand::none, "\\Draft"},
    {"EMAILID", SearchTerm::email_id, Operand::id},
    {"FLAGGED", SearchTerm::flag, Operand::none, "\\Flagged"},
    {"FROM", SearchTerm::header, Operand::text, "From"},
    {"HEADER", SearchTerm::header, Operand::header},
    {"KEYWORD", SearchTerm::flag, Operand::keyword},
    {"LARGER", SearchTerm::larger, Operand::number},
    {"MODSEQ", SearchTerm::modseq, Operand::modseq},
    {"OLD", SearchTerm::no_flag, Operand::none, "\\Recent"},
    {"OLDER", SearchTerm::older, Operand::nz_number},
    {"ON", SearchTerm::on, Operand::day},
    {"RECENT", SearchTerm::flag, Operand::none, "\\Recent"},
    {"SAVEDATESUPPORTED", SearchTerm::save_date_supported},
    {"SAVEDBEFORE", SearchTerm::saved_before, Operand::day},
    {"SAVEDON", SearchTerm::saved_on, Operand::day},
    {"SAVEDSINCE", SearchTerm::saved_since, Operand::day},
    {"SEEN", SearchTerm::flag, Operand::none, "\\Seen"},
    {"SENTBEFORE", SearchTerm::sent_before, Operand::day},
    {"SENTON", SearchTerm::sent_on, Operand::day},
    {"SENTSINCE", SearchTerm::sent_since, Operand::day},
    {"SINCE", SearchTerm::since, Operand::day},
    {"SMALLER", SearchTerm::smaller, Operand::number},
    {"SUBJECT", SearchTerm::header, Operand::text, "Subject"},
    {"TEXT", SearchTerm::text, Operand::text},
    {"THREADID", SearchTerm::thread_id, Operand::id},
    {"TO", SearchTerm::header, Operand::text, "To"},
    {"UID", SearchTerm::uids, Operand::set},
    {"UNANSWERED", SearchTerm::no_flag, Operand::none, "\\Answered"},
    {"UNDELETED", SearchTerm::no_flag, Operand::none, "\\Deleted"},
    {"UNDRAFT", SearchTerm::no_flag, Operand::none, "\\Draft"},
    {"UNFLAGGED", SearchTerm::no_flag, Operand::none, "\\Flagged"},
    {"UNKEYWORD", SearchTerm::no_flag, Operand::keyword},
    {"UNSEEN", SearchTerm::no_flag, Operand::none, "\\Seen"},
    {"YOUNGER", SearchTerm::younger, Operand::nz_number},
};

// entry-flag-name: "/flags/" and a flag (RFC 7162 section 7).
bool is_flag_entry(std::string_view text) {
  constexpr std::string_view folder = "/flags/";
  if (!istarts_with(text, folder)) {
    return false;
  }
  text.remove_prefix(folder.size());
  if (text.starts_with('\\')) {
    text.remove_prefix(1);
  }
  return is_atom(text);
}

class SearchKeyReader {
 public:
  SearchKeyReader(CommandInput& input, SearchKeys& keys) : input_(input), in_(input.in), keys_(keys) {}

  bool run() {
    if (!in_.expect_space()) {
      return false;
    }
    for (;;) {
      bool complete = false;
      if (!read_key(complete)) {
        return false;
      }
      if (complete && close_keys()) {
        return true;
      }
      if (in_.error() != nullptr) {
        return false;
      }
    }
  }

 private:
  // A key with others inside that is not complete yet.
  struct OpenKey {
    std::size_t index;
    std::size_t missing;  // keys still to come; 0 for parentheses, which tell themselves
  };

  SearchKey* add(SearchTerm term) {
    if (keys_.size() >= input_.limits.search_keys) {
      in_.fail("Too many search keys");
      return nullptr;
    }
    keys_.push_back({.term = term});
    return &keys_.back();
  }

  bool open(SearchTerm term, std::size_t missing) {
    if (open_.size() >= input_.limits.search_depth) {
      return in_.fail("The search is nested too deep");
    }
    open_.push_back({keys_.size(), missing});
    return add(term) != nullptr;
  }

  // One key, or the beginning of one that has others inside.
  bool read_key(bool& complete) {
    if (in_.take('(')) {
      skip_spaces();
      return open(SearchTerm::all_of, 0);
    }
    if (is_digit(in_.peek()) || in_.peek() == '*' || in_.peek() == '$') {
      complete = true;
      SearchKey* key = add(SearchTerm::numbers);
      return key != nullptr && read_key_set(*key);
    }
    const std::string name = take_keyword(in_);
    if (name == "NOT") {
      return in_.expect_space() && open(SearchTerm::none_of, 1);
    }
    if (name == "OR") {
      return in_.expect_space() && open(SearchTerm::any_of, 2);
    }
    complete = true;
    if (name == "NEW") {
      return read_new();
    }
    const auto* found = std::lower_bound(std::begin(key_names), std::end(key_names), name,
                                         [](const KeyName& entry, const std::string& key) { return entry.name < key; });
    if (found == std::end(key_names) || found->name != name) {
      return in_.fail("An unknown search key");
    }
    SearchKey* key = add(found->term);
    return key != nullptr && read_operand(*found, *key);
  }

  bool read_new() {
    const std::size_t at = keys_.size();
    SearchKey* key = add(SearchTerm::all_of);
    if (key == nullptr || (key = add(SearchTerm::flag)) == nullptr) {
      return false;
    }
    key->text = "\\Recent";
    if ((key = add(SearchTerm::no_flag)) == nullptr) {
      return false;
    }
    key->text = "\\Seen";
    keys_[at].size = 3;
    return true;
  }

  bool read_operand(const KeyName& name, SearchKey& key) {
    switch (name.operand) {
      case Operand::none:
        key.text = name.value;
        return true;
      case Operand::text:
        key.field = name.value;
        return read_astring_argument(input_, key.text);
      case Operand::header:
        return read_astring_argument(input_, key.field) && read_astring_argument(input_, key.text);
      case Operand::keyword:
      case Operand::id:
        key.text = in_.expect_space() ? in_.take_atom() : std::string_view();
        return !key.text.empty() || in_.fail("A word of the search is missing");
      case Operand::day:
        return in_.expect_space() && read_key_day(key);
      case Operand::number:
      case Operand::nz_number:
        return in_.expect_space() && read_key_number(key, name.operand == Operand::nz_number);
      case Operand::set:
        return in_.expect_space() && read_key_set(key);
      case Operand::modseq:
        return in_.expect_space() && read_key_modseq(key);
    }
    return false;
  }

  bool read_key_set(SearchKey& key) {
    auto set = in_.take_set(input_.limits.ranges);
    if (!set) {
      return in_.fail("No set of messages, or a set of too many ranges");
    }
    key.set = std::move(*set);
    return true;
  }

  bool read_key_day(SearchKey& key) {
    const bool quoted = in_.take('"');
    const auto day = parse_day(in_.take_while([](char c) { return is_atom_char(c); }));
    if (!day || (quoted && !in_.take('"'))) {
      return in_.fail("No date of a search");
    }
    key.day = *day;
    return true;
  }

  bool read_key_number(SearchKey& key, bool not_zero) {
    const auto number = in_.take_number64();
    if (!number || (not_zero && *number == 0)) {
      return in_.fail("A number of the search is missing");
    }
    key.number = *number;
    return true;
  }

  // [SP "/flags/\\Seen" SP "all"] SP number (RFC 7162 section 3.1.5)
  bool read_key_modseq(SearchKey& key) {
    if (in_.peek() == '"') {
      auto entry = in_.take_quoted();
      if (!entry || !is_flag_entry(*entry)) {
        return in_.fail("No entry of MODSEQ");
      }
      if (!in_.expect_space()) {
        return false;
      }
      key.field = std::move(*entry);
      key.text = to_lower(in_.take_atom());
      if ((key.text != "all" && key.text != "priv" && key.text != "shared") || !in_.expect_space()) {
        return in_.fail("No type of an entry of MODSEQ");
      }
    }
    return read_key_number(key, false);
  }

  // Behind a complete key: completes those around it. True at the end of the search; else another key follows, unless
  // there is an error.
  bool close_keys() {
    for (;;) {
      if (open_.empty()) {
        return in_.at_end() || !in_.expect_space();
      }
      OpenKey& innermost = open_.back();
      const bool parenthesis = innermost.missing == 0;
      if (parenthesis ? !take_parenthesis() : --innermost.missing > 0) {
        return !in_.expect_space();
      }
      keys_[innermost.index].size = static_cast<std::uint32_t>(keys_.size() - innermost.index);
      open_.pop_back();
    }
  }

  // Some write spaces inside parentheses.
  void skip_spaces() {
    in_.take_while([](char c) { return c == ' '; });
  }
  bool take_parenthesis() {
    const std::size_t before = in_.position();
    skip_spaces();
    if (in_.take(')')) {
      return true;
    }
    in_.seek(before);
    return false;
  }

  CommandInput& input_;
  Cursor& in_;
  SearchKeys& keys_;
  std::vector<OpenKey> open_{};
};

}  // namespace

bool read_search_keys(CommandInput& input, SearchKeys& out) {
  return SearchKeyReader(input, out).run() && input.in.error() == nullptr;
}

std::size_t child_count(const SearchKeys& keys, std::size_t index) noexcept {
  std::size_t count = 0;
  for (std::size_t i = index + 1; i < index + keys[index].size; i += keys[i].size) {
    ++count;
  }
  return count;
}

}  // namespace posthouse::imap
