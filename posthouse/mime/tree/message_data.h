#pragma once
// What a Message is made of. Private to this module.
//
// Parts lie flat in depth-first order: the descendants of parts[i] are parts[i + 1 … parts[i].subtree_end - 1].
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/tree/events.h"
#include "posthouse/mime/wire/defect.h"
#include "posthouse/mime/wire/file.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime::detail {

struct PartData {
  std::size_t begin = 0;
  std::size_t body = 0;
  std::size_t end = 0;
  std::uint32_t first_field = 0;
  std::uint32_t field_count = 0;
  std::uint32_t parent = 0;  // that of the root is the root
  std::uint32_t subtree_end = 0;
  std::uint32_t ordinal = 0;  // counted from 1 among its siblings; 0 for the root
  std::uint32_t child_count = 0;
  PartKind kind = PartKind::leaf;
};

struct MessageData {
  std::string owned{};
  std::optional<FileOctets> file{};
  std::string_view bytes{};  // into owned, into file, or into what the caller keeps
  Limits limits{};
  std::vector<FieldRange> fields{};  // of all parts, in the order of the parts
  std::vector<PartData> parts{};     // never empty
  std::vector<Defect> defects{};
};

/// A field's raw value made UTF-8: a view of the message where it is UTF-8 already. As short-lived as the message.
class ReadableValue {
 public:
  ReadableValue(const MessageData& data, const Field& field);
  ReadableValue(const ReadableValue&) = delete;
  ReadableValue& operator=(const ReadableValue&) = delete;
  operator std::string_view() const noexcept { return value_; }

 private:
  std::string readable_{};
  std::string_view value_;
};

}  // namespace posthouse::mime::detail
