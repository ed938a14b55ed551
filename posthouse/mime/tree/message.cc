#include "posthouse/mime/tree/message.h"

#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/mime/tree/event_parser.h"
#include "posthouse/mime/tree/message_data.h"
#include "posthouse/mime/wire/header_scanner.h"

namespace posthouse::mime {
namespace {

using detail::MessageData;
using detail::PartData;

// Makes the flat tree out of the events.
class TreeBuilder {
 public:
  explicit TreeBuilder(MessageData& data) : data_(data) {}

  void begin_part(std::size_t offset) {
    const auto index = static_cast<std::uint32_t>(data_.parts.size());
    PartData part;
    part.begin = offset;
    part.first_field = static_cast<std::uint32_t>(data_.fields.size());
    part.parent = current_;
    if (index != 0) {
      part.ordinal = ++data_.parts[current_].child_count;
    }
    data_.parts.push_back(part);
    current_ = index;
  }
  void field(const FieldRange& range) { data_.fields.push_back(range); }
  void body(std::size_t offset, PartKind) {
    PartData& part = data_.parts[current_];
    part.body = offset;
    part.field_count = static_cast<std::uint32_t>(data_.fields.size()) - part.first_field;
  }
  void end_part(std::size_t offset, PartKind kind) {
    PartData& part = data_.parts[current_];
    part.end = offset;
    part.kind = kind;
    part.subtree_end = static_cast<std::uint32_t>(data_.parts.size());
    current_ = part.parent;
  }
  void defect(const Defect& defect) { data_.defects.push_back(defect); }

