#include "posthouse/imap/wire/response/response_code.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/text/grammar.h"
#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {
namespace {

class CodeValueWriter {
 public:
  CodeValueWriter(std::string& out, std::string_view name) : out_(out), name_(name) {}

  void operator()(std::monostate) {}
  void operator()(std::uint64_t number) { out_ += ' ' + std::to_string(number); }
  void operator()(const std::vector<std::string>& words) {
    const bool list = name_ != "CAPABILITY";
    if (list && words.empty()) {
      return;
    }
    out_ += list ? " (" : "";
    for (std::size_t i = 0; i < words.size(); ++i) {
      out_ += list && i == 0 ? "" : " ";
      if (list) {
        append_astring(out_, words[i]);
      } else {
        out_ += words[i];
      }
    }
    out_ += list ? ")" : "";
  }
  void operator()(const Flags& flags) { out_ += " (" + flags.to_string() + ')'; }
  void operator()(const SequenceSet& set) { out_ += ' ' + set.to_string(); }
  void operator()(const AppendUid& code) {
    out_ += ' ' + std::to_string(code.uid_validity) + ' ' + code.uids.to_string();
  }
  void operator()(const CopyUid& code) {
    out_ += ' ' + std::to_string(code.uid_validity) + ' ' + code.from.to_string() + ' ' + code.to.to_string();
  }
  void operator()(const Progress& progress) {
    out_ += " (";
    append_nstring(out_, progress.tag);
    for (const auto& number : {progress.done, progress.goal}) {
      out_ += number ? ' ' + std::to_string(*number) : " NIL";
    }
    out_ += ')';
  }
  void operator()(const MessageLimit& limit) {
    out_ += ' ' + std::to_string(limit.limit) + (limit.uid ? ' ' + std::to_string(*limit.uid) : "");
  }
  void operator()(const MetadataProblem& problem) {
    out_ += ' ' + problem.word + (problem.size ? ' ' + std::to_string(*problem.size) : "");
  }
  void operator()(const std::string& text) { out_ += ' ' + text; }

