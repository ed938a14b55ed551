#include "posthouse/sieve/answer/compose.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/line_ends.h"
#include "posthouse/sieve/error.h"

namespace posthouse::sieve {
namespace {

constexpr std::size_t most_references = 20;

// One line that may stand in a header.
std::string harmless(std::string_view text) {
  std::string out = repair_utf8(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }, ' ');
  return out;
}

void add_unstructured(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(mime::encode_words(harmless(mime::decode_words(value)), name.size() + 2));
  out += "\r\n";
}

std::string mailbox(std::string_view name, std::string_view addr) {
  const std::string clean = harmless(name);
  if (clean.empty()) {
    return fmt::format("<{}>", harmless(addr));
  }
  if (!is_ascii(clean)) {
    return fmt::format("{} <{}>", mime::encode_words(clean), harmless(addr));
  }
  std::string quoted = "\"";
  for (const char c : clean) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c;
  }
  return fmt::format("{}\" <{}>", quoted, harmless(addr));
}

void add_mailboxes(std::string& out, std::string_view name, const std::vector<std::string>& mailboxes) {
  if (mailboxes.empty()) {
    return;
  }
  out.append(name).append(": ");
  bool first = true;
  for (const std::string& text : mailboxes) {
    const auto address = mime::parse_address(text);
    out.append(first ? "" : ",\r\n ");
    if (!address) {
      out += fmt::format("<{}>", harmless(text));
    } else {
      out += address->name.empty() ? address->addr : mailbox(address->name, address->addr);
    }
    first = false;
  }
  out += "\r\n";
}

std::string with_line_ends(std::string_view text) {
  std::string out = mime::with_crlf(text);
  if (!out.empty() && !out.ends_with("\r\n")) {
    out += "\r\n";
  }
  return out;
}

void add_text(std::string& out, std::string_view text) {
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
  out.append(is_ascii(text) ? "Content-Transfer-Encoding: 7bit\r\n" : "Content-Transfer-Encoding: 8bit\r\n");
  out += "\r\n";
  out += with_line_ends(repair_utf8(text));
}

// What all of them begin with.
std::string first_fields(const Composition& with, std::string_view from) {
  std::string out = fmt::format("X-Sieve: Posthouse\r\nMessage-ID: {}\r\nDate: {}\r\n", with.message_id,
                                mime::format_date(with.date));
  add_mailboxes(out, "From", {std::string(from)});
  return out;
}

// The message's id; empty where it has none that may be named.
std::string named_id(const mime::Message& original) {
  std::string id = original.message_id();
  return id.starts_with('<') && harmless(id) == id ? id : std::string();
}

// The newest ids that lead to `original`, and its own (RFC 5322 section 3.6.4).
void add_thread(std::string& out, const mime::Message& original) {
  const std::string id = named_id(original);
  if (id.empty()) {
    return;
  }
  std::vector<std::string> ids = original.message_ids("References");
  if (ids.empty()) {
    ids = original.message_ids("In-Reply-To");
  }
  std::erase_if(ids, [](const std::string& one) { return harmless(one) != one || one.size() > 900; });
  if (ids.size() > most_references) {
    ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(most_references));
  }
  out += fmt::format("In-Reply-To: {}\r\nReferences:", id);
  for (const std::string& one : ids) {
    out += fmt::format(" {}\r\n", one);
  }
  out += fmt::format(" {}\r\n", id);
}

}  // namespace

std::string compose(const Vacation& answer, const mime::Message& original, const Composition& with) {
  std::string out = first_fields(with, answer.from);
  out += fmt::format("To: {}\r\n", mailbox(answer.to_name, answer.to));
  add_unstructured(out, "Subject", answer.subject);
  add_thread(out, original);
  out += "Auto-Submitted: auto-replied (vacation)\r\nPrecedence: bulk\r\nX-Auto-Response-Suppress: All\r\n";
  if (!answer.mime) {
    add_text(out, answer.reason);
    return out;
  }
  const std::string entity = with_line_ends(answer.reason);
  const mime::HeaderBlock block = mime::HeaderBlock::scan(entity);
  if (!block.complete()) {
    throw Error(Errc::answer, "the answer's MIME entity has no header");
  }
  out += "MIME-Version: 1.0\r\n";
  for (const mime::Field& field : block.headers()) {
    if (istarts_with(field.name(), "Content-")) {
      out.append(field.raw());
    }
  }
  return out.append("\r\n").append(entity, block.body());
}

std::string compose(const Notify& notice, const mime::Message& original, const Composition& with,
                    std::string_view owner) {
  static constexpr std::array<std::string_view, 3> priorities{"1 (High)", "3 (Normal)", "5 (Low)"};
  static constexpr std::array<std::string_view, 3> importances{"high", "normal", "low"};
  const auto level = static_cast<std::size_t>(std::clamp(notice.importance, 1, 3) - 1);
  std::string out = first_fields(with, notice.from.empty() ? owner : notice.from);
  add_mailboxes(out, "To", notice.to);
  add_mailboxes(out, "Cc", notice.cc);
  add_unstructured(out, "Subject", notice.subject.empty() ? "Notification: new message" : notice.subject);
  out += fmt::format("Auto-Submitted: auto-notified; owner-email=\"{}\"\r\n", harmless(owner));
  out += fmt::format("Precedence: bulk\r\nX-Priority: {}\r\nImportance: {}\r\n", priorities[level], importances[level]);
  for (const auto& [name, value] : notice.fields) {
    add_unstructured(out, harmless(name), value);
  }
  add_thread(out, original);
  add_text(out, notice.body);
  return out;
}

std::string compose(const Reject& reject, const mime::Message& original, const Composition& with,
                    const RefusalParties& parties) {
  const std::string recipient = harmless(parties.recipient);
  const std::string_view header = original.root().raw_header();
  std::string boundary = "=_refused";
  for (int i = 0; header.find(boundary) != std::string_view::npos || reject.reason.find(boundary) != std::string::npos;
       ++i) {
    boundary += std::to_string(i % 10);
  }
  std::string out = first_fields(with, parties.from);
  out += fmt::format("To: {}\r\n", mailbox("", parties.sender));
  add_unstructured(out, "Subject", "Rejected: " + original.subject());
  add_thread(out, original);
  out += "Auto-Submitted: auto-replied (rejected)\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n";
  out += fmt::format(
      "Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary=\"{}\"\r\n\r\n", boundary);
  out += fmt::format("--{}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
                     boundary);
  out +=
      with_line_ends(fmt::format("Your message to <{}> was rejected:\n\n{}\n", recipient, repair_utf8(reject.reason)));
  out += fmt::format("--{}\r\nContent-Type: message/disposition-notification\r\n\r\n", boundary);
  out += fmt::format("Reporting-UA: Posthouse; Sieve\r\nFinal-Recipient: rfc822; {}\r\n", recipient);
  if (const std::string id = named_id(original); !id.empty()) {
    out += fmt::format("Original-Message-ID: {}\r\n", id);
  }
  out += "Disposition: automatic-action/MDN-sent-automatically; deleted\r\n\r\n";
  out += fmt::format("--{}\r\nContent-Type: text/rfc822-headers\r\n\r\n", boundary);
  return out.append(with_line_ends(header)).append(fmt::format("\r\n--{}--\r\n", boundary));
}

}  // namespace posthouse::sieve
