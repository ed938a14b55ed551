// Answers and notifications: who gets one, and what it says (RFC 5230, RFC 3834, RFC 5435, RFC 5436).
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/sieve/actions/mailto.h"
#include "posthouse/sieve/language/names.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve::verbs {
namespace {

constexpr std::size_t most_subject_characters = 256;

// At most so many characters, the last of them an ellipsis where something is left out; one line.
std::string subject_line(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  std::size_t before_last = 0;
  for (const char c : trim(text)) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) {
      if (characters++ == most_subject_characters) {
        out.resize(before_last);
        return out + "\xE2\x80\xA6";
      }
      if (characters == most_subject_characters) {
        before_last = out.size();
      }
    }
    out += static_cast<unsigned char>(c) < ' ' || c == 127 ? ' ' : c;
  }
  return out;
}

bool contains_address(const std::vector<std::string>& addresses, std::string_view addr) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& one) { return iequals(one, addr); });
}

// The first address in the fields a recipient is named in that is one of `own`; empty where there is none.
std::string named_recipient(const mime::Headers& headers, const std::vector<std::string>& own) {
  for (const std::string_view name : {"To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"}) {
    for (const mime::Field& field : headers.all(name)) {
      for (const mime::Address& address : mime::parse_addresses(field.raw_value(), 10'000)) {
        if (contains_address(own, address.addr)) {
          return address.addr;
        }
      }
    }
  }
  return {};
}

// Programs and lists write from such addresses (RFC 5230 section 4.6).
bool is_program(std::string_view addr) {
  const std::string local = to_lower(addr.substr(0, addr.rfind('@')));
  static constexpr std::array<std::string_view, 5> names{"mailer-daemon", "listserv", "majordomo", "noreply",
                                                         "no-reply"};
  return local.starts_with("owner-") || local.ends_with("-request") || local.ends_with("-owner") ||
         std::find(names.begin(), names.end(), local) != names.end();
}

bool is_automatic(const mime::Headers& headers) {
  const auto field = headers.find("Auto-Submitted");
  return field && !iequals(trim(std::string_view(field->text()).substr(0, field->text().find(';'))), "no");
}

// Why nobody wants an answer to this message; empty where somebody may.
std::string unanswerable(const mime::Headers& headers) {
  if (is_automatic(headers)) {
    return "the message was sent by a program (Auto-Submitted)";
  }
  for (const std::string_view name :
       {"List-Id", "List-Post", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Owner", "List-Archive"}) {
    if (headers.contains(name)) {
      return "the message comes from a list";
    }
  }
  const std::string precedence = headers.text("Precedence");
  if (iequals(precedence, "bulk") || iequals(precedence, "list") || iequals(precedence, "junk")) {
    return "the message is bulk mail (Precedence)";
  }
  const std::string suppress = to_lower(headers.text("X-Auto-Response-Suppress"));
  if (suppress.find("all") != std::string::npos || suppress.find("oof") != std::string::npos) {
    return "the message asks for no answers (X-Auto-Response-Suppress)";
  }
  return {};
}

// How the message names the sender: in the order of RFC 5230 section 4.6, the one who sent it first.
void name_sender(const mime::Headers& headers, bool by_header, Vacation& answer) {
  for (const std::string_view name : {"Sender", "Resent-From", "From"}) {
    const auto field = headers.find(name);
    if (!field) {
      continue;
    }
    for (const mime::Address& address : mime::parse_addresses(field->raw_value(), 100)) {
      if (by_header || iequals(address.addr, answer.to)) {
        answer.to = address.addr;
        answer.to_name = address.name;
        return;
      }
    }
  }
}

std::string answer_subject(const VacationSettings& settings, const mime::Headers& headers) {
  const std::string original = headers.text("Subject");
  if (original.empty()) {
    return settings.default_subject.empty() ? "Automated reply" : settings.default_subject;
  }
  std::string subject = settings.subject_template.empty() ? "Auto: %{subject}" : settings.subject_template;
  const std::size_t place = subject.find("%{subject}");
  return place == std::string::npos ? subject : subject.replace(place, 10, original);
}

std::chrono::seconds answer_period(const VacationSettings& settings, const Call& call) {
  constexpr std::uint64_t most = 10ULL * 366 * 24 * 3600;
  std::chrono::seconds period = settings.default_period;
  if (const Value* days = call.find(Tag::days); days != nullptr) {
    period = std::chrono::seconds(std::min(days->number, most / 86400) * 86400);
  } else if (const Value* seconds = call.find(Tag::seconds); seconds != nullptr) {
    period = std::chrono::seconds(std::min(seconds->number, most));
    if (seconds->number == 0 && settings.least_period.count() == 0) {
      return {};
    }
  }
  period = std::max(period, settings.least_period);
  return settings.most_period.count() != 0 ? std::min(period, settings.most_period) : period;
}

// RFC 5230 section 4.2: without a handle, what is said makes the difference.
std::string default_handle(const Vacation& answer, const std::string& subject) {
  const std::string zero(1, '\0');
  return hex_encode(sha256(answer.reason + zero + subject + zero + answer.from + zero + (answer.mime ? "mime" : "")));
}

void withhold(Machine& machine, Vacation& answer, const std::string& recipient, const std::vector<std::string>& own) {
  const Context& context = machine.context();
  if (answer.to.empty()) {
    answer.withheld = "the message has no sender";
  } else if (is_program(answer.to)) {
    answer.withheld = "the sender's address is a program's";
  } else if (answer.withheld = unanswerable(machine.letter().headers()); !answer.withheld.empty()) {
    return;
  } else if (recipient.empty() && context.vacation.check_recipient) {
    answer.withheld = "the message names none of the recipient's addresses";
  } else if (contains_address(own, answer.to)) {
    answer.withheld = "the recipient has sent the message";
  } else if (context.answered != nullptr && answer.period.count() != 0 &&
             context.answered->before(answer.handle, answer.to, answer.period)) {
    answer.withheld = "the sender was answered lately";
  }
}

}  // namespace

void vacation(Machine& machine, const Call& call) {
  const Context& context = machine.context();
  const mime::Headers headers = machine.letter().headers();
  std::vector<std::string> own = machine.envelope().to;
  own.insert(own.end(), context.own_addresses.begin(), context.own_addresses.end());
  if (const Value* addresses = call.find(Tag::addresses); addresses != nullptr) {
    for (const std::string& text : machine.texts(*addresses)) {
      own.push_back(outgoing_address(text).value_or(text));
    }
  }
  const std::string recipient = named_recipient(headers, own);
  Vacation answer{.to = machine.envelope().from.value_or(std::string()),
                  .from = machine.text(call, Tag::from),
                  .reason = machine.text(call.values[0].strings.front()),
                  .mime = call.has(Tag::mime),
                  .handle = machine.text(call, Tag::handle),
                  .period = answer_period(context.vacation, call)};
  if (!answer.from.empty() && !outgoing_address(answer.from)) {
    machine.fail(call.at, fmt::format("'{}' is no address that mail can be sent from", printable(answer.from)));
  }
  const std::string subject = machine.text(call, Tag::subject);
  if (answer.handle.empty()) {
    answer.handle = default_handle(answer, subject);
  }
  answer.subject = subject_line(call.has(Tag::subject) ? subject : answer_subject(context.vacation, headers));
  if (!answer.to.empty()) {
    name_sender(headers, context.vacation.to_by_header, answer);
  }
  withhold(machine, answer, recipient, own);
  if (answer.from.empty()) {
    answer.from = !recipient.empty() ? recipient : own.empty() ? context.postmaster : own.front();
  }
  if (context.vacation.from_recipient && !machine.envelope().to.empty()) {
    answer.envelope_from = machine.envelope().to.front();
  }
  machine.add_action({.what = std::move(answer)}, call, false);
}

namespace {

std::string notification_sender(Machine& machine, const std::string& from) {
  const Context& context = machine.context();
  const Envelope& envelope = machine.envelope();
  if (envelope.from && envelope.from->empty()) {
    return {};  // no notification of a bounce may bounce (RFC 5436 section 2.7.1)
  }
  switch (context.notify_sender) {
    case NotifySender::sender:
      return envelope.from.value_or(std::string());
    case NotifySender::recipient:
      return envelope.to.empty() ? std::string() : envelope.to.front();
    case NotifySender::user:
      return context.own_addresses.empty() ? std::string() : context.own_addresses.front();
    case NotifySender::automatic:
      break;
  }
  return outgoing_address(from).value_or(context.postmaster);
}

// Adds those who are not among `told` yet.
void add_recipients(const std::vector<std::string>& from, std::vector<std::string>* shown,
                    std::vector<std::string>& recipients, std::vector<std::string>& told) {
  for (const std::string& mailbox : from) {
    const auto addr = outgoing_address(mailbox);
    if (addr && !contains_address(told, *addr)) {
      told.push_back(*addr);
      recipients.push_back(*addr);
      if (shown != nullptr) {
        shown->push_back(mailbox);
      }
    }
  }
}

}  // namespace

void notify(Machine& machine, const Call& call) {
  const mime::Headers headers = machine.letter().headers();
  Notify notice{.method = machine.text(call.values[0].strings.front()), .from = machine.text(call, Tag::from)};
  std::string why;
  auto uri = parse_mailto(notice.method, why);
  if (!uri) {
    machine.fail(call.at, why);
  }
  if (!notice.from.empty() && !outgoing_address(notice.from)) {
    machine.fail(call.at, fmt::format("'{}' is no address that mail can be sent from", printable(notice.from)));
  }
  if (const std::string importance = machine.text(call, Tag::importance); !importance.empty()) {
    notice.importance = importance == "1" ? 1 : importance == "3" ? 3 : 2;
  }
  std::vector<std::string> told;
  for (const Action& action : machine.outcome().actions) {
    if (const auto* other = std::get_if<Notify>(&action.what)) {
      told.insert(told.end(), other->recipients.begin(), other->recipients.end());
    }
  }
  add_recipients(uri->to, &notice.to, notice.recipients, told);
  add_recipients(uri->cc, &notice.cc, notice.recipients, told);
  add_recipients(uri->bcc, nullptr, notice.recipients, told);
  const std::string message = machine.text(call, Tag::message);
  notice.subject = subject_line(!message.empty() ? message : uri->subject ? *uri->subject : headers.text("Subject"));
  notice.body = uri->body.value_or("Notification of new message.\n");
  notice.fields = std::move(uri->fields);
  notice.envelope_from = notification_sender(machine, notice.from);
  if (is_automatic(headers)) {
    notice.withheld = "the message was sent by a program (Auto-Submitted)";
  } else if (notice.recipients.empty()) {
    notice.withheld = "there is nobody who is not notified already";
  }
  machine.add_action({.what = std::move(notice)}, call, false);
}

}  // namespace posthouse::sieve::verbs
