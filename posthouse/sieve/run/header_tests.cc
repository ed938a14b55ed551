// Tests of header fields and of the envelope (RFC 5228 section 5, RFC 5260 section 6, RFC 5703 section 4).
#include <algorithm>
#include <functional>
#include <optional>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/parameters.h"
#include "posthouse/sieve/language/names.h"
#include "posthouse/sieve/run/fields.h"
#include "posthouse/sieve/run/matcher.h"
#include "posthouse/sieve/run/verbs.h"

namespace posthouse::sieve {

bool visit_fields(Machine& machine, const Call& call, const std::string& name,
                  const std::function<bool(ReadField&)>& visit) {
  const Value* index = call.find(Tag::index);
  const auto visit_all = [&](std::vector<ReadField>& fields) {
    if (index == nullptr) {
      return std::any_of(fields.begin(), fields.end(), visit);
    }
    if (index->number > fields.size()) {
      return false;
    }
    return visit(fields[call.has(Tag::last) ? fields.size() - index->number : index->number - 1]);
  };
  const auto visit_part = [&](const mime::Part& part) {
    if (part.index() == 0) {
      return visit_all(machine.letter().named(name));
    }
    std::vector<ReadField> fields;
    for (const mime::Field& field : part.headers().all(name)) {
      fields.emplace_back(field);
    }
    machine.spend(1 + part.headers().size() / 16);
    return visit_all(fields);
  };
  if (!call.has(Tag::mime)) {
    return visit_all(machine.letter().named(name));
  }
  const mime::Part part = machine.current_part();
  if (!call.has(Tag::anychild)) {
    return visit_part(part);
  }
  for (const mime::Part child : part.walk()) {
    if (visit_part(child)) {
      return true;
    }
  }
  return false;
}

namespace verbs {
namespace {

// The part of an address that the test is about; nothing for what has none (RFC 5228 section 2.7.4, RFC 5233).
std::optional<std::string_view> address_part(Machine& machine, const Call& call, const std::string& addr) {
  const AddressParts& parts = machine.letter().parts(addr);
  const bool part = call.has(Tag::localpart) || call.has(Tag::domain) || call.has(Tag::user) || call.has(Tag::detail);
  if (!part) {
    return parts.whole;
  }
  if (!parts.valid) {
    return std::nullopt;
  }
  if (call.has(Tag::domain)) {
    return parts.domain;
  }
  if (call.has(Tag::localpart)) {
    return parts.local;
  }
  const std::size_t cut = parts.local.find_first_of(machine.context().separators);
  if (call.has(Tag::user)) {
    return std::string_view(parts.local).substr(0, cut);
  }
  return cut == std::string::npos ? std::nullopt : std::optional(std::string_view(parts.local).substr(cut + 1));
}

bool add_field_addresses(Machine& machine, const Call& call, ReadField& field, Matcher& matcher) {
  for (const std::string& addr : field.addresses()) {
    const auto part = address_part(machine, call, addr);
    if (part && matcher.add(*part)) {
      return true;
    }
  }
  return false;
}

// What ":type", ":subtype", ":contenttype" and ":param" look at.
bool add_mime_option(Machine& machine, const Call& call, const mime::Field& field, Matcher& matcher) {
  const mime::ParameterizedValue value = mime::parse_parameters(field.raw_value());
  if (const Value* names = call.find(Tag::param); names != nullptr) {
    for (const std::string& name : machine.texts(*names)) {
      const std::string* found = value.find(to_lower(name));
      if (found != nullptr && matcher.add(*found)) {
        return true;
      }
    }
    return false;
  }
  const std::size_t slash = value.value.find('/');
  if (call.has(Tag::type)) {
    return matcher.add(value.value.substr(0, slash));
  }
  if (call.has(Tag::subtype)) {
    return matcher.add(slash == std::string::npos ? "" : value.value.substr(slash + 1));
  }
  return matcher.add(value.value);
}

}  // namespace

bool header(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[1]);
  const bool option =
      call.has(Tag::type) || call.has(Tag::subtype) || call.has(Tag::contenttype) || call.has(Tag::param);
  for (const std::string& name : machine.texts(call.values[0])) {
    if (visit_fields(machine, call, name, [&](ReadField& field) {
          return option ? add_mime_option(machine, call, field.field(), matcher) : matcher.add(field.text());
        })) {
      break;
    }
  }
  return matcher.result();
}

bool address(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[1]);
  for (const std::string& name : machine.texts(call.values[0])) {
    if (visit_fields(machine, call, name,
                     [&](ReadField& field) { return add_field_addresses(machine, call, field, matcher); })) {
      break;
    }
  }
  return matcher.result();
}

bool exists(Machine& machine, const Call& call) {
  const std::vector<std::string> names = machine.texts(call.values[0]);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return visit_fields(machine, call, name, [](ReadField&) { return true; });
  });
}

bool envelope(Machine& machine, const Call& call) {
  Matcher matcher(machine, call, call.values[1]);
  const Envelope& envelope = machine.envelope();
  const auto add = [&](const std::string& addr) {
    if (addr.empty()) {
      return matcher.add(addr);
    }
    const auto part = address_part(machine, call, addr);
    return part && matcher.add(*part);
  };
  for (const std::string& name : machine.texts(call.values[0])) {
    bool done = false;
    if (iequals(name, "from")) {
      done = envelope.from && add(*envelope.from);
    } else if (iequals(name, "to")) {
      done = std::any_of(envelope.to.begin(), envelope.to.end(), add);
    } else if (iequals(name, "auth")) {
      done = envelope.auth && add(*envelope.auth);
    }
    if (done) {
      break;
    }
  }
  return matcher.result();
}

bool size(Machine& machine, const Call& call) {
  const std::uint64_t octets = machine.letter().message().raw().size();
  const std::uint64_t limit = call.values[0].number;
  return call.has(Tag::over) ? octets > limit : octets < limit;
}

}  // namespace verbs
}  // namespace posthouse::sieve
