#include "posthouse/mime/fields/header.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/fields/header_scanner.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

HeaderLineInfo classify_header_line(std::string_view line) noexcept {
  const auto is = [](HeaderLine kind) { return HeaderLineInfo{.kind = kind}; };
  const char first = line.front();
  if (first == ' ' || first == '\t') {
    return is(HeaderLine::continuation);
  }
  if (first == ':') {
    return is(HeaderLine::nameless);
  }
  if (first == '\r' || first == '\n') {
    const bool only_line_end = line.find_first_not_of("\r\n") == std::string_view::npos;
    return is(only_line_end ? HeaderLine::empty : HeaderLine::other);
  }
  // field-name = 1*ftext, ftext = %d33-57 / %d59-126 (RFC 5322 section 3.6.8)
  std::size_t name = 0;
  while (name < line.size() && line[name] > 32 && line[name] < 127 && line[name] != ':') {
    ++name;
  }
  std::size_t colon = name;
  while (colon < line.size() && (line[colon] == ' ' || line[colon] == '\t')) {
    ++colon;
  }
  if (name > 0 && colon < line.size() && line[colon] == ':') {
    return {HeaderLine::field, static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(colon + 1), colon != name};
  }
  if (line.starts_with("From ")) {
    return is(HeaderLine::from_line);
  }
  return is(HeaderLine::other);
}

bool Field::is(std::string_view name) const noexcept {
  return iequals(this->name(), name);
}

std::string_view Field::raw_value() const noexcept {
  std::string_view value = raw();
  if (value.size() > decode_limit_) {
    value = value.substr(0, decode_limit_);
  } else {
    if (value.ends_with('\n')) {
      value.remove_suffix(1);
    }
    if (value.ends_with('\r')) {
      value.remove_suffix(1);
    }
  }
  value.remove_prefix(std::min<std::size_t>(range_.value, value.size()));
  return value;
}

std::string Field::text() const {
  return decode_words(raw_value());
}

void Field::text_into(std::string& out) const {
  out.clear();
  append_decoded_words(out, raw_value());
}

std::string Field::unfolded() const {
  std::string out;
  const std::string_view value = trim(raw_value());
  out.reserve(value.size());
  append_unfolded(out, value);
  return out;
}

std::optional<Field> Headers::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    if (fields_[i].name_length == name.size() && (*this)[i].is(name)) {
      return (*this)[i];
    }
  }
  return std::nullopt;
}

std::vector<Field> Headers::all(std::string_view name) const {
  std::vector<Field> out;
  for (const Field field : *this) {
    if (field.is(name)) {
      out.push_back(field);
    }
  }
  return out;
}

std::size_t Headers::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(begin(), end(), [&](const Field& field) { return field.is(name); }));
}

std::string Headers::text(std::string_view name) const {
  const std::optional<Field> field = find(name);
  return field ? field->text() : std::string();
}

HeaderBlock HeaderBlock::scan(std::string_view bytes, const Limits& limits) {
  struct Sink {
    HeaderBlock& block;
    const Limits& limits;
    void field(const FieldRange& range) { block.fields_.push_back(range); }
    void defect(DefectCode code, std::size_t offset) {
      if (block.defects_.size() < limits.defects) {
        block.defects_.push_back({code, offset});
      }
    }
  };
  HeaderBlock block;
  block.bytes_ = bytes;
  block.decode_limit_ = limits.header_line;
  Sink sink{block, limits};
  const HeaderEnd end = scan_header(bytes, 0, limits, sink, [](std::size_t, std::size_t) { return false; });
  block.from_line_ = end.from_line;
  block.body_ = end.body;
  block.complete_ = end.complete;
  return block;
}

}  // namespace posthouse::mime
