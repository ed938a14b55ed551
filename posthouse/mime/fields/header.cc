#include "posthouse/mime/fields/header.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/header_scanner.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

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
