#include "posthouse/imap/wire/message/part_table.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/message/part_view.h"

namespace posthouse::imap {
namespace {

constexpr char table_version = 1;

// Seven bits an octet, the lowest first; the high bit says that more follow.
void append_number(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>((number & 0x7F) | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

std::optional<std::uint64_t> take_number(std::string_view& octets) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 63 && !octets.empty(); shift += 7) {
    const auto octet = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    number |= std::uint64_t{octet & 0x7FU} << shift;
    if (octet < 0x80) {
      return number;
    }
  }
  return std::nullopt;
}

bool names_field(const Section& section, std::string_view name) {
  return std::any_of(section.fields.begin(), section.fields.end(),
                     [&](const std::string& field) { return iequals(field, name); });
}

}  // namespace

PartTable PartTable::of(const mime::Message& message) {
  PartTable table;
  table.size_ = message.raw().size();
  for (const PartView& view : view_parts(message)) {
    Entry& entry = table.entries_.emplace_back();
    entry.parent = static_cast<std::uint32_t>(view.parent);
    entry.form = static_cast<Form>(view.form);
    if (view.part) {
      entry.encoding = view.form == PartForm::leaf ? view.part->encoding() : mime::TransferEncoding::seven_bit;
      entry.begin = view.part->offset();
      entry.body = view.part->body_offset();
      entry.end = entry.body + view.part->raw_body().size();
    } else {
      const Entry& parent = table.entries_[view.parent];
      entry.begin = entry.body = parent.body;
      entry.end = parent.end;
    }
  }
  table.link();
  return table;
}

void PartTable::link() {
  children_.assign(entries_.size(), {});
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    children_[entries_[i].parent].push_back(static_cast<std::uint32_t>(i));
  }
}

std::optional<std::size_t> PartTable::child(std::size_t index, std::uint32_t ordinal) const {
  const auto& children = children_[index];
  return ordinal <= children.size() ? std::optional<std::size_t>(children[ordinal - 1]) : std::nullopt;
}

// RFC 9051 section 6.4.5.1: parts of a multipart are counted; a message's body that is no multipart is its part 1.
const PartTable::Entry* PartTable::find_part(const std::vector<std::uint32_t>& path) const {
  std::size_t at = 0;
  bool body_of_message = true;
  for (const std::uint32_t ordinal : path) {
    if (!body_of_message && entries_[at].form == Form::message) {
      const auto body = child(at, 1);
      if (!body) {
        return nullptr;
      }
      at = *body;
      body_of_message = true;
    }
    if (entries_[at].form == Form::multipart) {
      const auto part = child(at, ordinal);
      if (!part) {
        return nullptr;
      }
      at = *part;
    } else if (!body_of_message || ordinal != 1) {
      return nullptr;
    }
    body_of_message = false;
  }
  return &entries_[at];
}

std::optional<Slice> PartTable::find(const Section& section) const {
  if (section.part.empty() && section.what == SectionText::whole) {
    return Slice{0, size_};
  }
  const Entry* entry = find_part(section.part);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (section.what == SectionText::whole) {
    return Slice{entry->body, entry->end - entry->body};
  }
  if (section.what == SectionText::mime) {
    return Slice{entry->begin, entry->body - entry->begin};
  }
  if (!section.part.empty()) {
    const auto body =
        entry->form == Form::message ? child(static_cast<std::size_t>(entry - entries_.data()), 1) : std::nullopt;
    if (!body) {
      return std::nullopt;
    }
    entry = &entries_[*body];
  }
  return section.what == SectionText::text ? Slice{entry->body, entry->end - entry->body}
                                           : Slice{entry->begin, entry->body - entry->begin};
}

std::optional<mime::TransferEncoding> PartTable::encoding(const std::vector<std::uint32_t>& part) const {
  if (part.empty()) {
    return mime::TransferEncoding::seven_bit;
  }
  const Entry* entry = find_part(part);
  return entry == nullptr ? std::nullopt : std::optional(entry->encoding);
}

std::vector<PartTable::Part> PartTable::parts() const {
  std::vector<Part> parts;
  parts.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    parts.push_back({.header = {entry.begin, entry.body - entry.begin},
                     .body = {entry.body, entry.end - entry.body},
                     .parent = entry.parent,
                     .leaf = entry.form == Form::leaf,
                     .message = entry.form == Form::message});
  }
  return parts;
}

PartTable PartTable::behind(std::uint64_t front) const {
  PartTable table = *this;
  if (front == 0) {
    return table;
  }
  table.size_ += front;
  for (Entry& entry : table.entries_) {
    entry.begin += front;
    entry.body += front;
    entry.end += front;
  }
  table.entries_.front().begin = 0;
  return table;
}

std::string PartTable::encode() const {
  std::string out(1, table_version);
  append_number(out, size_);
  append_number(out, entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    append_number(out, i - entry.parent);
    append_number(out, static_cast<std::uint64_t>(entry.encoding) * 4 + static_cast<std::uint64_t>(entry.form));
    append_number(out, entry.begin - entries_[entry.parent].begin);
    append_number(out, entry.body - entry.begin);
    append_number(out, entry.end - entry.body);
  }
  return out;
}

std::optional<PartTable> PartTable::decode(std::string_view octets) {
  PartTable table;
  if (!octets.starts_with(table_version)) {
    return std::nullopt;
  }
  octets.remove_prefix(1);
  const auto size = take_number(octets);
  const auto count = take_number(octets);
  if (!size || !count || *count == 0 || *count > octets.size()) {
    return std::nullopt;
  }
  table.size_ = *size;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto up = take_number(octets);
    const auto kind = take_number(octets);
    const auto begin = take_number(octets);
    const auto header = take_number(octets);
    const auto body = take_number(octets);
    if (!up || !kind || !begin || !header || !body || *up > i || (*up == 0) != (i == 0) || *kind % 4 > 2 ||
        *kind / 4 > static_cast<std::uint64_t>(mime::TransferEncoding::unknown)) {
      return std::nullopt;
    }
    Entry& entry = table.entries_.emplace_back();
    entry.parent = static_cast<std::uint32_t>(i - *up);
    entry.form = static_cast<Form>(*kind % 4);
    entry.encoding = static_cast<mime::TransferEncoding>(*kind / 4);
    entry.begin = *begin + (i == 0 ? 0 : table.entries_[entry.parent].begin);
    entry.body = entry.begin + *header;
    entry.end = entry.body + *body;
    if (*begin > *size || *header > *size || *body > *size || entry.end > *size) {
      return std::nullopt;
    }
  }
  if (!octets.empty()) {
    return std::nullopt;
  }
  table.link();
  return table;
}

Slice partial_of(const Slice& slice, const Partial& partial) noexcept {
  const std::uint64_t skipped = std::min(partial.offset, slice.size);
  return {slice.offset + skipped, std::min(partial.count, slice.size - skipped)};
}

std::string header_subset(std::string_view header, const Section& section) {
  const mime::HeaderBlock block = mime::HeaderBlock::scan(header);
  std::string out;
  for (const mime::Field field : block.headers()) {
    if (names_field(section, field.name()) == (section.what == SectionText::header_fields)) {
      out += field.raw();
      if (!out.ends_with('\n')) {
        out += "\r\n";
      }
    }
  }
  out += "\r\n";
  return out;
}

}  // namespace posthouse::imap
