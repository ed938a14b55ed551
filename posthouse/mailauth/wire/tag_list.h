#pragma once
// Lists of "tag=value" as signatures and key records have them (RFC 6376 section 3.2).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mailauth {

/// A tag list, taken apart. Names are compared with their case, as the RFC has it.
///
///     tag-list  =  tag-spec *( ";" tag-spec ) [ ";" ]
///     tag-spec  =  [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
class TagList {
 public:
  /// One tag. Views into the text.
  struct Tag {
    std::string_view name{};
    std::string_view value{};     ///< Without white space at both ends; folds within it stay.
    std::size_t value_begin = 0;  ///< In the text: behind the "=".
    std::size_t value_end = 0;    ///< In the text: at the ";" or the end.
  };
  /// At most so many tags; a longer list is no tag list.
  static constexpr std::size_t most_tags = 100;

  /// Takes `text` apart, which must outlive the result. Nothing when it is no tag list or has a tag twice (RFC 6376
  /// section 3.2); `why` then says what is wrong, in words. Linear in `text`.
  static std::optional<TagList> parse(std::string_view text, std::string& why);

  /// The tag called `name`; nullptr when there is none.
  const Tag* find(std::string_view name) const noexcept;
  /// The value of the tag called `name`; `otherwise` when there is none.
  std::string_view value(std::string_view name, std::string_view otherwise = {}) const noexcept;
  const std::vector<Tag>& tags() const noexcept { return tags_; }

 private:
  std::vector<Tag> tags_;
};

/// The pieces of a value between ":" ("from : to"), white space around them dropped, in lower case.
std::vector<std::string> colon_list(std::string_view value);
/// True when the pieces of `value` between ":" have `wanted` (lower case) among them, case aside.
bool colon_list_has(std::string_view value, std::string_view wanted) noexcept;
/// `value` in base64 as octets. White space within is dropped, missing padding is no fault (RFC 6376 section 3.5, b=).
std::optional<std::string> decode_tag_base64(std::string_view value);
/// An unsigned number of 1 to `digits` digits; one that is too large for the type is its largest.
std::optional<std::uint64_t> decode_tag_number(std::string_view value, std::size_t digits) noexcept;

}  // namespace posthouse::mailauth
