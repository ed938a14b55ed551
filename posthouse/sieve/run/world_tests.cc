// Tests of what is beside the message: dates, mailboxes, the environment, filters' results, what was seen before.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/sieve/actions/mailto.h"
#include "posthouse/sieve/language/date_part.h"
#include "posthouse/sieve/language/names.h"
#include "posthouse/sieve/run/fields.h"
#include "posthouse/sieve/run/matcher.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve::verbs {
namespace {

DatePart wanted_part(Machine& machine, const Call& call, std::size_t place) {
  const std::string name = machine.text(call.values[place].strings.front());
  const auto part = find_date_part(name);
  if (!part) {
    machine.fail(call.at, fmt::format("a date has no part '{}'", printable(name)));
  }
  return *part;
}

// In the zone that the test names, the local one, or the one it was written in (RFC 5260 section 4.1).
mime::Date in_zone(Machine& machine, const Call& call, mime::Date date) {
  if (call.has(Tag::originalzone)) {
    return date;
  }
  date.offset = machine.context().local_offset;
  date.offset_known = true;
  if (const Value* zone = call.find(Tag::zone); zone != nullptr) {
    const std::string text = machine.text(zone->strings.front());
    const auto offset = parse_zone(text);
    if (!offset) {
      machine.fail(call.at, fmt::format("'{}' is no time zone like \"+0200\"", printable(text)));
    }
    date.offset = *offset;
  }
  return date;
}

// The whole value, or what is behind its last ";", as Received has it.
std::optional<mime::Date> date_in(const mime::Field& field) {
  const std::string value = field.unfolded();
  const std::size_t semicolon = value.rfind(';');
  return mime::parse_date(semicolon == std::string::npos ? value : value.substr(semicolon + 1));
}

std::string mailbox_of(Machine& machine, const Call& call) {
  const bool server = call.command->verb == Verb::servermetadata || call.command->verb == Verb::servermetadataexists;
  return server ? std::string() : machine.text(call.values[0].strings.front());
}

std::optional<std::string> annotation(Machine& machine, const std::string& mailbox, const std::string& name) {
  const Mailboxes* mailboxes = machine.context().mailboxes;
  if (mailboxes == nullptr || !is_annotation(name)) {
    return std::nullopt;
  }
  return mailboxes->annotation(mailbox, name);
}

// RFC 5235: 0 is "not tested"; of "spamtest" 1 to 10, of "virustest" 1 to 5, with ":percent" 0 to 100.
std::string spam_value(const std::optional<SpamResult>& result, bool virus, bool percent) {
  if (!result) {
    return "0";
  }
  if (result->value) {
    const unsigned steps = virus ? 4 : 9;  // between the least and the most
    return std::to_string(percent ? (std::max(*result->value, 1U) - 1) * 100 / steps : *result->value);
  }
  if (percent) {
    return std::to_string(std::lround(std::floor(*result->part * 100 + 1e-9)));
  }
  return std::to_string(std::lround(std::floor(*result->part * (virus ? 4 : 9) + 1e-9)) + 1);
}

}  // namespace

bool date(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[2]);
  const DatePart part = wanted_part(machine, call, 1);
  visit_fields(machine, call, machine.text(call.values[0].strings.front()), [&](ReadField& field) {
    const auto date = date_in(field.field());
    return date && matcher.add(part_of(in_zone(machine, call, *date), part));
  });
  return matcher.result();
}

bool current_date(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[1]);
  const DatePart part = wanted_part(machine, call, 0);
  matcher.add(part_of(in_zone(machine, call, {.utc = machine.context().now}), part));
  return matcher.result();
}

bool duplicate(Machine& machine, const Call& call) {
  std::string id = machine.text(call, Tag::uniqueid);
  if (!call.has(Tag::uniqueid)) {
    const std::string name = call.has(Tag::header) ? machine.text(call, Tag::header) : "Message-ID";
    id = machine.letter().headers().text(name);
  }
  if (id.empty()) {  // nothing to know it by (RFC 7352 section 3.1)
    return false;
  }
  // An id out of one field is another one than the same text out of another.
  id.insert(0, (call.has(Tag::header) ? to_lower(machine.text(call, Tag::header)) : "") + '\n');
  const Value* seconds = call.find(Tag::seconds);
  constexpr std::uint64_t most = 100ULL * 24 * 3600;
  DuplicateMark mark{
      .handle = machine.text(call, Tag::handle),
      .id = std::move(id),
      .period = std::chrono::seconds(seconds == nullptr ? 7 * 24 * 3600 : std::min(seconds->number, most))};
  const Seen* seen = machine.context().seen;
  const bool before = seen != nullptr && seen->before(mark.handle, mark.id);
  auto& marks = machine.outcome().duplicates;
  if ((!before || call.has(Tag::last)) && marks.size() < 100 &&
      std::find(marks.begin(), marks.end(), mark) == marks.end()) {
    marks.push_back(std::move(mark));
  }
  return before;
}

