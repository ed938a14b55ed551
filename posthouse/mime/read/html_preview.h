#pragma once
// A message as a page to look at in a browser, with nothing in it that acts or calls home.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// How much of a page is written.
struct HtmlPreviewOptions {
  std::size_t limit = 64 * 1024 * 1024;  ///< Octets of the page, images included; what is beyond is left out.
};

/// HTML made harmless.
struct HarmlessHtml {
  std::string html{};       ///< A piece of HTML, every element closed: to be put into a page.
  std::size_t removed = 0;  ///< How many pictures and other things it would have fetched were left out.
};

/// Keeps of `html` (UTF-8) what shows text, tables, lists, links and pictures, and nothing else: elements and
/// attributes are written anew from a list of those allowed. Scripts, event handlers, forms, frames, objects, style
/// sheets, `base`, `meta` and everything that loads from elsewhere are not on it; of `style` attributes only a list of
/// harmless properties with plain values stays. Links keep http, https and mailto. `picture` gives the data: URL for
/// the "cid:" of an image; "" leaves the image out. At most about `limit` octets. Never throws; linear time; elements
/// nest to 200 levels.
HarmlessHtml harmless_html(std::string_view html, const std::function<std::string(std::string_view cid)>& picture,
                           std::size_t limit = 64 * 1024 * 1024);

/// The whole page: From, To, Date and Subject on top, then the HTML (see harmless_html) with its inline images in the
/// page itself, else the text, then the names of the attachments. A Content-Security-Policy forbids what should not be
/// there anyway.
std::string html_preview(const Message& message, const HtmlPreviewOptions& options = {});

}  // namespace posthouse::mime
