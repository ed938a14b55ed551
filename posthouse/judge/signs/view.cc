#include "posthouse/judge/signs/view.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/read/readable_text.h"

namespace posthouse::judge {
namespace {

constexpr std::size_t most_text = 64 * 1024;
constexpr std::size_t most_html = 256 * 1024;

void count_words(std::string_view text, View& view) {
  std::size_t large = 0;
  std::size_t small = 0;
  const auto end_word = [&] {
    view.words += large + small >= 2 ? 1 : 0;
    view.capital_words += large >= 2 && small == 0 ? 1 : 0;
    large = small = 0;
  };
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      ++large;
    } else if (c >= 'a' && c <= 'z') {
      ++small;
    } else {
      end_word();
    }
  }
  end_word();
}

}  // namespace

View::View(const mime::Message& given, const Circumstances& circumstances)
    : message(given), how(circumstances), subject(given.subject()), from(given.from()), links(links_of(given)) {
  const std::string read = mime::readable_text(given);
  count_words(std::string_view(read).substr(0, most_text), *this);
  text = to_lower(std::string_view(read).substr(0, most_text));
  for (const mime::Part& part : given.walk()) {
    has_plain = has_plain || part.is("text/plain");
    has_image = has_image || part.is("image/");
    if (auto name = part.filename()) {
      files.push_back(std::move(*name));
    }
    if (!part.is("text/") || !part.is_leaf() || part.is_attachment()) {
      continue;
    }
    needless_base64 =
        needless_base64 || (part.encoding() == mime::TransferEncoding::base64 && is_ascii(part.content()));
    if (part.is("text/html") && html.size() < most_html) {
      html += to_lower(std::string_view(part.text()).substr(0, most_html - html.size()));
    }
  }
}

std::string View::from_domain() const {
  return from.size() == 1 ? to_lower(from.front().domain()) : std::string();
}

bool View::has(std::string_view field) const {
  const mime::Headers headers = message.headers();
  return std::any_of(headers.begin(), headers.end(), [&](const mime::Field& one) { return one.is(field); });
}

}  // namespace posthouse::judge
