#include "posthouse/imap/server/binary_converter.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t max_part_header = 256 * 1024;
constexpr std::size_t max_delimiter = 200;  // octets: 70 of a boundary, and white space (RFC 2046 section 5.1.1)
constexpr std::size_t max_nesting = 100;    // multiparts; what is deeper stays as it is
constexpr std::size_t encoded_at = 48 * 1024;
constexpr std::size_t line_octets = 57;  // of a line of base64

constexpr std::string_view encoding_field = "Content-Transfer-Encoding";

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// `header`, which ends with an empty line, with another encoding.
std::string with_encoding(std::string_view header, std::string_view encoding) {
  std::string out;
  bool dropping = false;
  while (!header.empty()) {
    const std::size_t size = std::min(header.find('\n'), header.size() - 1) + 1;
    const std::string_view line = header.substr(0, size);
    header.remove_prefix(size);
    const bool folded = line.front() == ' ' || line.front() == '\t';
    dropping = folded ? dropping
                      : istarts_with(line, encoding_field) && trim(line.substr(encoding_field.size())).starts_with(':');
    if (without_line_end(line).empty()) {
      out.append(encoding_field).append(": ").append(encoding).append("\r\n");
    }
    if (!dropping) {
      out += line;
    }
  }
  return out;
}

}  // namespace

void BinaryConverter::write(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t size = std::min(octets.find('\n'), octets.size() - 1) + 1;
    const std::string_view piece = octets.substr(0, size);
    octets.remove_prefix(size);
    const bool whole = piece.back() == '\n';
    if (begun_) {
      take_content(piece);
      begun_ = !whole;
    } else if (!line_.empty() || !whole) {
      line_ += piece;
      if (whole) {
        take_line(std::exchange(line_, {}));
      } else if (place_ != Place::header && line_.size() > max_delimiter) {
        take_content(std::exchange(line_, {}));
        begun_ = true;
      } else if (header_.size() + line_.size() > max_part_header) {
        sink_(std::exchange(header_, {}));
        place_ = Place::as_it_is;
      }
    } else {
      take_line(piece);
    }
  }
}

void BinaryConverter::end() {
  if (!line_.empty()) {
    take_line(std::exchange(line_, {}));
  }
  if (place_ == Place::header) {
    sink_(std::exchange(header_, {}));
  } else if (place_ == Place::binary) {
    binary_ += std::exchange(end_of_line_, {});
    encode(true);
  }
}

void BinaryConverter::take_line(std::string_view line) {
  if (take_delimiter(line)) {
    return;
  }
  if (place_ != Place::header) {
    return take_content(line);
  }
  header_ += line;
  if (without_line_end(line).empty()) {
    end_header();
  } else if (header_.size() > max_part_header) {
    sink_(std::exchange(header_, {}));
    place_ = Place::as_it_is;
  }
}

// A piece of a line, or all of it, that is no delimiter and stands in no header.
void BinaryConverter::take_content(std::string_view octets) {
  if (place_ != Place::binary) {
    return sink_(octets);
  }
  binary_ += std::exchange(end_of_line_, {});
  if (octets.ends_with('\n')) {
    end_of_line_ = octets.ends_with("\r\n") ? "\r\n" : "\n";
    octets.remove_suffix(end_of_line_.size());
  }
  binary_ += octets;
  if (binary_.size() >= encoded_at) {
    encode(false);
  }
}

// True when the line ends a part of one of the multiparts.
bool BinaryConverter::take_delimiter(std::string_view line) {
  if (boundaries_.empty() || !line.starts_with("--")) {
    return false;
  }
  const std::string_view text = trim(without_line_end(line)).substr(2);
  for (std::size_t depth = boundaries_.size(); depth-- > 0;) {
    const std::string& boundary = boundaries_[depth];
    const bool last = text.size() == boundary.size() + 2 && text.starts_with(boundary) && text.ends_with("--");
    if (text != boundary && !last) {
      continue;
    }
    if (place_ == Place::header) {
      sink_(std::exchange(header_, {}));
    } else if (place_ == Place::binary) {
      end_of_line_.clear();
      encode(true);
    }
    boundaries_.resize(last ? depth : depth + 1);
    place_ = last ? Place::as_it_is : Place::header;
    sink_(line);
    return true;
  }
  return false;
}

void BinaryConverter::end_header() {
  const mime::Message message = mime::Message::view(header_);
  const mime::Part part = message.root();
  const bool binary = mime::transfer_encoding(part.header(encoding_field)) == mime::TransferEncoding::binary;
  const mime::ParameterizedValue type = part.content_type();
  const std::string boundary = type.value.starts_with("multipart/") ? type.get("boundary") : "";
  const bool embeds = type.value == "message/rfc822" || type.value == "message/global";
  place_ = embeds ? Place::header : Place::as_it_is;
  if (!boundary.empty() && boundaries_.size() < max_nesting) {
    boundaries_.push_back(boundary);
  } else if (binary && !embeds) {
    place_ = Place::binary;
  }
  sink_(binary ? with_encoding(header_, place_ == Place::binary ? "base64" : "8bit") : header_);
  header_.clear();
}

// Whole lines of base64, or all there is.
void BinaryConverter::encode(bool all) {
  const std::size_t size = all ? binary_.size() : binary_.size() / line_octets * line_octets;
  std::string lines;
  mime::append_base64_lines(lines, std::string_view(binary_).substr(0, size));
  binary_.erase(0, size);
  sink_(lines);
}

}  // namespace posthouse::imap
