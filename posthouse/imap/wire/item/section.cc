#include "posthouse/imap/wire/item/section.h"

#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {
namespace {

// "1.2." or "1.2" before "]"; false where it is too deep or a number is 0.
bool read_part_path(Cursor& in, std::vector<std::uint32_t>& part, std::size_t depth) {
  while (in.peek() >= '0' && in.peek() <= '9') {
    const auto number = in.take_nz_number();
    if (!number || part.size() == depth) {
      return in.fail("No number of a part");
    }
    part.push_back(*number);
    if (!in.take('.')) {
      return in.peek() == ']' || in.fail("No section of a message");
    }
  }
  return part.empty() || in.peek() != ']' || in.fail("No section of a message");
}

bool read_field_names(Cursor& in, Section& section, std::size_t limit) {
  if (!in.expect_space() || !in.expect('(', "Names of header fields are missing")) {
    return false;
  }
  do {
    auto name = in.take_astring();
    if (!name || section.fields.size() == limit) {
      return in.fail("No list of names of header fields");
    }
    section.fields.push_back(std::move(*name));
  } while (in.take(' '));
  return in.expect(')', "No list of names of header fields");
}

bool read_section_text(Cursor& in, Section& section, std::size_t limit) {
  if (in.take_prefix("HEADER.FIELDS.NOT")) {
    section.what = SectionText::header_fields_not;
    return read_field_names(in, section, limit);
  }
  if (in.take_prefix("HEADER.FIELDS")) {
    section.what = SectionText::header_fields;
    return read_field_names(in, section, limit);
  }
  if (in.take_prefix("HEADER")) {
    section.what = SectionText::header;
    return true;
  }
  if (in.take_prefix("TEXT")) {
    section.what = SectionText::text;
    return true;
  }
  if (!section.part.empty() && in.take_prefix("MIME")) {
    section.what = SectionText::mime;
    return true;
  }
  return in.fail("No section of a message");
}

}  // namespace

std::string Section::path() const {
  std::string out;
  for (const std::uint32_t number : part) {
    if (!out.empty()) {
      out += '.';
    }
    out += std::to_string(number);
  }
  if (what == SectionText::whole) {
    return out;
  }
  constexpr std::string_view names[] = {"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"};
  if (!out.empty()) {
    out += '.';
  }
  out += names[static_cast<std::size_t>(what)];
  return out;
}

std::string Section::to_string() const {
  std::string out = path();
  if (fields.empty()) {
    return out;
  }
  char before = '(';
  out += ' ';
  for (const std::string& field : fields) {
    out += before;
    append_astring(out, field);
    before = ' ';
  }
  out += ')';
  return out;
}

std::optional<Section> read_section(Cursor& in, const SectionLimits& limits) {
  Section section;
  if (!in.expect('[', "A section is missing") || !read_part_path(in, section.part, limits.depth)) {
    return std::nullopt;
  }
  if (in.peek() != ']' && !read_section_text(in, section, limits.fields)) {
    return std::nullopt;
  }
  if (!in.expect(']', "A section has no end")) {
    return std::nullopt;
  }
  return section;
}

std::optional<Partial> read_partial(Cursor& in) {
  if (!in.take('<')) {
    return std::nullopt;
  }
  const auto offset = in.take_number64();
  const bool dot = in.take('.');
  const auto count = in.take_number64();
  if (!offset || !dot || !count || *count == 0 || !in.take('>')) {
    in.fail("No piece of a section");
    return std::nullopt;
  }
  return Partial{*offset, *count};
}

}  // namespace posthouse::imap
