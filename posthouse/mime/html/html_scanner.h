#pragma once
// HTML as a run of texts and tags. Private to this module.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// One piece of HTML.
struct HtmlToken {
  enum class Kind : unsigned char { text, open, close } kind = Kind::text;
  std::string_view text{};        ///< Of a text: as written, references not decoded.
  std::string name{};             ///< Of a tag: lower case, cut at 16 octets.
  std::string_view attributes{};  ///< Of an opening tag: what stands behind its name.
};

/// Cuts HTML into texts and tags, as browsers do with what is broken. Comments, declarations and the insides of script,
/// style and the like are passed over. Linear; keeps nothing.
class HtmlScanner {
 public:
  explicit HtmlScanner(std::string_view html) noexcept : html_(html) {}
  /// False at the end.
  bool next(HtmlToken& token);

 private:
  bool read_tag(HtmlToken& token);
  void skip_markup();
  void skip_raw_text(std::string_view name);
  std::size_t end_of_tag(std::size_t at) const noexcept;

  std::string_view html_;
  std::size_t at_ = 0;
};

/// The value of an attribute, as written and references not decoded; empty when there is none.
std::string_view html_attribute(std::string_view attributes, std::string_view name) noexcept;

}  // namespace posthouse::mime
