#include "posthouse/base/error.h"

#include <utility>

namespace posthouse {

Error::Error(const std::string& what, ErrorDetails details, SourceLocation where)
    : std::runtime_error(what), details_(std::move(details)), where_(where) {
  if (details_.code.empty()) {
    details_.code = "error";
  }
}

}  // namespace posthouse