bool environment(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[1]);
  const std::string name = to_lower(machine.text(call.values[0].strings.front()));
  const auto& items = machine.context().environment;
  if (const auto found = items.find(name); found != items.end()) {
    matcher.add(found->second);
  } else if (name == "name") {
    matcher.add("Posthouse");
  }
  return matcher.result();
}

bool mailbox_exists(Machine& machine, const Call& call) {
  const Mailboxes* mailboxes = machine.context().mailboxes;
  const std::vector<std::string> names = machine.texts(call.values[0]);
  return mailboxes != nullptr && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
           machine.spend(10);
           return is_mailbox_name(name) && mailboxes->exists(name);
         });
}

bool metadata(Machine& machine, const Call& call) {
  const std::size_t place = call.command->verb == Verb::metadata ? 1 : 0;
  Matcher matcher(machine, call, call.values[place + 1]);
  const auto value = annotation(machine, mailbox_of(machine, call), machine.text(call.values[place].strings.front()));
  if (value) {
    matcher.add(*value);
  }
  return matcher.result();
}

bool metadata_exists(Machine& machine, const Call& call) {
  const std::size_t place = call.command->verb == Verb::metadataexists ? 1 : 0;
  const std::string mailbox = mailbox_of(machine, call);
  const std::vector<std::string> names = machine.texts(call.values[place]);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    machine.spend(10);
    return annotation(machine, mailbox, name).has_value();
  });
}

bool special_use_exists(Machine& machine, const Call& call) {
  const Mailboxes* mailboxes = machine.context().mailboxes;
  const std::string mailbox = call.values[0].present ? machine.text(call.values[0].strings.front()) : std::string();
  const std::vector<std::string> uses = machine.texts(call.values[1]);
  if (mailboxes == nullptr || (call.values[0].present && (!is_mailbox_name(mailbox) || !mailboxes->exists(mailbox)))) {
    return false;
  }
  return std::all_of(uses.begin(), uses.end(), [&](const std::string& use) {
    return is_special_use(use) && mailboxes->has_special_use(mailbox, use);
  });
}

/// What a filter has written: the house's own, which stands in front, before that of whoever handed the message in.
std::optional<SpamResult> spam_result(const SpamRule& rule, const Letter& letter) {
  const auto ours = find_result(rule, letter.front());
  return ours ? ours : find_result(rule, letter.headers());
}

bool spam_test(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[0]);
  const bool virus = call.command->verb == Verb::virustest;
  const auto& rule = virus ? machine.context().virus : machine.context().spam;
  const auto result = rule ? spam_result(*rule, machine.letter()) : std::nullopt;
  matcher.add(spam_value(result, virus, call.has(Tag::percent)));
  return matcher.result();
}

bool valid_ext_list(Machine& machine, const Call& call) {
  const Lists* lists = machine.context().lists;
  const std::vector<std::string> names = machine.texts(call.values[0]);
  return lists != nullptr &&
         std::all_of(names.begin(), names.end(), [&](const std::string& name) { return lists->knows(name); });
}

bool valid_notify_method(Machine& machine, const Call& call) {
  const std::vector<std::string> uris = machine.texts(call.values[0]);
  return std::all_of(uris.begin(), uris.end(), [](const std::string& uri) {
    std::string why;
    return parse_mailto(uri, why).has_value();
  });
}

// RFC 5435 section 6: whether somebody is there to read mail is not known.
bool notify_method_capability(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[2]);
  std::string why;
  if (parse_mailto(machine.text(call.values[0].strings.front()), why) &&
      iequals(machine.text(call.values[1].strings.front()), "online")) {
    matcher.add("maybe");
  }
  return matcher.result();
}

}  // namespace posthouse::sieve::verbs
