#pragma once
// Where a message has a winmail.dat. Private to this module.
#include <algorithm>
#include <optional>

#include "posthouse/mime/formats/tnef.h"
#include "posthouse/mime/tree/contents.h"

namespace posthouse::mime {

inline bool is_winmail(const Part& part) {
  return part.is_leaf() && is_tnef(part.type());
}

/// What is in the first winmail.dat among the files; nothing when there is none.
inline std::optional<Tnef> winmail_of(const Contents& contents) {
  const auto found = std::find_if(contents.files.begin(), contents.files.end(), is_winmail);
  return found == contents.files.end() ? std::nullopt : std::optional(parse_tnef(found->content()));
}

}  // namespace posthouse::mime
