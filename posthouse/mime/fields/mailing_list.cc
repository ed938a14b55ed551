#include "posthouse/mime/fields/mailing_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_urls = 100;

// list-id-header = "List-ID:" [phrase] "<" list-id ">" CRLF     RFC 2919 section 3
void read_list_id(std::string_view raw, MailingList& list) {
  const std::size_t open = raw.rfind('<');
  if (open == std::string_view::npos) {  // many leave the brackets out
    list.id = repair_utf8(first_word(raw));
    return;
  }
  list.id = repair_utf8(without_space(raw.substr(open + 1, raw.find('>', open) - open - 1)));
  std::string name = decode_words(raw.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    std::string unquoted;
    read_quoted(name, 0, &unquoted);
    name = std::move(unquoted);
  }
  list.name = std::move(name);
}

bool offers_one_click(const Headers& headers) {
  const std::optional<Field> field = headers.find("List-Unsubscribe-Post");
  return field && iequals(without_space(field->raw_value()), "List-Unsubscribe=One-Click");
}

}  // namespace

bool MailingList::empty() const noexcept {
  return id.empty() && help.empty() && unsubscribe.empty() && subscribe.empty() && post.empty() && owner.empty() &&
         archive.empty() && posting_allowed;
}

std::vector<std::string> parse_list_urls(std::string_view raw_value) {
  std::vector<std::string> urls;
  for (std::size_t at = skip_cfws(raw_value, 0); at < raw_value.size() && urls.size() < most_urls;
       at = skip_cfws(raw_value, at)) {
    if (raw_value[at] == '<') {
      const std::size_t end = std::min(raw_value.find('>', at), raw_value.size());
      if (std::string url = repair_utf8(without_space(raw_value.substr(at + 1, end - at - 1))); !url.empty()) {
        urls.push_back(std::move(url));
      }
      at = std::min(end + 1, raw_value.size());
    } else if (raw_value[at] == ',') {
      ++at;
    } else {
      const std::size_t end = std::min(raw_value.find_first_of(", \t\r\n<", at), raw_value.size());
      if (const std::string_view word = raw_value.substr(at, end - at); word.find(':') != std::string_view::npos) {
        urls.push_back(repair_utf8(word));
      }
      at = end;
    }
  }
  return urls;
}

MailingList read_mailing_list(const Headers& headers) {
  MailingList list;
  if (const std::optional<Field> id = headers.find("List-Id")) {
    read_list_id(id->raw_value(), list);
  }
  const std::array<std::pair<std::string_view, std::vector<std::string>*>, 6> fields = {{
      {"List-Help", &list.help},
      {"List-Unsubscribe", &list.unsubscribe},
      {"List-Subscribe", &list.subscribe},
      {"List-Post", &list.post},
      {"List-Owner", &list.owner},
      {"List-Archive", &list.archive},
  }};
  for (const auto& [name, urls] : fields) {
    if (const std::optional<Field> field = headers.find(name)) {
      *urls = parse_list_urls(field->raw_value());
    }
  }
  if (const std::optional<Field> post = headers.find("List-Post")) {
    list.posting_allowed = !iequals(first_word(post->raw_value()), "NO");
  }
  if (offers_one_click(headers)) {
    const auto https = std::find_if(list.unsubscribe.begin(), list.unsubscribe.end(),
                                    [](const std::string& url) { return istarts_with(url, "https:"); });
    if (https != list.unsubscribe.end()) {
      list.one_click = *https;
    }
  }
  return list;
}

}  // namespace posthouse::mime
