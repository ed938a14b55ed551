#include "posthouse/mime/read/html_preview.h"

#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "posthouse/base/base64.h"
#include "posthouse/mime/formats/related.h"
#include "posthouse/mime/read/escape.h"
#include "posthouse/mime/read/readable_text.h"
#include "posthouse/mime/read/terminal_text.h"

namespace posthouse::mime {
namespace {

// Inline style only; pictures out of the page itself; no script, frame, form, font or connection at all.
constexpr std::string_view page_begin =
    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>body{font:16px/1.5 sans-serif;margin:0;color:#222;background:#fff}"
    "header,footer,.note{padding:.6em 1em;background:#f2f2f2;overflow-wrap:anywhere}"
    "h1{font-size:1.2em;margin:0 0 .3em}th{text-align:left;padding-right:1em;vertical-align:top;color:#666;"
    "font-weight:normal}.note{background:#fff6d8;font-size:.9em}main{padding:1em;overflow:auto}"
    "img{max-width:100%;height:auto}pre.text{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}</style>\n";

bool is_picture(const Part& part) {
  for (const char* type : {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}) {
    if (part.is(type)) {
      return true;
    }
  }
  return false;
}

// The images of a message by Content-ID, each decoded once however often it is shown.
class Pictures {
 public:
  Pictures(const Message& message, std::size_t limit) : message_(message), limit_(limit) {}

  std::string data_url(std::string_view cid) {
    const auto [known, is_new] = urls_.try_emplace(std::string(cid));
    if (is_new && urls_.size() <= most) {
      known->second = make(cid);
    }
    return known->second;
  }

 private:
  std::string make(std::string_view cid) const {
    const auto part = part_by_content_id(message_, cid);
    if (!part || !is_picture(*part) || part->raw_body().size() > limit_) {
      return {};
    }
    return "data:" + part->type() + ";base64," + base64_encode(part->content());
  }

  static constexpr std::size_t most = 1000;  // each is looked for among all parts
  const Message& message_;
  std::size_t limit_;
  std::unordered_map<std::string, std::string> urls_{};
};

void append_row(std::string& out, const char* name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  out.append("<tr><th>").append(name).append("</th><td>");
  append_html_escaped(out, terminal_text(value));
  out += "</td></tr>\n";
}

void append_header(std::string& out, const Message& message) {
  const std::string subject = terminal_text(message.subject());
  out += "<title>";
  append_html_escaped(out, subject);
  out += "</title></head>\n<body><header><h1>";
  append_html_escaped(out, subject);
  out += "</h1><table>\n";
  append_row(out, "From", to_string(message.from()));
  append_row(out, "To", to_string(message.to()));
  append_row(out, "Cc", to_string(message.cc()));
  append_row(out, "Date", message.header("Date"));
  out += "</table></header>\n";
}

void append_body(std::string& out, const Message& message, std::size_t limit) {
  const auto html = message.html_part();
  if (!html) {
    const auto text = message.text_part();
    out += "<main><pre class=\"text\">";
    if (text) {
      append_html_escaped(out, std::string_view(terminal_text(readable_text(*text))).substr(0, limit));
    }
    out += "</pre></main>\n";
    return;
  }
  Pictures pictures(message, limit);
  const auto picture = [&](std::string_view cid) { return pictures.data_url(cid); };
  const HarmlessHtml body = harmless_html(html->text(), picture, limit);
  if (body.removed > 0) {
    out += fmt::format(
        "<p class=\"note\">Left out: {} picture(s) or other content that would have been fetched from elsewhere.</p>\n",
        body.removed);
  }
  out.append("<main>").append(body.html).append("</main>\n");
}

void append_attachments(std::string& out, const Message& message) {
  const std::vector<Part> files = message.attachments();
  if (files.empty()) {
    return;
  }
  out += "<footer>Attachments:<ul>\n";
  for (const Part& part : files) {
    out += "<li>";
    append_html_escaped(out, terminal_text(part.filename().value_or("(without a name)") + " — " + part.type()));
    out += "</li>\n";
  }
  out += "</ul></footer>\n";
}

}  // namespace

std::string html_preview(const Message& message, const HtmlPreviewOptions& options) {
  std::string out(page_begin);
  append_header(out, message);
  append_body(out, message, options.limit);
  append_attachments(out, message);
  return out += "</body></html>\n";
}

}  // namespace posthouse::mime
