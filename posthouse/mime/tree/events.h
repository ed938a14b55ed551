#pragma once
// The parser's lowest level: a message as a sequence of events, for whoever needs no tree.
//
// Every higher level is built on this one. Nothing is allocated per event; all views point into the bytes given.
#include <cstddef>
#include <string_view>

#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/wire/defect.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime {

/// What a part turned out to be.
enum class PartKind : unsigned char {
  leaf,       ///< Octets: no parts inside.
  multipart,  ///< Parts between boundary lines (RFC 2046 section 5.1).
  message,    ///< One embedded message (RFC 2046 section 5.2.1).
};

/// Receives a message. Events of one part: begin_part, field…, body, [events of its children], end_part. Offsets are
/// octets from the start of the message.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  /// A part begins at `offset`.
  virtual void begin_part(std::size_t offset) = 0;
  /// One field of its header.
  virtual void field(const FieldRange& range) = 0;
  /// The header is over, the body begins at `offset`. `kind` is what the header says; a multipart whose boundary never
  /// comes ends as a leaf.
  virtual void body(std::size_t offset, PartKind kind) = 0;
  /// The part's body ends at `offset`, the line end before a boundary not included.
  virtual void end_part(std::size_t offset, PartKind kind) = 0;
  /// Something is wrong. Comes between the events of the part it is in, in no order of offsets.
  virtual void defect(const Defect&) {}
};

/// Reads a message once from start to end and gives `handler` what it finds. `bytes` must stay as they are until it
/// returns. Throws what the handler throws, and nothing else; no recursion; linear time.
///
///     struct Counter : mime::EventHandler { … void end_part(std::size_t, mime::PartKind) override { ++parts; } … };
///     Counter counter;
///     mime::parse_events(bytes, counter);
void parse_events(std::string_view bytes, EventHandler& handler, const Limits& limits = {});

}  // namespace posthouse::mime
