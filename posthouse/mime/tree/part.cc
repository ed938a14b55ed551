#include "posthouse/mime/tree/part.h"

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset_guess.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/tree/message_data.h"
#include "posthouse/mime/wire/lexer.h"
#include "posthouse/mime/wire/parameter_scanner.h"

namespace posthouse::mime {
namespace {

const detail::PartData& part_of(const detail::MessageData* data, std::size_t index) {
  return data->parts[index];
}

// The charset of the message's first text in a charset of its own; empty where there is none.
// Only the first parts are asked: every field of every part may ask again.
std::string charset_of_text(const Part& root) {
  constexpr std::size_t asked = 32;
  for (const Part part : root.walk()) {
    if (part.index() == asked) {
      break;
    }
    if (!part.is_leaf() || !part.is("text/")) {
      continue;
    }
    if (std::string charset = part.charset(); !charset.empty() && is_known_charset(charset)) {
      return charset;
    }
  }
  return {};
}

}  // namespace

detail::ReadableValue::ReadableValue(const MessageData& data, const Field& field) : value_(field.raw_value()) {
  if (is_valid_utf8(value_)) {
    return;
  }
  readable_ = decode_raw_header(value_, charset_of_text(Part(&data, 0)));
  value_ = readable_;
}

std::string Part::path() const {
  std::string path;
  for (std::size_t i = index_; i != 0; i = part_of(data_, i).parent) {
    std::string step = std::to_string(part_of(data_, i).ordinal);
    if (!path.empty()) {
      step += '.';
    }
    path.insert(0, step);
  }
  return path;
}

std::size_t Part::depth() const noexcept {
  std::size_t depth = 0;
  for (std::size_t i = index_; i != 0; i = part_of(data_, i).parent) {
    ++depth;
  }
  return depth;
}

Headers Part::headers() const noexcept {
  const detail::PartData& part = part_of(data_, index_);
  return {data_->bytes, data_->fields.data() + part.first_field, part.field_count, data_->limits.header_line};
}

std::string Part::type() const {
  const std::optional<Field> field = headers().find("Content-Type");
  if (field) {
    char buffer[128];
    const std::string_view type = media_type(ParameterScanner(field->raw_value()).value(), buffer);
    return type.empty() ? "text/plain" : std::string(type);
  }
  // RFC 2046 section 5.1.5
  const bool in_digest = index_ != 0 && parent()->type() == "multipart/digest";
  return in_digest ? "message/rfc822" : "text/plain";
}

bool Part::is(std::string_view type) const {
  const std::string mine = this->type();
  return type.ends_with('/') ? istarts_with(mine, type) : iequals(mine, type);
}

ParameterizedValue Part::content_type() const {
  ParameterizedValue value;
  const std::optional<Field> field = headers().find("Content-Type");
  if (field) {
    value = parse_parameters(field->raw_value(), data_->limits);
  }
  value.value = type();
  return value;
}

std::string Part::charset() const {
  const std::optional<Field> field = headers().find("Content-Type");
  if (!field) {
    return {};
  }
  ParameterScanner scanner(field->raw_value());
  RawParameter parameter;
  for (std::size_t i = 0; i < data_->limits.parameters && scanner.next(parameter); ++i) {
    if (!istarts_with(parameter.name, "charset")) {
      continue;
    }
    const bool plain = parameter.name.size() == 7 && parameter.value.find_first_of("\\\r\n=") == std::string_view::npos;
    if (plain) {
      return to_lower(trim(parameter.value));
    }
    return to_lower(trim(parse_parameters(field->raw_value(), data_->limits).get("charset")));
  }
  return {};
}

ParameterizedValue Part::content_disposition() const {
  const std::optional<Field> field = headers().find("Content-Disposition");
  return field ? parse_parameters(field->raw_value(), data_->limits) : ParameterizedValue();
}

std::string Part::disposition() const {
  const std::optional<Field> field = headers().find("Content-Disposition");
  if (!field) {
    return {};
  }
  std::string value;
  append_unfolded(value, ParameterScanner(field->raw_value()).value());
  return to_lower(value);
}

std::optional<std::string> Part::filename() const {
  constexpr std::pair<std::string_view, std::string_view> places[] = {{"Content-Disposition", "filename"},
                                                                      {"Content-Type", "name"}};
  std::optional<std::string> found;
  for (const auto& [field_name, parameter] : places) {
    const std::optional<Field> field = headers().find(field_name);
    if (!field) {
      continue;
    }
    const ParameterizedValue value = parse_parameters(detail::ReadableValue(*data_, *field), data_->limits);
    if (const std::string* name = value.find(parameter); name != nullptr && !(found && name->empty())) {
      found = trim(*name);
    }
    if (found && !found->empty()) {
      break;
    }
  }
  return found;
}

std::string Part::header(std::string_view name) const {
  const std::optional<Field> field = headers().find(name);
  return field ? decode_words(detail::ReadableValue(*data_, *field)) : std::string();
}

std::string Part::content_id() const {
  return header("Content-ID");
}

TransferEncoding Part::encoding() const {
  const std::optional<Field> field = headers().find("Content-Transfer-Encoding");
  return field ? transfer_encoding(field->raw_value()) : TransferEncoding::seven_bit;
}

bool Part::is_multipart() const noexcept {
  return part_of(data_, index_).kind == PartKind::multipart;
}
bool Part::is_message() const noexcept {
  return part_of(data_, index_).kind == PartKind::message;
}
bool Part::is_leaf() const noexcept {
  return part_of(data_, index_).kind == PartKind::leaf;
}

bool Part::is_attachment() const {
  if (is_multipart() || (is_message() && index_ == 0)) {
    return false;
  }
  const std::string kind = disposition();
  if (is_message() || !is("text/") || (!kind.empty() && kind != "inline")) {
    return true;
  }
  return kind.empty() && filename().has_value();
}

Parts Part::children() const noexcept {
  const detail::PartData& part = part_of(data_, index_);
  return {data_, index_ + 1, part.subtree_end, true};
}

Parts Part::walk() const noexcept {
  return {data_, index_, part_of(data_, index_).subtree_end, false};
}

std::optional<Part> Part::parent() const noexcept {
  if (index_ == 0) {
    return std::nullopt;
  }
  return Part(data_, part_of(data_, index_).parent);
}

std::string_view Part::raw() const noexcept {
  const detail::PartData& part = part_of(data_, index_);
  return data_->bytes.substr(part.begin, part.end - part.begin);
}

std::string_view Part::raw_header() const noexcept {
  const detail::PartData& part = part_of(data_, index_);
  return data_->bytes.substr(part.begin, part.body - part.begin);
}

std::string_view Part::raw_body() const noexcept {
  const detail::PartData& part = part_of(data_, index_);
  return data_->bytes.substr(part.body, part.end - part.body);
}

std::size_t Part::offset() const noexcept {
  return part_of(data_, index_).begin;
}
std::size_t Part::body_offset() const noexcept {
  return part_of(data_, index_).body;
}

std::string Part::content(std::vector<Defect>* defects) const {
  std::string out;
  content_into(out, defects);
  return out;
}

void Part::content_into(std::string& out, std::vector<Defect>* defects) const {
  out.clear();
  if (!is_leaf()) {
    out.append(raw_body());
  } else {
    decode_body(out, raw_body(), encoding(), defects, body_offset());
  }
}

Text Part::decoded_text(std::vector<Defect>* defects) const {
  Text text = decode_text(content(defects), charset(), is("text/html"));
  if (defects != nullptr && !text.known_charset) {
    defects->push_back({DefectCode::charset_unknown, offset()});
  }
  if (defects != nullptr && text.source != CharsetSource::declared) {
    defects->push_back({DefectCode::charset_guessed, body_offset()});
  }
  if (defects != nullptr && text.lossy) {
    defects->push_back({DefectCode::charset_invalid_octets, body_offset()});
  }
  return text;
}

Parts::iterator& Parts::iterator::operator++() noexcept {
  index_ = siblings_ ? data_->parts[index_].subtree_end : index_ + 1;
  return *this;
}

std::size_t Parts::size() const noexcept {
  if (!siblings_) {
    return end_ - begin_;
  }
  return data_->parts[begin_ - 1].child_count;
}

}  // namespace posthouse::mime
