#pragma once
// Text with fields to be filled in. Private to this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/compose/message_template.h"

namespace posthouse::mime {

/// A text taken apart at its fields "{{name}}" and "{{{name}}}".
class MergeText {
 public:
  /// `where` says in errors which text it is: "the subject".
  /// Throws Errc::merge_syntax for a field that is not closed or has no name.
  MergeText(std::string_view text, std::string where);

  /// The text with the values in their places; escaped for HTML where that is asked for and the field does not say
  /// otherwise. Throws Errc::merge_field for a field that has no value.
  std::string filled(const MergeLookup& value_of, bool html) const;
  /// Appends those names that are not among `names` yet.
  void add_fields(std::vector<std::string>& names) const;

 private:
  struct Piece {
    std::string text{};  // what stands before the field
    std::string field{};
    bool raw = false;
  };
  std::string_view take_field(std::string_view rest);

  std::vector<Piece> pieces_{};
  std::string tail_{};  // what stands behind the last field
  std::string where_;
};

}  // namespace posthouse::mime
