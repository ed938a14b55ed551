// The actions of RFC 5228, RFC 5429 and RFC 5293.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/language/names.h"
#include "posthouse/sieve/run/matcher.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve::verbs {
namespace {

// The flags of ":flags", else those of the internal variable.
std::vector<std::string> delivery_flags(Machine& machine, const Call& call) {
  const Value* value = call.find(Tag::flags);
  return value == nullptr ? machine.flags(nullptr) : flags_in(machine.texts(*value));
}

// RFC 5293 sections 4 to 7: Subject is always free, trace fields and what tells loops are never taken away.
bool may_edit(const Context& context, std::string_view name, bool add) {
  if (iequals(name, "Subject")) {
    return true;
  }
  if (!add && (iequals(name, "Received") || iequals(name, "Auto-Submitted"))) {
    return false;
  }
  return std::none_of(
      context.protected_fields.begin(), context.protected_fields.end(),
      [&](const ProtectedField& field) { return iequals(field.name, name) && (add ? field.add : field.remove); });
}

std::string checked_field_name(Machine& machine, const Call& call) {
  std::string name = machine.text(call.values[0].strings.front());
  if (!is_field_name(name)) {
    machine.fail(call.at, fmt::format("'{}' is no name of a field", printable(name)));
  }
  return name;
}

void edit(Machine& machine, const Call& call, HeaderEdit edit) {
  if (machine.outcome().edits.size() >= machine.context().limits.header_edits) {
    machine.fail(call.at,
                 fmt::format("more than {} changes are made to the header", machine.context().limits.header_edits));
  }
  machine.letter().edit(edit);
  machine.outcome().edits.push_back(std::move(edit));
}

}  // namespace

void keep(Machine& machine, const Call& call) {
  machine.add_action({.what = Keep{.flags = delivery_flags(machine, call)}}, call, true);
}

void discard(Machine& machine, const Call& call) {
  machine.add_action({.what = Discard{}}, call, true);
}

void fileinto(Machine& machine, const Call& call) {
  FileInto file{.mailbox = machine.text(call.values[0].strings.front()),
                .flags = delivery_flags(machine, call),
                .create = call.has(Tag::create),
                .special_use = machine.text(call, Tag::special_use)};
  if (!is_mailbox_name(file.mailbox)) {
    machine.fail(call.at, fmt::format("invalid folder name '{}'", printable(file.mailbox)));
  }
  if (!file.special_use.empty() && !is_special_use(file.special_use)) {
    machine.fail(call.at, fmt::format("'{}' is no special use", printable(file.special_use)));
  }
  machine.add_action({.what = std::move(file)}, call, !call.has(Tag::copy));
}

void redirect(Machine& machine, const Call& call) {
  const std::string text = machine.text(call.values[0].strings.front());
  auto address = outgoing_address(text);
  if (!address) {
    machine.fail(call.at, fmt::format("'{}' is no address that mail can be sent to", printable(text)));
  }
  machine.add_action({.what = Redirect{.address = *std::move(address)}}, call, !call.has(Tag::copy));
}

void reject(Machine& machine, const Call& call) {
  machine.add_action({.what = Reject{.reason = machine.text(call.values[0].strings.front()),
                                     .in_protocol = call.command->verb == Verb::ereject}},
                     call, true);
}

void add_header(Machine& machine, const Call& call) {
  const std::string name = checked_field_name(machine, call);
  const std::string value = machine.text(call.values[1].strings.front());
  if (value.find('\0') != std::string::npos || value.size() > machine.context().limits.header_field_octets) {
    machine.fail(call.at, value.size() > machine.context().limits.header_field_octets
                              ? fmt::format("the field's value has more than {} octets",
                                            machine.context().limits.header_field_octets)
                              : std::string("the field's value has a NUL in it"));
  }
  if (may_edit(machine.context(), name, true)) {
    edit(machine, call,
         {.added = make_field(name, value), .index = call.has(Tag::last) ? machine.letter().headers().size() : 0});
  }
}

void delete_header(Machine& machine, const Call& call) {
  const std::string name = checked_field_name(machine, call);
  if (!may_edit(machine.context(), name, false)) {
    return;
  }
  const mime::Headers headers = machine.letter().headers();
  std::vector<std::size_t> fields;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].is(name)) {
      fields.push_back(i);
    }
  }
  if (const Value* index = call.find(Tag::index); index != nullptr) {
    const bool there = index->number <= fields.size();
    const std::size_t at = call.has(Tag::last) ? fields.size() - index->number : index->number - 1;
    fields = there ? std::vector<std::size_t>{fields[at]} : std::vector<std::size_t>{};
  }
  const Value& patterns = call.values[1];
  if (patterns.present) {
    Matcher matcher(machine, call, patterns, false);
    std::erase_if(fields, [&](std::size_t i) {
      matcher.begin_again();
      matcher.add(headers[i].text());
      return !matcher.result();
    });
  }
  // From behind, so that what is before keeps its place.
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    edit(machine, call, {.index = *field});
  }
}

}  // namespace posthouse::sieve::verbs