 private:
  std::string& out_;
  std::string_view name_;
};

using CodeValue = ResponseCode::Value;
using ReadCodeValue = std::optional<CodeValue> (*)(Cursor&);

std::optional<CodeValue> read_code_number(Cursor& in) {
  const auto number = in.take_number64();
  return number ? std::optional<CodeValue>(*number) : std::nullopt;
}

std::optional<CodeValue> read_code_atoms(Cursor& in) {
  std::vector<std::string> words;
  do {
    const std::string_view word = in.take_while([](char c) { return c != ' ' && c != ']' && !is_control(c); });
    if (!word.empty()) {
      words.emplace_back(word);
    }
  } while (take_spaces(in));
  return words;
}

std::optional<CodeValue> read_code_list(Cursor& in) {
  std::vector<std::string> words;
  if (!in.take('(')) {
    return std::nullopt;
  }
  for (take_spaces(in); !in.take(')'); take_spaces(in)) {
    auto word = in.take_astring();
    if (!word) {
      return std::nullopt;
    }
    words.push_back(std::move(*word));
  }
  return words;
}

std::optional<CodeValue> read_code_flags(Cursor& in) {
  auto flags = take_lenient_flags(in);
  return flags ? std::optional<CodeValue>(std::move(*flags)) : std::nullopt;
}

std::optional<CodeValue> read_code_set(Cursor& in) {
  auto set = in.take_set(std::numeric_limits<std::size_t>::max());
  return set ? std::optional<CodeValue>(std::move(*set)) : std::nullopt;
}

// uid-validity and then `count` sets without "*".
std::optional<std::vector<SequenceSet>> read_uid_sets(Cursor& in, std::uint32_t& uid_validity, std::size_t count) {
  const auto validity = in.take_nz_number();
  std::vector<SequenceSet> sets;
  while (validity && sets.size() < count && in.take(' ')) {
    auto set = in.take_set(std::numeric_limits<std::size_t>::max());
    if (!set || set->has_star() || set->is_saved_result()) {
      return std::nullopt;
    }
    sets.push_back(std::move(*set));
  }
  uid_validity = validity.value_or(0);
  return sets.size() == count ? std::optional(std::move(sets)) : std::nullopt;
}

std::optional<CodeValue> read_append_uid(Cursor& in) {
  AppendUid code;
  auto sets = read_uid_sets(in, code.uid_validity, 1);
  if (!sets) {
    return std::nullopt;
  }
  code.uids = std::move(sets->front());
  return code;
}

std::optional<CodeValue> read_copy_uid(Cursor& in) {
  CopyUid code;
  auto sets = read_uid_sets(in, code.uid_validity, 2);
  if (!sets) {
    return std::nullopt;
  }
  code.from = std::move(sets->front());
  code.to = std::move(sets->back());
  return code;
}

std::optional<CodeValue> read_progress(Cursor& in) {
  Progress progress;
  if (!in.take('(')) {
    return std::nullopt;
  }
  auto tag = in.take_nstring();
  if (!tag) {
    return std::nullopt;
  }
  progress.tag = std::move(*tag);
  for (auto* number : {&progress.done, &progress.goal}) {
    if (!in.take(' ')) {
      return std::nullopt;
    }
    *number = in.take_number64();
    if (!*number && !in.take_word("NIL")) {
      return std::nullopt;
    }
  }
  return in.take(')') ? std::optional<CodeValue>(progress) : std::nullopt;
}

std::optional<CodeValue> read_message_limit(Cursor& in) {
  const auto limit = in.take_number();
  if (!limit) {
    return std::nullopt;
  }
  return MessageLimit{*limit, in.take(' ') ? in.take_number() : std::nullopt};
}

std::optional<CodeValue> read_metadata_problem(Cursor& in) {
  MetadataProblem problem{to_upper(in.take_atom())};
  if (problem.word.empty()) {
    return std::nullopt;
  }
  if (in.take(' ')) {
    problem.size = in.take_number64();
  }
  return problem;
}

struct CodeName {
  std::string_view name;
  ReadCodeValue read;
};
constexpr CodeName code_names[] = {
    {"APPENDUID", read_append_uid},    {"BADCHARSET", read_code_list},       {"CAPABILITY", read_code_atoms},
    {"COPYUID", read_copy_uid},        {"HIGHESTMODSEQ", read_code_number},  {"INPROGRESS", read_progress},
    {"MAILBOXID", read_code_list},     {"MESSAGELIMIT", read_message_limit}, {"METADATA", read_metadata_problem},
    {"MODIFIED", read_code_set},       {"PERMANENTFLAGS", read_code_flags},  {"UIDNEXT", read_code_number},
    {"UIDVALIDITY", read_code_number}, {"UNSEEN", read_code_number}};

// What follows a name up to the "]", in quotes passed over.
std::optional<CodeValue> read_code_text(Cursor& in) {
  const std::size_t begin = in.position();
  while (!in.at_end() && in.peek() != ']') {
    if (in.peek() != '"' || !in.take_quoted()) {
      in.take(in.peek());
    }
  }
  return std::string(in.text().substr(begin, in.position() - begin));
}

}  // namespace

ResponseCode ResponseCode::append_uid(std::uint32_t uid_validity, const NumberSet& uids) {
  return {"APPENDUID", AppendUid{uid_validity, SequenceSet(uids)}};
}
ResponseCode ResponseCode::copy_uid(std::uint32_t uid_validity, SequenceSet from, SequenceSet to) {
  return {"COPYUID", CopyUid{uid_validity, std::move(from), std::move(to)}};
}
ResponseCode ResponseCode::mailbox_id(std::string id) {
  return {"MAILBOXID", std::vector<std::string>{std::move(id)}};
}

std::optional<std::uint64_t> ResponseCode::number() const noexcept {
  const auto* number = std::get_if<std::uint64_t>(&value);
  return number != nullptr ? std::optional(*number) : std::nullopt;
}

void append_response_code(std::string& out, const ResponseCode& code) {
  out += '[' + code.name;
  std::visit(CodeValueWriter(out, code.name), code.value);
  out += ']';
}

std::optional<ResponseCode> read_response_code(Cursor& in) {
  const std::size_t begin = in.position();
  ResponseCode code;
  if (in.take('[')) {
    code.name = to_upper(in.take_atom());
    const bool more = in.take(' ');
    if (!code.name.empty() && in.take(']')) {
      return code;
    }
    if (!code.name.empty() && more) {
      const std::size_t behind_name = in.position();
      const auto* found = std::find_if(std::begin(code_names), std::end(code_names),
                                       [&](const CodeName& entry) { return entry.name == code.name; });
      auto value = found != std::end(code_names) ? found->read(in) : std::nullopt;
      if (!value || !in.take(']')) {
        in.seek(behind_name);
        value = read_code_text(in);
        in.take(']');
      }
      if (in.text()[in.position() - 1] == ']') {
        code.value = std::move(*value);
        return code;
      }
    }
  }
  in.seek(begin);
  return std::nullopt;
}

}  // namespace posthouse::imap
