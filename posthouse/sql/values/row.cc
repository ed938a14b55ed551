#include "posthouse/sql/values/row.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"

namespace posthouse::sql {

std::size_t Row::checked(std::size_t column) const {
  if (column < values_.size()) {
    return column;
  }
  throw Error(Errc::usage, fmt::format("the row has {} column{}; there is no number {}", values_.size(),
                                       values_.size() == 1 ? "" : "s", column));
}

std::size_t Row::find(std::string_view name) const {
  auto found = std::find(names_->begin(), names_->end(), name);
  if (found == names_->end()) {
    found =
        std::find_if(names_->begin(), names_->end(), [&](const std::string& column) { return iequals(column, name); });
  }
  if (found != names_->end()) {
    return static_cast<std::size_t>(found - names_->begin());
  }
  throw Error(Errc::usage, "the row has no column " + std::string(name));
}

}  // namespace posthouse::sql
