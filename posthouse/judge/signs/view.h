#pragma once
// A message as the signs look at it. Private to this module.
#include <optional>
#include <string>
#include <vector>

#include "posthouse/judge/signs/signs.h"
#include "posthouse/judge/words/links.h"

namespace posthouse::judge {

struct View {
  View(const mime::Message& given, const Circumstances& circumstances);

  const mime::Message& message;
  const Circumstances& how;
  std::string subject{};
  std::vector<mime::Address> from{};
  std::string text{};  ///< What is read, in lower case (ASCII), 64 KiB at most.
  std::string html{};  ///< All HTML, in lower case (ASCII), 256 KiB at most.
  std::vector<Link> links{};
  std::vector<std::string> files{};  ///< Their names.
  std::size_t words = 0;             ///< Of the text, those of two letters (ASCII) and more.
  std::size_t capital_words = 0;     ///< Of those: in capitals only.
  bool has_plain = false;
  bool has_image = false;
  bool needless_base64 = false;  ///< A text of ASCII only was sent in base64.

  /// The domain of the one author; empty for several or none.
  std::string from_domain() const;
  /// A field of that name is there.
  bool has(std::string_view field) const;
};

}  // namespace posthouse::judge
