#pragma once
// Finds the fields of a header, for HeaderBlock and the event parser. Private to this module.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "posthouse/mime/wire/defect.h"
#include "posthouse/mime/wire/field_range.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime {

/// What a line of a header is.
enum class HeaderLine : unsigned char { field, continuation, empty, from_line, nameless, other };

struct HeaderLineInfo {
  HeaderLine kind = HeaderLine::other;
  std::uint32_t name_length = 0;
  std::uint32_t value = 0;  ///< From the start of the line to behind the colon.
  bool blank_before_colon = false;
};

/// `line` with or without its line end.
HeaderLineInfo classify_header_line(std::string_view line) noexcept;

/// What some programs write in front of a text in UTF-8, Office 365 also in front of a header.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Where a header ended.
struct HeaderEnd {
  std::size_t body = 0;       ///< First octet of the body.
  std::size_t from_line = 0;  ///< Octets of a leading mbox line.
  bool complete = false;      ///< An empty line was there.
};

/// Scans bytes[begin, …). `sink` gets field(FieldRange) and defect(DefectCode, offset); `stops(line_begin, line_end)`
/// says whether a line beginning with "--" is a boundary, which ends the header without being part of it.
///
/// Invariant: every octet before `body` belongs to a field, to the mbox line, to the empty line, or to a line that a
/// defect was reported for.
template <class Sink, class Stops>
HeaderEnd scan_header(std::string_view bytes, std::size_t begin, const Limits& limits, Sink& sink, const Stops& stops) {
  HeaderEnd result;
  FieldRange open;
  bool has_open = false;
  bool full = false;
  std::size_t listed = 0;
  const auto close = [&] {
    if (!has_open) {
      return;
    }
    has_open = false;
    if (open.end - begin > limits.header_block || listed == limits.header_fields) {
      if (!full) {
        sink.defect(DefectCode::header_block_limit, open.begin);
      }
      full = true;
      return;
    }
    ++listed;
    if (open.end - open.begin > limits.header_line) {
      sink.defect(DefectCode::header_line_limit, open.begin);
    }
    sink.field(open);
  };
  std::size_t at = begin;
  while (at < bytes.size()) {
    const std::size_t newline = bytes.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? bytes.size() : newline + 1;
    const std::string_view line = bytes.substr(at, next - at);
    if (line.starts_with("--") && stops(at, next)) {
      break;
    }
    HeaderLineInfo info = classify_header_line(line);
    std::size_t field_at = at;
    if (info.kind == HeaderLine::other && line.starts_with(byte_order_mark) && line.size() > byte_order_mark.size()) {
      const HeaderLineInfo behind = classify_header_line(line.substr(byte_order_mark.size()));
      if (behind.kind == HeaderLine::field) {
        sink.defect(DefectCode::header_byte_order_mark, at);
        field_at += byte_order_mark.size();
        info = behind;
      }
    }
    if (info.kind == HeaderLine::field) {
      close();
      has_open = true;
      open = {field_at, next, info.name_length, info.value};
      if (info.blank_before_colon) {
        sink.defect(DefectCode::header_space_before_colon, at);
      }
    } else if (info.kind == HeaderLine::continuation) {
      if (has_open) {
        open.end = next;
      } else if (at == begin + result.from_line) {
        sink.defect(DefectCode::header_starts_folded, at);
      }
    } else if (info.kind == HeaderLine::empty) {
      at = next;
      result.complete = true;
      break;
    } else if (info.kind == HeaderLine::from_line) {
      close();
      if (at == begin) {
        result.from_line = next - at;
      } else {
        sink.defect(DefectCode::header_misplaced_from_line, at);
      }
    } else if (info.kind == HeaderLine::nameless) {
      close();
      sink.defect(DefectCode::header_without_name, at);
    } else if (at == begin && line.starts_with(">From ")) {  // out of an mbox, and quoted by it
      result.from_line = next - at;
      sink.defect(DefectCode::header_misplaced_from_line, at);
    } else {
      sink.defect(DefectCode::header_missing_blank_line, at);
      break;
    }
    at = next;
  }
  close();
  result.body = at;
  return result;
}

}  // namespace posthouse::mime
