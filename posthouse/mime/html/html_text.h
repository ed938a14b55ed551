#pragma once
// HTML as text for people: previews, quoting, search, terminals.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// How the text is laid out.
struct HtmlTextOptions {
  std::size_t limit = 1024 * 1024;  ///< Octets of text at most; what is beyond is left out.
  bool links = true;                ///< "text <https://…>" where a link's text does not say where it leads.
};

/// The text of an HTML document or piece of one (UTF-8 in, UTF-8 out, LF line ends): paragraphs and headings set apart
/// by an empty line, list items marked, quotes with "> ", cells of a table's row on one line, images by their
/// alternative text; scripts, styles and comments left out; character references decoded. What is no HTML is text.
/// Never throws; linear time; memory in proportion to the result; nothing is fetched or run.
///
///     html_to_text("<p>Hello <b>Ann</b>,<ul><li>one<li>two</ul>")   // "Hello Ann,\n\n* one\n* two\n"
std::string html_to_text(std::string_view html, const HtmlTextOptions& options = {});

/// `text` with HTML's character references (`&eacute;`, `&#233;`, `&#xe9;`) decoded; others stay as they are.
std::string decode_html_references(std::string_view text);

}  // namespace posthouse::mime
