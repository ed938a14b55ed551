#pragma once
// Where the sections of a message lie: what BODY[…] is answered with, without parsing the message again.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/item/section.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {

/// Octets of a message.
struct Slice {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  friend bool operator==(const Slice&, const Slice&) = default;
};

/// The parts of one message with their offsets, small enough to be kept beside it.
///
///     const PartTable table = PartTable::of(message);
///     row.parts = table.encode();
///     …
///     const auto table = PartTable::decode(row.parts);
///     if (const auto slice = table->find(section)) send(body, slice->offset, slice->size);
///     else say("NIL");
class PartTable {
 public:
  static PartTable of(const mime::Message& message);

  /// The octets that a section names; nothing where the message has no such part, or the part no such section. For
  /// header_fields and header_fields_not: the whole header they are taken from by header_subset().
  std::optional<Slice> find(const Section& section) const;
  /// The encoding of the part that BINARY[…] names; seven_bit for the message itself, multiparts and messages. Nothing
  /// where there is no such part.
  std::optional<mime::TransferEncoding> encoding(const std::vector<std::uint32_t>& part) const;

  /// A part with its header. Of a message's own header the parent is a `message`, or the part is the first.
  struct Part {
    Slice header{};          ///< With the empty line behind it; empty for the text of a multipart without parts.
    Slice body{};            ///< Of multiparts and messages: all inside.
    std::size_t parent = 0;  ///< Its own index for the first.
    bool leaf = false;       ///< Nothing is inside.
    bool message = false;    ///< It embeds a message, which is the next part.
  };
  /// All parts, depth first.
  std::vector<Part> parts() const;

  /// Some four octets a part, for decode().
  std::string encode() const;
  /// Nothing unless `octets` are what encode() made.
  static std::optional<PartTable> decode(std::string_view octets);

  /// Octets of the message.
  std::uint64_t size() const noexcept { return size_; }
  /// That of the same message with `front` octets of header fields, each with its CRLF, in front of it: what a house puts
  /// there is part of the header.
  PartTable behind(std::uint64_t front) const;

  friend bool operator==(const PartTable&, const PartTable&) = default;

 private:
  enum class Form : std::uint8_t { leaf, multipart, message };
  struct Entry {
    std::uint32_t parent = 0;
    Form form = Form::leaf;
    mime::TransferEncoding encoding = mime::TransferEncoding::seven_bit;
    std::uint64_t begin = 0;  // of its header
    std::uint64_t body = 0;
    std::uint64_t end = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  const Entry* find_part(const std::vector<std::uint32_t>& path) const;
  std::optional<std::size_t> child(std::size_t index, std::uint32_t ordinal) const;

  std::uint64_t size_ = 0;  // of the message
  std::vector<Entry> entries_{};
  std::vector<std::vector<std::uint32_t>> children_{};  // of each entry
  void link();
};

/// The piece of `slice` that "<offset.count>" asks for: empty behind its end.
Slice partial_of(const Slice& slice, const Partial& partial) noexcept;

/// The fields of `header` that `section` (header_fields or header_fields_not) names, ASCII case aside, each as it was
/// written and in the order of the header, and an empty line.
std::string header_subset(std::string_view header, const Section& section);

}  // namespace posthouse::imap
