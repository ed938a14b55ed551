#include "posthouse/mime/read/html_preview.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/html/escape.h"
#include "posthouse/mime/read/readable_text.h"
#include "posthouse/mime/read/saved_files.h"
#include "posthouse/mime/read/terminal_text.h"
#include "posthouse/mime/read/winmail.h"
#include "posthouse/mime/tree/related.h"

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

// The images of a message by Content-ID, each decoded once however often it is shown.
class Pictures {
 public:
  Pictures(const Message& message, std::size_t limit) : parts_(message), limit_(limit) {}

  std::string data_url(std::string_view cid) {
    const auto [known, is_new] = urls_.try_emplace(std::string(cid));
    if (is_new && urls_.size() <= most) {
      known->second = make(cid);
    }
    return known->second;
  }

 private:
  std::string make(std::string_view cid) const {
    const auto part = parts_.find(cid);
    if (!part || !is_web_picture(*part) || part->raw_body().size() > limit_) {
      return {};
    }
    return "data:" + part->type() + ";base64," + base64_encode(part->content());
  }

  static constexpr std::size_t most = 1000;  // each is kept
  ContentIds parts_;
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

// The texts of a message one under the other.
class Body {
 public:
  Body(const Message& message, std::size_t limit) : pictures_(message, limit), limit_(limit) {}

  void add(const Part& part) {
    if (part.is("text/html")) {
      add_html(part.text());
    } else {
      add_text(readable_text(part));
    }
  }
  void add_html(std::string_view html) {
    HarmlessHtml harmless =
        harmless_html(html, [this](std::string_view cid) { return pictures_.data_url(cid); }, room());
    removed_ += harmless.removed;
    out_.append("<main>").append(harmless.html).append("</main>\n");
  }
  void add_text(std::string_view text) {
    if (trim(text).empty()) {
      return;
    }
    out_ += "<main><pre class=\"text\">";
    append_html_escaped(out_, std::string_view(terminal_text(text)).substr(0, room()));
    out_ += "</pre></main>\n";
  }

  bool empty() const noexcept { return out_.empty(); }

  void write_to(std::string& out) const {
    if (removed_ > 0) {
      out += fmt::format(
          "<p class=\"note\">Left out: {} picture(s) or other content that would have been fetched from "
          "elsewhere.</p>\n",
          removed_);
    }
    out += out_;
  }

 private:
  std::size_t room() const noexcept { return limit_ - std::min(limit_, out_.size()); }

  Pictures pictures_;
  std::size_t limit_;
  std::size_t removed_ = 0;
  std::string out_{};
};

// Where the texts have nothing in them, that of a winmail.dat is shown.
void append_body(std::string& out, const Message& message, const Contents& contents, std::size_t limit) {
  Body body(message, limit);
  for (const Part& part : contents.page) {
    body.add(part);
  }
  if (const auto tnef = body.empty() ? winmail_of(contents) : std::nullopt) {
    tnef->html.empty() ? body.add_text(tnef->text) : body.add_html(tnef->html);
  }
  body.write_to(out);
}

void append_file(std::string& out, std::string_view name, std::string_view type) {
  out += "<li>";
  append_html_escaped(out, terminal_text(fmt::format("{} — {}", name.empty() ? "(without a name)" : name, type)));
  out += "</li>\n";
}

void append_attachments(std::string& out, const Contents& contents) {
  if (contents.files.empty()) {
    return;
  }
  out += "<footer>Attachments:<ul>\n";
  for (const Part& part : contents.files) {
    if (!is_winmail(part)) {
      append_file(out, part.filename().value_or(""), part.type());
      continue;
    }
    for (const SavedFile& file : saved_files(part, false)) {
      append_file(out, file.name, file.type);
    }
  }
  out += "</ul></footer>\n";
}

}  // namespace

std::string html_preview(const Message& message, const HtmlPreviewOptions& options) {
  std::string out(page_begin);
  append_header(out, message);
  const Contents contents = message.contents();
  append_body(out, message, contents, options.limit);
  append_attachments(out, contents);
  return out += "</body></html>\n";
}

}  // namespace posthouse::mime
