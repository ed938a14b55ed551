#pragma once
// Text made safe to stand in HTML. Private to this module.
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Appends `text` as the text of an HTML element or a quoted attribute: & < > " ' become references.
inline void append_html_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\0':
        break;
      default:
        out += c;
    }
  }
}

}  // namespace posthouse::mime
