// The commands on scripts (RFC 5804 sections 2.5 to 2.12).
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/utf8.h"
#include "posthouse/fiber/run.h"
#include "posthouse/managesieve/server/server_session.h"
#include "posthouse/sieve/compile/script.h"

namespace posthouse::managesieve {
namespace {

struct Words {
  std::string_view code;
  std::string_view text;
};

/// What is said for a refusal.
Words words_for(Refusal refusal) {
  switch (refusal) {
    case Refusal::nonexistent:
      return {"NONEXISTENT", "there is no such script"};
    case Refusal::already_exists:
      return {"ALREADYEXISTS", "there is a script of that name"};
    case Refusal::active:
      return {"ACTIVE", "the active script cannot be removed"};
    case Refusal::quota:
      return {"QUOTA", "there is no room for it"};
    case Refusal::max_scripts:
      return {"QUOTA/MAXSCRIPTS", "there are too many scripts"};
    case Refusal::max_size:
      return {"QUOTA/MAXSIZE", "the script is too large"};
    case Refusal::bad_name:
      return {"", "no script can have that name"};
    case Refusal::none:
    case Refusal::unavailable:
      break;
  }
  return {"TRYLATER", "that cannot be done now, try again later"};
}

/// One a line.
std::string text_of(const std::vector<sieve::Diagnostic>& diagnostics) {
  std::string text;
  for (const sieve::Diagnostic& diagnostic : diagnostics) {
    text += (text.empty() ? "" : "\r\n") + sieve::to_string(diagnostic);
  }
  return repair_utf8(text);
}

/// RFC 5804 section 4: 32 bits.
std::optional<std::uint64_t> parse_size(const Token& token) {
  std::uint64_t size = 0;
  const char* const end = token.text.data() + token.text.size();
  const auto [stop, error] = std::from_chars(token.text.data(), end, size);
  if (token.kind != Token::Kind::atom || error != std::errc() || stop != end ||
      size > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return size;
}

}  // namespace

// False when no script can have that name, which has been answered.
bool ServerSession::is_name(const Token& token) {
  if (is_script_name(token.text)) {
    return true;
  }
  no(words_for(Refusal::bad_name).text);
  return false;
}

// False for too large a script, which has been answered.
bool ServerSession::fits(const std::string& script) {
  if (script.size() <= options_.max_script) {
    return true;
  }
  say_answer(Refusal::max_size, {});
  return false;
}

void ServerSession::say_answer(const Answer& answer, std::string_view done) {
  if (answer) {
    return ok(done);
  }
  const Words words = words_for(answer.refusal);
  no(answer.text.empty() ? words.text : std::string_view(answer.text), words.code);
}

void ServerSession::changed_by(const Answer& answer, std::string_view done) {
  summary_.changes += answer ? 1 : 0;
  say_answer(answer, done);
}

void ServerSession::havespace(Arguments& arguments) {
  const auto size = parse_size(arguments[1]);
  if (!size) {
    return bad("HAVESPACE takes a name and a number");
  }
  if (!is_name(arguments[0])) {
    return;
  }
  say_answer(*size > options_.max_script ? Answer(Refusal::max_size) : scripts_->have_space(arguments[0].text, *size),
             "there is room");
}

// Compiles `script`: what there is to warn of; nothing where there are errors, which has been answered. It may take a while
// and read other scripts, so no loop does it.
std::optional<std::string> ServerSession::compiled(const std::string& name, const std::string& script) {
  if (!is_utf8(script)) {
    no("the script is not UTF-8");
    return std::nullopt;
  }
  sieve::Options options = scripts_->options();
  options.name = name;
  const sieve::Compiled result = fiber::blocking([&] { return sieve::compile(script, options); });
  if (!result.script) {
    no(text_of(result.errors));
    return std::nullopt;
  }
  return text_of(result.warnings);
}

void ServerSession::putscript(Arguments& arguments) {
  const std::string& name = arguments[0].text;
  const std::string& script = arguments[1].text;
  if (!is_name(arguments[0]) || !fits(script)) {
    return;
  }
  // Whoever has no room for it need not know what is wrong with it.
  if (const Answer room = scripts_->have_space(name, script.size()); !room) {
    return say_answer(room, {});
  }
  const auto warnings = compiled(name, script);
  if (!warnings) {
    return;
  }
  const Answer answer = scripts_->put(name, script);
  if (answer && !warnings->empty()) {
    ++summary_.changes;
    return ok(*warnings, "WARNINGS");
  }
  changed_by(answer, "stored");
}

void ServerSession::checkscript(Arguments& arguments) {
  if (!fits(arguments[0].text)) {
    return;
  }
  if (const auto warnings = compiled("script", arguments[0].text)) {
    warnings->empty() ? ok("no errors") : ok(*warnings, "WARNINGS");
  }
}

void ServerSession::listscripts(Arguments&) {
  std::string lines;
  for (const ScriptEntry& entry : scripts_->list()) {
    append_string(lines, entry.name, Side::server);
    lines += entry.active ? " ACTIVE\r\n" : "\r\n";
  }
  dialogue_.say_lines(lines);
  ok();
}

void ServerSession::setactive(Arguments& arguments) {
  const std::string& name = arguments[0].text;
  if (name.empty() || is_name(arguments[0])) {
    changed_by(scripts_->activate(name), name.empty() ? "no script is active" : "active");
  }
}

void ServerSession::getscript(Arguments& arguments) {
  if (!is_name(arguments[0])) {
    return;
  }
  const auto script = scripts_->get(arguments[0].text);
  if (!script) {
    return say_answer(Refusal::nonexistent, {});
  }
  append_literal(dialogue_.replies(), *script, Side::server);
  dialogue_.replies() += "\r\n";
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().note(fmt::format("a script of {} octets", script->size()));
  }
  ++summary_.read;
  ok();
}

void ServerSession::deletescript(Arguments& arguments) {
  if (is_name(arguments[0])) {
    changed_by(scripts_->remove(arguments[0].text), "removed");
  }
}

void ServerSession::renamescript(Arguments& arguments) {
  if (is_name(arguments[0]) && is_name(arguments[1])) {
    changed_by(scripts_->rename(arguments[0].text, arguments[1].text), "renamed");
  }
}

}  // namespace posthouse::managesieve
