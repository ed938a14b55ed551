#pragma once
// The engine behind events and trees. Private to this module; users see events.h.
//
// Terms. The *open parts* are those whose end has not come, outermost first; each but the last is a multipart or an
// embedded message. A *boundary line* begins with "--" and the boundary of an open multipart, nothing but blanks behind
// it (RFC 2046 section 5.1.1).
//
// Invariants.
//  1. Bytes are read once, from start to end: a line is looked at by the header scanner or the boundary search, never
//     both, except the one line a header ends at without an empty line.
//  2. Every begin_part has its end_part, innermost first, with rising offsets.
//  3. The stack of open parts never has more than Limits::depth + 1 entries; nothing here recurses.
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/fields/parameters.h"
#include "posthouse/mime/tree/events.h"
#include "posthouse/mime/wire/dash_lines.h"
#include "posthouse/mime/wire/header_scanner.h"
#include "posthouse/mime/wire/parameter_scanner.h"

namespace posthouse::mime {

/// True for types whose body is a header and a body again: message/rfc822, message/global, message/external-body and
/// others, but not the status and fragment types.
bool is_embedded_message_type(std::string_view type) noexcept;

/// Reads `bytes` once. `Handler` has the functions of EventHandler; bytes, handler and limits must outlive the parser.
template <class Handler>
class EventParser {
 public:
  EventParser(std::string_view bytes, Handler& handler, const Limits& limits)
      : bytes_(bytes), handler_(handler), limits_(limits) {}

  void run() {
    std::size_t at = begin_parts(0);
    Boundary boundary;
    while (!full_ && find_boundary(at, boundary)) {
      at = boundary.next;
      end_parts(boundary.owner + 1, body_end(boundary.line));
      Open& owner = open_[boundary.owner];
      owner.started = true;
      if (boundary.closing) {
        owner.closed = true;
      } else if (!is_repeated(boundary)) {
        at = begin_parts(at);
      }
    }
    end_parts(0, bytes_.size());
    if (dropped_defects_) {
      handler_.defect({DefectCode::defect_limit, bytes_.size()});
    }
  }

 private:
  struct Open {
    PartKind kind = PartKind::leaf;
    std::size_t begin = 0;
    std::size_t body = 0;
    std::string_view boundary{};
    bool digest = false;
    bool started = false;  // the first boundary was seen
    bool closed = false;   // the closing boundary was seen
  };

  struct Boundary {
    std::size_t line = 0;   // where the line begins
    std::size_t next = 0;   // behind its line end
    std::size_t owner = 0;  // index in open_
    bool closing = false;
  };

  // What scan_header reports of one part.
  struct HeaderSink {
    EventParser& parser;
    FieldRange content_type{};
    FieldRange encoding{};
    void field(const FieldRange& range) {
      parser.handler_.field(range);
      constexpr std::string_view type_name = "Content-Type";
      constexpr std::string_view encoding_name = "Content-Transfer-Encoding";
      const std::string_view name = parser.bytes_.substr(range.begin, range.name_length);
      if (name.size() == type_name.size() && content_type.end == 0 && iequals(name, type_name)) {
        content_type = range;
      }
      if (name.size() == encoding_name.size() && encoding.end == 0 && iequals(name, encoding_name)) {
        encoding = range;
      }
    }
    void defect(DefectCode code, std::size_t offset) { parser.defect(code, offset); }
  };

  // Begins a part at `at`, and those that begin with its body: embedded messages. Returns where the last body begins.
  std::size_t begin_parts(std::size_t at) {
    for (;;) {
      if (parts_ == limits_.parts) {
        defect(DefectCode::part_limit, at);
        full_ = true;
        return at;
      }
      ++parts_;
      handler_.begin_part(at);
      HeaderSink sink{*this};
      const HeaderEnd header = scan_header(bytes_, at, limits_, sink, [this](std::size_t begin, std::size_t end) {
        Boundary ignored;
        return is_boundary(begin, end, ignored);
      });
      Open part = classify(sink);
      part.begin = at;
      part.body = header.body;
      if (part.kind != PartKind::leaf && open_.size() >= limits_.depth) {
        defect(DefectCode::depth_limit, at);
        part.kind = PartKind::leaf;
      }
      handler_.body(header.body, part.kind);
      open_.push_back(part);
      at = header.body;
      if (part.kind != PartKind::message) {
        return at;
      }
    }
  }

