#include "posthouse/milter/apply/apply.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "posthouse/base/text.h"

namespace posthouse::milter {
namespace {

/// A field as it stands, its line ends with it.
using RawField = std::string;

std::vector<RawField> fields_of(std::string_view header) {
  std::vector<RawField> fields;
  while (!header.empty()) {
    const std::size_t end = header.find('\n');
    const std::string_view line = header.substr(0, end == std::string_view::npos ? end : end + 1);
    if (!fields.empty() && (line.front() == ' ' || line.front() == '\t')) {
      fields.back() += line;
    } else {
      fields.emplace_back(line);
    }
    header.remove_prefix(line.size());
  }
  return fields;
}

bool is_named(std::string_view field, std::string_view name) {
  return istarts_with(field, name) && trim(field.substr(name.size(), field.find(':') - name.size())).empty() &&
         field.find(':') != std::string_view::npos && field.find(':') >= name.size();
}

RawField raw_field(std::string_view name, std::string_view value) {
  return std::string(name) + ':' + std::string(value) + "\r\n";
}

struct HeaderChange {
  std::vector<RawField>& fields;

  void operator()(const AddHeader& added) const { fields.push_back(raw_field(added.name, added.value)); }
  void operator()(const InsertHeader& added) const {
    const std::size_t before = std::min<std::size_t>(added.index == 0 ? 0 : added.index - 1, fields.size());
    fields.insert(std::next(fields.begin(), static_cast<std::ptrdiff_t>(before)), raw_field(added.name, added.value));
  }
  void operator()(const ChangeHeader& changed) const {
    std::uint32_t left = std::max<std::uint32_t>(changed.index, 1);
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const RawField& candidate) {
      return is_named(candidate, changed.name) && --left == 0;
    });
    if (field == fields.end()) {
      if (!changed.value.empty()) {
        fields.push_back(raw_field(changed.name, changed.value));
      }
    } else if (changed.value.empty()) {
      fields.erase(field);
    } else {
      *field = raw_field(changed.name, changed.value);
    }
  }
  template <class Other>
  void operator()(const Other&) const {}
};

/// Where the header of `message` ends: behind the line end of its last field.
std::size_t end_of_header(std::string_view message) {
  std::size_t at = 0;
  while (at < message.size()) {
    if (message.substr(at).starts_with("\r\n") || message[at] == '\n') {
      return at;
    }
    const std::size_t end = message.find('\n', at);
    at = end == std::string_view::npos ? message.size() : end + 1;
  }
  return at;
}

}  // namespace

std::string apply_to_header(std::string_view header, std::span<const Modification> modifications) {
  std::vector<RawField> fields = fields_of(header);
  if (!fields.empty() && !fields.back().ends_with('\n')) {
    fields.back() += "\r\n";
  }
  for (const Modification& modification : modifications) {
    std::visit(HeaderChange{fields}, modification);
  }
  std::string changed;
  for (const RawField& field : fields) {
    changed += field;
  }
  return changed;
}

const std::string* replaced_body(std::span<const Modification> modifications) noexcept {
  for (const Modification& modification : modifications) {
    if (const auto* replaced = std::get_if<ReplaceBody>(&modification)) {
      return &replaced->body;
    }
  }
  return nullptr;
}

std::string apply_to_message(std::string_view message, std::span<const Modification> modifications) {
  const std::size_t end = end_of_header(message);
  std::string changed = apply_to_header(message.substr(0, end), modifications);
  const std::string* const body = replaced_body(modifications);
  if (body == nullptr) {
    return changed.append(message.substr(end));
  }
  return changed.append("\r\n").append(*body);
}

}  // namespace posthouse::milter
