#include "apps/posthouse/sendmail_letter.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sysexits.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/mail/address.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::app {
namespace {

/// Octets of the line that begins at `at`, with its line end.
std::size_t line_size(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return (end == std::string_view::npos ? text.size() : end + 1) - at;
}

/// The name of the field whose first line this is, in lower case; empty when it is no field (RFC 5322 section 2.2).
std::string field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return {};
  }
  std::string_view name = line.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t')) {
    name.remove_suffix(1);
  }
  const bool valid = !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
  return valid ? to_lower(name) : std::string();
}

/// What the header of a letter says, as its fields go by.
struct Header {
  std::string kept{};
  bool from = false, date = false, message_id = false, resent = false;
  std::string to{}, resent_to{};  // values of fields that name recipients, with a comma behind each
};

void take_field(Header& header, const std::string& name, std::string_view field) {
  const bool resent = name.starts_with("resent-");
  header.from = header.from || name == "from";
  header.date = header.date || name == "date";
  header.message_id = header.message_id || name == "message-id";
  const std::string_view base = resent ? std::string_view(name).substr(7) : std::string_view(name);
  if (base == "to" || base == "cc" || base == "bcc") {
    header.resent = header.resent || resent;
    (resent ? header.resent_to : header.to).append(field.substr(field.find(':') + 1)).append(",");
  }
  if (base != "bcc" && name != "return-path") {
    header.kept += field;
  }
}

/// Reads the header of `text`; returns where what is behind it begins.
std::size_t read_header(std::string_view text, Header& header) {
  std::size_t at = 0;
  if (text.starts_with("From ") || text.starts_with(">From ")) {
    at = line_size(text, 0);
  }
  while (at < text.size()) {
    const std::string name = field_name(text.substr(at, line_size(text, at)));
    if (name.empty()) {
      break;
    }
    std::size_t end = at + line_size(text, at);
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) {
      end += line_size(text, end);
    }
    take_field(header, name, text.substr(at, end - at));
    at = end;
  }
  return at;
}

/// A person's name as From: has it; what could end the field is blank.
std::string display_name(std::string name) {
  std::ranges::replace_if(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return std::string(trim(name).substr(0, 200));
}

std::string from_field(const LetterRules& rules) {
  const std::string addr = rules.sender.empty() ? "MAILER-DAEMON@" + rules.domain : rules.sender;
  const std::string name = display_name(rules.full_name);
  if (name.empty()) {
    return "From: " + addr + "\r\n";
  }
  if (is_ascii(name)) {
    return "From: " + mime::to_string(mime::Address{.name = name, .addr = addr}) + "\r\n";
  }
  return "From: " + mime::encode_words(name, 6) + " <" + addr + ">\r\n";
}

std::vector<std::string> named_recipients(std::string_view value, const LetterRules& rules) {
  const auto found = mime::parse_addresses(value, rules.recipients + 1);
  if (found.size() > rules.recipients) {
    throw SendmailError(EX_DATAERR, "the header names more than " + std::to_string(rules.recipients) + " recipients");
  }
  std::vector<std::string> addresses;
  for (const mime::Address& one : found) {
    addresses.push_back(envelope_address(one.addr, rules.domain));
  }
  return addresses;
}

/// Where a line that is a lone dot begins, at `from` or behind it.
std::size_t find_dot(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const std::string_view line = text.substr(from, line_size(text, from));
    if (line == ".\n" || line == ".\r\n") {
      return from;
    }
    from += line.size();
  }
  return std::string_view::npos;
}

}  // namespace

std::string envelope_address(std::string_view text, const std::string& domain) {
  std::string_view bare = trim(text);
  if (bare.size() >= 2 && bare.front() == '<' && bare.back() == '>') {
    bare = bare.substr(1, bare.size() - 2);
  }
  const std::string whole =
      bare.find('@') == std::string_view::npos ? std::string(bare) + "@" + domain : std::string(bare);
  if (bare.empty() || !mail::Address::parse(whole)) {
    throw SendmailError(EX_DATAERR, "'" + printable(text) + "' is not an address");
  }
  return whole;
}

MendedLetter mend_letter(std::string_view text, const LetterRules& rules) {
  const std::string lines = mime::with_crlf(text);
  Header header;
  const std::size_t end = read_header(lines, header);
  MendedLetter letter;
  if (rules.from_header) {
    letter.recipients = named_recipients(header.resent ? header.resent_to : header.to, rules);
  }
  if (!header.kept.empty() && !header.kept.ends_with("\r\n")) {
    header.kept += "\r\n";
  }
  letter.text = std::move(header.kept);
  letter.text += header.from ? "" : from_field(rules);
  letter.text += header.date ? "" : "Date: " + mime::format_date(rules.now) + "\r\n";
  letter.text += header.message_id ? "" : "Message-ID: " + mime::make_message_id(rules.hostname) + "\r\n";
  const std::string_view rest = std::string_view(lines).substr(end);
  letter.text += rest.starts_with("\r\n") ? "" : "\r\n";
  letter.text += rest;
  letter.text += letter.text.ends_with("\r\n") ? "" : "\r\n";
  return letter;
}

std::string read_letter(int input, bool dots, std::size_t most) {
  std::string text;
  std::vector<char> chunk(std::size_t{64} << 10);
  std::size_t line = 0;  // where the last line begins
  for (;;) {
    const ssize_t got = ::read(input, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      throw SendmailError(EX_IOERR, std::string("cannot read the letter: ") + std::strerror(errno));
    }
    if (got == 0) {
      const bool dot_at_end = !dots && std::string_view(text).substr(line) == ".";
      return dot_at_end ? text.substr(0, line) : text;
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (const std::size_t dot = dots ? std::string::npos : find_dot(text, line); dot != std::string::npos) {
      return text.substr(0, dot);
    }
    if (text.size() > most) {
      throw SendmailError(EX_UNAVAILABLE, "the letter has more than " + std::to_string(most) + " octets");
    }
    const std::size_t last = std::string_view(chunk.data(), static_cast<std::size_t>(got)).rfind('\n');
    line = last == std::string_view::npos ? line : text.size() - static_cast<std::size_t>(got) + last + 1;
  }
}

}  // namespace posthouse::app