  Open classify(const HeaderSink& sink) {
    Open part;
    const bool in_digest = !open_.empty() && open_.back().digest;
    std::string_view type = in_digest ? "message/rfc822" : "text/plain";
    char buffer[128];
    const Field field(bytes_, sink.content_type, limits_.header_line);
    const std::string_view value = sink.content_type.end != 0 ? field.raw_value() : std::string_view();
    if (sink.content_type.end != 0) {
      type = media_type(ParameterScanner(value).value(), buffer);
      if (type.empty()) {
        defect(DefectCode::content_type_invalid, sink.content_type.begin);
      }
    }
    const bool multipart = type.starts_with("multipart/");
    if (!multipart && !is_embedded_message_type(type)) {
      return part;
    }
    const TransferEncoding encoding =
        sink.encoding.end == 0 ? TransferEncoding::seven_bit
                               : transfer_encoding(Field(bytes_, sink.encoding, limits_.header_line).raw_value());
    const bool encoded = encoding == TransferEncoding::base64 || encoding == TransferEncoding::quoted_printable ||
                         encoding == TransferEncoding::uuencode;
    if (encoded) {
      defect(DefectCode::transfer_encoding_composite, sink.encoding.begin);
    }
    if (multipart) {
      part.boundary = boundary_of(value);
      part.digest = type == "multipart/digest";
      if (part.boundary.empty()) {
        defect(DefectCode::boundary_missing, sink.content_type.begin);
      } else {
        part.kind = PartKind::multipart;
      }
    } else if (!encoded) {
      part.kind = PartKind::message;
    }
    return part;
  }

  // The boundary parameter; a view into the bytes wherever it is written plainly.
  std::string_view boundary_of(std::string_view value) {
    ParameterScanner scanner(value);
    RawParameter parameter;
    constexpr std::string_view name = "boundary";
    for (std::size_t i = 0; i < limits_.parameters && scanner.next(parameter); ++i) {
      if (!istarts_with(parameter.name, name)) {
        continue;
      }
      std::string_view boundary = parameter.value;
      const bool plain = boundary.find_first_of("\\\r\n") == std::string_view::npos;
      if (parameter.name.size() != name.size() || !plain) {
        boundary = decoded_boundaries_.emplace_back(parse_parameters(value, limits_).get(name));
      }
      while (!boundary.empty() && is_space(boundary.back())) {
        boundary.remove_suffix(1);
      }
      return boundary;
    }
    return {};
  }

  std::size_t line_after(std::size_t at) const {
    const std::size_t newline = bytes_.find('\n', at);
    return newline == std::string_view::npos ? bytes_.size() : newline + 1;
  }

  // Two boundary lines in a row have no part between them; but one before the closing boundary has an empty part, since
  // a multipart has at least one (RFC 2046 section 5.1.1).
  bool is_repeated(const Boundary& boundary) const {
    Boundary following;
    return is_boundary(boundary.next, line_after(boundary.next), following) &&
           !(following.owner == boundary.owner && following.closing);
  }

  // Is the line bytes_[begin, next) a boundary line of an open multipart? Where two have the same boundary the outer
  // one counts (RFC 2046 section 5.1.2: outer boundaries are recognized at any level of nesting).
  bool is_boundary(std::size_t begin, std::size_t next, Boundary& found) const {
    std::string_view line = bytes_.substr(begin, next - begin);
    if (!line.starts_with("--")) {
      return false;
    }
    line.remove_prefix(2);
    while (!line.empty() && is_space(line.back())) {
      line.remove_suffix(1);
    }
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const Open& part = open_[i];
      if (part.kind != PartKind::multipart || part.closed || !line.starts_with(part.boundary)) {
        continue;
      }
      const std::string_view rest = line.substr(part.boundary.size());
      if (!rest.empty() && rest != "--") {
        continue;
      }
      found = {begin, next, i, !rest.empty()};
      return true;
    }
    return false;
  }

  // The first boundary line at or after `at`, which is the start of a line.
  bool find_boundary(std::size_t at, Boundary& found) const {
    if (open_.front().kind == PartKind::leaf) {
      return false;  // nothing is inside of anything
    }
    while ((at = find_dash_line(bytes_, at)) < bytes_.size()) {
      const std::size_t next = line_after(at);
      if (is_boundary(at, next, found)) {
        return true;
      }
      at = next;
    }
    return false;
  }

  // The line end before a boundary belongs to it.
  std::size_t body_end(std::size_t line) const {
    std::size_t end = line;
    if (end > open_.back().body && bytes_[end - 1] == '\n') {
      --end;
    }
    if (end < line && end > open_.back().body && bytes_[end - 1] == '\r') {
      --end;
    }
    return end;
  }

  // Ends all open parts from the innermost to open_[first].
  void end_parts(std::size_t first, std::size_t offset) {
    while (open_.size() > first) {
      Open& part = open_.back();
      if (part.kind == PartKind::multipart && !full_) {
        if (!part.started) {
          part.kind = PartKind::leaf;
          defect(DefectCode::boundary_not_found, part.begin);
        } else if (!part.closed) {
          defect(DefectCode::boundary_not_closed, offset);
        }
      }
      handler_.end_part(offset, part.kind);
      open_.pop_back();
    }
  }

  void defect(DefectCode code, std::size_t offset) {
    if (defects_ < limits_.defects) {
      ++defects_;
      handler_.defect({code, offset});
    } else {
      dropped_defects_ = true;
    }
  }

  std::string_view bytes_;
  Handler& handler_;
  const Limits& limits_;
  std::vector<Open> open_{};
  std::list<std::string> decoded_boundaries_{};
  std::size_t parts_ = 0;
  std::size_t defects_ = 0;
  bool dropped_defects_ = false;
  bool full_ = false;
};

}  // namespace posthouse::mime
