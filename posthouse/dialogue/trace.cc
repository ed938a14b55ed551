#include "posthouse/dialogue/trace.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::dialogue {
namespace {

constexpr std::string_view mask = "***";

/// Where the word that begins at `from` ends, and where the next one begins.
struct Word {
  std::size_t end, next;
};
Word word_at(std::string_view line, std::size_t from) {
  const std::size_t end = std::min(line.find_first_of(" \t", from), line.size());
  return {end, std::min(line.find_first_not_of(" \t", end), line.size())};
}

bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// RFC 4422 section 3.1, case aside: 1 to 20 letters, digits, "-" and "_".
bool may_be_mechanism(std::string_view word) {
  return !word.empty() && word.size() <= 20 && std::all_of(word.begin(), word.end(), [](char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '_';
  });
}

/// The digest of RFC 1939 section 7, for an APOP without a name.
bool is_digest(std::string_view word) {
  return word.size() == 32 && std::all_of(word.begin(), word.end(), [](char c) {
           return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
         });
}

/// Where the verb of a line begins: behind blanks, or whatever a terminal sends first, with which it is no command, but
/// still has its secret.
std::size_t verb_begin(std::string_view line) {
  return static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_letter) - line.begin());
}

bool is_log_in(std::string_view verb) {
  return iequals(verb, "AUTH");
}

std::string_view verb_of(std::string_view line) {
  const std::size_t begin = verb_begin(line);
  return line.substr(begin, word_at(line, begin).end - begin);
}

/// `line` up to `kept`, and the mask when anything follows from `next` on.
std::string cut(std::string_view line, std::size_t kept, std::size_t next) {
  std::string out(line.substr(0, kept));
  if (next < line.size()) {
    out.append(" ").append(mask);
  }
  return out;
}

}  // namespace

std::string masked(std::string_view line) {
  const std::string_view name = verb_of(line);
  const Word verb = word_at(line, verb_begin(line));
  if (iequals(name, "PASS")) {
    return cut(line, verb.end, verb.next);
  }
  if (!is_log_in(name) && !iequals(name, "APOP")) {
    return std::string(line);
  }
  const Word second = word_at(line, verb.next);
  const std::string_view what = line.substr(verb.next, second.end - verb.next);
  if (is_log_in(name) ? !may_be_mechanism(what) : is_digest(what)) {
    return cut(line, verb.end, verb.next);
  }
  return cut(line, second.end, second.next);
}

std::string_view masked_response(std::string_view line) noexcept {
  return line == "*" ? line : mask;
}

void Tracer::command(std::string_view line, bool known) {
  if (!active()) {
    return;
  }
  const bool log_in = is_log_in(verb_of(line));
  if (known || log_in) {
    after_log_in_ = log_in;
  }
  show(net::Speaker::client, known || log_in || !after_log_in_ ? masked(line) : std::string(masked_response(line)));
}

void Tracer::response(std::string_view line) {
  show(net::Speaker::client, masked_response(line));
}

void Tracer::began_tls(const net::Stream& stream) const {
  if (!active()) {
    return;
  }
  if (const auto tls = stream.tls()) {
    note(tls->version + " from here on, certificate " + (tls->verified ? "verified: " : "NOT verified: ") +
         tls->peer_subject);
  }
}

void Tracer::replies(std::string_view lines) const {
  if (!active()) {
    return;
  }
  for (; !lines.empty(); lines.remove_prefix(std::min(lines.find('\n'), lines.size() - 1) + 1)) {
    show(net::Speaker::server, lines.substr(0, lines.find('\r')));
  }
}

}  // namespace posthouse::dialogue
