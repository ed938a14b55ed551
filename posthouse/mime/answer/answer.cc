#include "posthouse/mime/answer/answer.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/compose/build_world.h"
#include "posthouse/mime/compose/field.h"
#include "posthouse/mime/compose/message_editor.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/fields/mailing_list.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/mime/read/readable_text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 32) || c == 127; }, ' ');
  return repair_utf8(text);
}

bool is_sendable(const Address& address) {
  try {
    wire_address(address.addr);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<Address> sendable(const std::vector<Address>& list) {
  std::vector<Address> out;
  for (const Address& address : list) {
    if (is_sendable(address)) {
      out.push_back({one_line(address.name), address.addr});
    }
  }
  return out;
}

// What an address is compared by here: nobody gets a letter twice whose address is written once in capitals.
std::string key_of(std::string_view addr) {
  const auto value = mail::Address::parse(addr, mail::AddressSyntax::wire);
  return to_lower(value ? value->unicode() : addr);
}

// Adds those of `more` whom nobody has mentioned yet.
class Recipients {
 public:
  explicit Recipients(const AnswerOptions& options, const Address& from) {
    leave_out(from.addr);
    for (const std::string& own : options.own_addresses) {
      leave_out(own);
    }
  }
  bool is_own(const std::vector<Address>& list) const {
    return !list.empty() &&
           std::all_of(list.begin(), list.end(), [&](const Address& a) { return own_.count(key_of(a.addr)) != 0; });
  }
  void add(std::vector<Address>& to, const std::vector<Address>& more) {
    for (const Address& address : sendable(more)) {
      if (seen_.insert(key_of(address.addr)).second) {
        to.push_back(address);
      }
    }
  }

 private:
  void leave_out(std::string_view addr) {
    own_.insert(key_of(addr));
    seen_.insert(key_of(addr));
  }
  std::unordered_set<std::string> own_{}, seen_{};
};

std::vector<Address> list_address(const Message& message) {
  const std::string value = message.header("List-Post");  // "<mailto:list@x.test>", or "NO" (RFC 2369 section 3.4)
  const std::size_t begin = value.find("mailto:");
  if (begin == std::string::npos) {
    return {};
  }
  const std::string_view rest = std::string_view(value).substr(begin + 7);
  const auto address = parse_address(rest.substr(0, rest.find_first_of("?>")));
  return address ? sendable({*address}) : std::vector<Address>();
}

void address_answer(MessageBuilder& builder, const Message& message, const Address& from,
                    const AnswerOptions& options) {
  Recipients recipients(options, from);
  std::vector<Address> to, cc;
  const std::vector<Address> reply_to = sendable(message.reply_to());
  const std::vector<Address> author = reply_to.empty() ? sendable(message.from()) : reply_to;
  if (options.to == AnswerTo::list) {
    to = list_address(message);
  }
  const bool all = options.to != AnswerTo::author && to.empty();
  if (all) {
    recipients.add(to, message.addresses("Mail-Followup-To"));
  }
  if (to.empty()) {
    const bool own = recipients.is_own(author);
    recipients.add(to, own ? message.to() : author);
    if (all && !own) {
      recipients.add(cc, message.to());
    }
    if (all) {
      recipients.add(cc, message.cc());
    }
    if (to.empty()) {
      to = author;  // a letter to oneself
    }
  }
  for (const Address& address : to) {
    builder.to(address);
  }
  for (const Address& address : cc) {
    builder.cc(address);
  }
}

// The subject without the marks that programs and languages put before the subject of an answer.
std::string_view without_marks(std::string_view subject, const std::vector<std::string_view>& marks) {
  for (bool found = true; found;) {
    found = false;
    subject = trim(subject);
    for (const std::string_view mark : marks) {
      if (!istarts_with(subject, mark)) {
        continue;
      }
      std::string_view rest = subject.substr(mark.size());
      if (rest.starts_with('[')) {
        rest.remove_prefix(std::min(rest.find(']'), rest.size() - 1) + 1);  // "Re[2]:"
      }
      const std::size_t colon = rest.starts_with(":") ? 1 : rest.starts_with("：") ? 3 : 0;
      if (colon == 0) {
        continue;
      }
      subject = rest.substr(colon);
      found = true;
      break;
    }
  }
  return subject;
}

std::string marked_subject(const Message& message, const char* mark, const std::vector<std::string_view>& marks) {
  const std::string subject = one_line(message.subject());
  const std::string_view rest = without_marks(subject, marks);
  return rest.empty() ? std::string(trim(mark)) : std::string(mark) + std::string(rest);
}

std::string forwarded_subject(const Message& message) {
  return marked_subject(message, "Fwd: ", {"fwd", "fw", "wg", "转发", "轉寄"});
}

// "<id>", if it is one that is read back as it is written; ids of others may lack their "<" and ">", or make no sense.
std::optional<std::string> usable_id(const std::string& id) {
  try {
    std::string checked = checked_id(id);
    if (parse_message_ids(checked) == std::vector<std::string>{checked}) {
      return checked;
    }
  } catch (const Error&) {
    return std::nullopt;  // nobody could refer to it
  }
  return std::nullopt;
}

// RFC 5322 section 3.6.4. Of a very long thread its beginning and its end are kept.
std::string references_of(const Message& message, const std::string& id) {
  constexpr std::size_t most = 50;
  std::vector<std::string> ids = message.message_ids("References");
  if (ids.empty()) {
    ids = message.message_ids("In-Reply-To");
    if (ids.size() != 1) {
      ids.clear();
    }
  }
  ids.push_back(id);
  if (ids.size() > most) {
    ids.erase(ids.begin() + 1, ids.end() - (most - 1));
  }
  std::string out;
  for (const std::string& one : ids) {
    if (const auto usable = usable_id(one)) {
      out += *usable + ' ';
    }
  }
  return out;
}

std::string display(const std::vector<Address>& list) {
  return one_line(list.empty() ? "somebody" : list.front().name.empty() ? list.front().addr : list.front().name);
}

void attach_again(MessageBuilder& builder, const Part& part) {
  const std::string name = one_line(part.filename().value_or(""));
  try {
    builder.attach(name, part.content(), part.type());
  } catch (const Error&) {
    builder.attach(name, part.content(), "application/octet-stream");  // a type that cannot be written
  }
}

}  // namespace

std::string quoted_text(const Message& message) {
  std::string out;
  const std::string text = readable_text(message);
  for (LineCursor lines(text); !lines.done();) {
    const std::string_view line = lines.next();
    out.append(line.starts_with('>') || line.empty() ? ">" : "> ").append(line).append("\n");
  }
  return out;
}

std::string attribution_line(const Message& message) {
  const auto date = message.date();
  const std::string author = display(message.from());
  return date ? fmt::format("On {}, {} wrote:", format_date(*date), author) : fmt::format("{} wrote:", author);
}

MessageBuilder reply(const Message& message, const Address& from, const AnswerOptions& options) {
  static const std::vector<std::string_view> marks = {"re", "aw", "sv", "antw", "odp", "答复", "回复", "回覆"};
  MessageBuilder builder(options.build);
  builder.from(from).subject(marked_subject(message, "Re: ", marks));
  address_answer(builder, message, from, options);
  if (const auto id = usable_id(message.message_id())) {
    builder.header("In-Reply-To", *id).header("References", references_of(message, *id));
  }
  std::string text = options.text;
  if (options.quote) {
    if (!text.empty()) {
      text += text.ends_with('\n') ? "\n" : "\n\n";
    }
    text += attribution_line(message) + "\n" + quoted_text(message);
  }
  return builder.text(text);
}

MessageBuilder forward_inline(const Message& message, const Address& from, std::string_view text,
                              const BuildOptions& options) {
  MessageBuilder builder(options);
  builder.from(from).subject(forwarded_subject(message));
  std::string body(text);
  if (!body.empty()) {
    body += body.ends_with('\n') ? "\n" : "\n\n";
  }
  body += "---------- Forwarded message ----------\n";
  const std::pair<const char*, std::string> lines[] = {{"From", to_string(message.from())},
                                                       {"Date", message.header("Date")},
                                                       {"Subject", message.subject()},
                                                       {"To", to_string(message.to())},
                                                       {"Cc", to_string(message.cc())}};
  for (const auto& [name, value] : lines) {
    if (!value.empty()) {
      body += fmt::format("{}: {}\n", name, one_line(value));
    }
  }
  if (const std::string text = readable_text(message); !text.empty()) {
    body += "\n" + text;
  }
  for (const Part& part : message.attachments()) {
    attach_again(builder, part);
  }
  return builder.text(body);
}

MessageBuilder forward_attached(const Message& message, const Address& from, std::string_view text,
                                const BuildOptions& options) {
  MessageBuilder builder(options);
  builder.from(from).subject(forwarded_subject(message));
  if (!text.empty()) {
    builder.text(text);
  }
  std::string_view raw = message.raw();
  if (!message.mbox_line().empty()) {
    raw.remove_prefix(std::min(raw.find('\n'), raw.size() - 1) + 1);
  }
  return builder.attach(one_line(message.subject()) + ".eml", std::string(raw), "message/rfc822");
}

std::string resend(std::string_view message, const Address& from, const std::vector<Address>& to,
                   const std::vector<Address>& cc, const BuildOptions& options) {
  if (to.empty() && cc.empty()) {
    throw Error(Errc::incomplete, "a message is resent to somebody");
  }
  const BuildWorld world(options);
  MessageEditor editor{std::string(message)};
  editor.prepend("Resent-Message-ID", world.new_message_id(wire_address(from.addr)));
  const std::pair<const char*, const std::vector<Address>*> lists[] = {{"Resent-Cc", &cc}, {"Resent-To", &to}};
  const auto prepend_list = [&](const char* name, const std::vector<Address>& list) {
    std::string field;
    for (const Address& address : list) {
      check_header_text(address.name);
    }
    append_addresses(field, name, list);
    editor.prepend_raw(field);
  };
  for (const auto& [name, list] : lists) {
    if (!list->empty()) {
      prepend_list(name, *list);
    }
  }
  prepend_list("Resent-From", {from});
  return editor.prepend("Resent-Date", format_date(world.now())).str();
}

}  // namespace posthouse::mime
