// Any octets are a message: it is read, walked and decoded, and what must hold of every message is checked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/mime.h"

namespace {

using namespace posthouse;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void walk(const mime::Message& message) {
  for (const mime::Part part : message.walk()) {
    require(part.raw_header().size() + part.raw_body().size() == part.raw().size());
    std::size_t at = part.body_offset();
    for (const mime::Part child : part.children()) {
      require(child.offset() >= at);
      at = child.offset() + child.raw().size();
      require(child.parent()->index() == part.index());
    }
    require(at <= part.offset() + part.raw().size());
    require(message.part(part.path())->index() == part.index());
    for (const mime::Field field : part.headers()) {
      require(mime::is_valid_utf8(field.text()));
    }
    part.content_type();
    require(mime::is_valid_utf8(part.filename().value_or("")));
    part.is_attachment();
    part.content();
    if (part.is_leaf()) {
      require(mime::is_valid_utf8(part.text()));
    }
  }
}

void read(std::string_view bytes) {
  const mime::Message message = mime::Message::view(bytes);
  require(message.root().raw() == bytes);
  walk(message);
  for (const mime::Defect& defect : message.all_defects()) {
    require(defect.offset <= bytes.size());
  }
  for (const mime::Address& address : message.from()) {
    require(mime::is_valid_utf8(mime::to_string(address)));
  }
  message.date();
  message.message_id();
  message.message_ids("References");
  message.attachments();
  require(mime::is_valid_utf8(mime::print_tree(message)));
}

// The readers of single values, on the octets themselves.
void read_values(std::string_view bytes) {
  require(mime::is_valid_utf8(mime::decode_words(bytes)));
  mime::parse_address_groups(bytes);
  mime::parse_parameters(bytes);
  if (const auto date = mime::parse_date(bytes)) {
    require(mime::parse_date(mime::format_date(*date))->utc == date->utc);
  }
  if (const auto address = mime::parse_address(bytes)) {
    require(mime::parse_address(address->addr)->addr == address->addr);
  }
  const std::size_t split = bytes.find('\n');
  if (split == std::string_view::npos) {
    return;
  }
  const mime::Text text = mime::to_utf8(bytes.substr(split + 1), bytes.substr(0, split));
  require(mime::is_valid_utf8(text.utf8));
  if (mime::is_valid_utf8(bytes)) {
    std::string line(bytes);
    for (char& c : line) {
      if (c == '\r' || c == '\n' || c == '\0') {
        c = '.';
      }
    }
    require(mime::decode_words(mime::encode_words(line, 9)) == line);
    // A longer value is cut into more pieces than Limits::parameters.
    if (line.size() < 8192) {
      require(mime::parse_parameters("x" + mime::encode_parameter("p", line)).get("p") == line);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  read_values(bytes);
  return 0;
}
