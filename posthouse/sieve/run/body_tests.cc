// The test "body" (RFC 5173).
#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/sieve/run/matcher.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve::verbs {
namespace {

// RFC 5173 section 5.2: "", "text", or "text/plain".
bool wanted(const std::vector<std::string>& types, const std::string& type) {
  return std::any_of(types.begin(), types.end(), [&](const std::string& one) {
    if (one.empty()) {
      return true;
    }
    const std::size_t slash = one.find('/');
    if (slash == std::string::npos) {
      return istarts_with(type, one) && type.size() > one.size() && type[one.size()] == '/';
    }
    return slash != 0 && slash + 1 != one.size() && one.find('/', slash + 1) == std::string::npos && iequals(one, type);
  });
}

bool add_header(const mime::Part& part, Matcher& matcher) {
  std::string_view header = part.raw_header();
  if (header.ends_with("\n\r\n")) {
    header.remove_suffix(2);
  } else if (header.ends_with("\n\n")) {
    header.remove_suffix(1);
  }
  return matcher.add(header);
}

// What stands before the first delimiter of a multipart: `before` ends with that line.
std::string_view without_last_line(std::string_view before) {
  if (before.ends_with('\n')) {
    before.remove_suffix(1);
  }
  const std::size_t end = before.rfind('\n');
  before = before.substr(0, end == std::string_view::npos ? 0 : end);
  return before.ends_with('\r') ? before.substr(0, before.size() - 1) : before;
}

// What stands behind the last delimiter, which `after` begins with, a line end before it.
std::string_view without_first_line(std::string_view after) {
  const std::size_t delimiter = after.find("--");
  const std::size_t end = delimiter == std::string_view::npos ? delimiter : after.find('\n', delimiter);
  return end == std::string_view::npos ? std::string_view() : after.substr(end + 1);
}

bool add_around(const mime::Part& part, Matcher& matcher) {
  const std::string_view body = part.raw_body();
  std::size_t begin = body.size();
  std::size_t end = 0;
  for (const mime::Part child : part.children()) {
    const std::size_t at = child.offset() - part.body_offset();
    begin = std::min(begin, at);
    end = at + child.raw().size();
  }
  const std::string_view prologue = without_last_line(body.substr(0, begin));
  const std::string_view epilogue = without_first_line(body.substr(std::min(end, body.size())));
  return (!prologue.empty() && matcher.add(prologue)) || (!epilogue.empty() && matcher.add(epilogue));
}

bool add_text(const mime::Part& part, Matcher& matcher, Machine& machine) {
  const ReadText& read = machine.letter().text(part);
  machine.spend(read.decoded / 256);
  return matcher.add(read.text);
}

bool add_content(const mime::Part& part, Matcher& matcher, Machine& machine) {
  if (part.is_message()) {
    return add_header(*part.children().begin(), matcher);
  }
  if (part.is_multipart()) {
    return add_around(part, matcher);
  }
  if (part.is("text/") && !part.is("text/html")) {
    return add_text(part, matcher, machine);
  }
  const std::string text = part.is("text/html") ? part.text() : part.content();
  machine.spend(text.size() / 256);
  return matcher.add(text);
}

}  // namespace

bool body(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[0], false);
  if (!machine.letter().has_body()) {
    return matcher.counts() && matcher.result();
  }
  const mime::Message& message = machine.letter().message();
  if (call.has(Tag::raw)) {
    machine.spend(message.root().raw_body().size() / 256);
    matcher.add(message.root().raw_body());
    return matcher.result();
  }
  const Value* content = call.find(Tag::content);
  const std::vector<std::string> types =
      content == nullptr ? std::vector<std::string>{"text"} : machine.texts(*content);
  for (const mime::Part part : message.walk()) {
    machine.spend(1);
    if (wanted(types, part.type()) &&
        (content == nullptr ? add_text(part, matcher, machine) : add_content(part, matcher, machine))) {
      break;
    }
  }
  return matcher.result();
}

}  // namespace posthouse::sieve::verbs