 private:
  MessageData& data_;
  std::uint32_t current_ = 0;
};

void sort_defects(std::vector<Defect>& defects) {
  std::stable_sort(defects.begin(), defects.end(),
                   [](const Defect& a, const Defect& b) { return a.offset < b.offset; });
}

// Makes the tree of data->bytes.
std::shared_ptr<const MessageData> read(std::shared_ptr<MessageData> data, const Limits& limits) {
  data->limits = limits;
  data->limits.parts = std::max<std::size_t>(data->limits.parts, 1);
  data->fields.reserve(32);
  TreeBuilder builder(*data);
  EventParser<TreeBuilder>(data->bytes, builder, data->limits).run();
  sort_defects(data->defects);
  return data;
}

}  // namespace

Message::Message() : Message(parse(std::string())) {}

Message Message::parse(std::string bytes, const Limits& limits) {
  auto data = std::make_shared<MessageData>();
  data->owned = std::move(bytes);
  data->bytes = data->owned;
  return Message(read(std::move(data), limits));
}

Message Message::view(std::string_view bytes, const Limits& limits) {
  auto data = std::make_shared<MessageData>();
  data->bytes = bytes;
  return Message(read(std::move(data), limits));
}

Message Message::map(const std::filesystem::path& path, const Limits& limits) {
  auto data = std::make_shared<MessageData>();
  data->bytes = data->file.emplace(path).view();
  return Message(read(std::move(data), limits));
}

std::string_view Message::raw() const noexcept {
  return data_->bytes;
}

std::string_view Message::mbox_line() const noexcept {
  const std::string_view line = data_->bytes.substr(0, data_->bytes.find('\n'));
  if (line.empty() || classify_header_line(line).kind != HeaderLine::from_line) {
    return {};
  }
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

Part Message::root() const noexcept {
  return {data_.get(), 0};
}
Parts Message::walk() const& noexcept {
  return root().walk();
}
std::size_t Message::part_count() const noexcept {
  return data_->parts.size();
}

std::optional<Part> Message::part(std::string_view path) const noexcept {
  Part found = root();
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    std::size_t ordinal = 0;
    for (const char c : path.substr(0, dot)) {
      if (!is_digit(c) || ordinal > data_->parts.size()) {
        return std::nullopt;
      }
      ordinal = ordinal * 10 + static_cast<std::size_t>(c - '0');
    }
    const Parts children = found.children();
    if (ordinal == 0 || ordinal > children.size() || dot + 1 == path.size()) {
      return std::nullopt;
    }
    auto child = children.begin();
    while (--ordinal > 0) {
      ++child;
    }
    found = *child;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return found;
}

std::vector<Address> Message::addresses(std::string_view name) const {
  std::vector<Address> out;
  for (const Field field : headers()) {
    if (!field.is(name)) {
      continue;
    }
    for (Address& address :
         parse_addresses(detail::ReadableValue(*data_, field), data_->limits.addresses - out.size())) {
      out.push_back(std::move(address));
    }
  }
  return out;
}

std::optional<Date> Message::date() const {
  const std::optional<Field> field = headers().find("Date");
  return field ? parse_date(field->raw_value()) : std::nullopt;
}

std::string Message::message_id() const {
  const std::optional<Field> field = headers().find("Message-ID");
  if (!field) {
    return {};
  }
  std::vector<std::string> ids = parse_message_ids(field->raw_value());
  return ids.empty() ? field->text() : std::move(ids.front());
}

std::vector<std::string> Message::message_ids(std::string_view name) const {
  std::vector<std::string> out;
  for (const Field field : headers()) {
    if (!field.is(name)) {
      continue;
    }
    for (std::string& id : parse_message_ids(field.raw_value())) {
      out.push_back(std::move(id));
    }
  }
  return out;
}

const std::vector<Defect>& Message::defects() const noexcept {
  return data_->defects;
}

namespace {

// RFC 5322 section 3.6 and RFC 2045: at most once.
constexpr std::array<std::string_view, 14> single_fields = {"From",
                                                            "Sender",
                                                            "Reply-To",
                                                            "To",
                                                            "Cc",
                                                            "Bcc",
                                                            "Subject",
                                                            "Date",
                                                            "Message-ID",
                                                            "In-Reply-To",
                                                            "References",
                                                            "Content-Type",
                                                            "Content-Transfer-Encoding",
                                                            "Content-Disposition"};

void check_octets(const Field& field, std::vector<Defect>& out) {
  const std::string_view raw = field.raw_value();
  const std::size_t at = field.value_offset();
  if (!is_valid_utf8(raw)) {
    out.push_back({DefectCode::header_raw_8bit, at});
  }
  if (const std::size_t nul = raw.find('\0'); nul != std::string_view::npos) {
    out.push_back({DefectCode::header_nul, at + nul});
  }
  for (std::size_t cr = raw.find('\r'); cr != std::string_view::npos; cr = raw.find('\r', cr + 1)) {
    if (cr + 1 < raw.size() && raw[cr + 1] == '\n') {
      continue;
    }
    out.push_back({DefectCode::header_bare_cr, at + cr});
    break;
  }
}

void check_addresses(std::string_view raw, const Limits& limits, std::size_t at, std::vector<Defect>& out) {
  bool valid = true;
  std::size_t count = 0;
  for (const AddressGroup& group : parse_address_groups(raw, limits.addresses + 1, &valid)) {
    count += group.members.size();
  }
  if (count > limits.addresses) {
    out.push_back({DefectCode::address_limit, at});
  } else if (!valid) {
    out.push_back({DefectCode::address_invalid, at});
  }
}

void check_field(const Field& field, const Limits& limits, std::vector<Defect>& out) {
  check_octets(field, out);
  const std::string_view raw = field.raw_value();
  const std::size_t at = field.value_offset();
  if (is_address_field(field.name())) {
    check_addresses(raw, limits, at, out);
  } else if (field.is("Date")) {
    if (!parse_date(raw)) {
      out.push_back({DefectCode::date_invalid, at});
    }
  } else if (field.is("Content-Type") || field.is("Content-Disposition")) {
    parse_parameters(raw, limits, &out, at);
  } else if (field.is("Content-Transfer-Encoding")) {
    if (transfer_encoding(raw) == TransferEncoding::unknown) {
      out.push_back({DefectCode::transfer_encoding_unknown, at});
    }
  } else {
    decode_words(raw, &out, at);
  }
}

void check_header(const Headers& headers, const Limits& limits, std::vector<Defect>& out) {
  std::array<bool, single_fields.size()> seen{};
  for (const Field field : headers) {
    check_field(field, limits, out);
    for (std::size_t i = 0; i < single_fields.size(); ++i) {
      if (!field.is(single_fields[i])) {
        continue;
      }
      if (seen[i]) {
        out.push_back({DefectCode::header_duplicate, field.offset()});
      }
      seen[i] = true;
    }
  }
}

}  // namespace

std::vector<Defect> Message::all_defects() const {
  std::vector<Defect> out = data_->defects;
  const auto full = [&] { return out.size() > data_->limits.defects; };
  for (const Part part : walk()) {
    if (full()) {
      break;
    }
    check_header(part.headers(), data_->limits, out);
    if (!part.is_leaf() || full()) {
      continue;
    }
    if (part.is("text/")) {
      part.decoded_text(&out);
    } else {
      part.content(&out);
    }
  }
  sort_defects(out);
  if (full()) {
    out.resize(data_->limits.defects);
    out.push_back({DefectCode::defect_limit, data_->bytes.size()});
  }
  return out;
}

}  // namespace posthouse::mime
