#include "posthouse/judge/words/links.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::judge {
namespace {

constexpr std::size_t looked_at = 256 * 1024;
constexpr std::string_view schemes[] = {"http://", "https://"};

bool ends_url(char c) {
  return is_space(c) || c == '"' || c == '\'' || c == '<' || c == '>' || c == ')' || c == ']';
}

std::string_view url_at(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), ends_url);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

void add_plain_links(std::string_view text, std::vector<Link>& links, std::size_t most) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos && links.size() < most;
       at = text.find("://", at + 3)) {
    const std::size_t begin = at >= 5 && iequals(text.substr(at - 5, 5), "https") ? at - 5 : at >= 4 ? at - 4 : at;
    const std::string host = host_of_url(url_at(text.substr(begin)));
    if (!host.empty()) {
      links.push_back({.host = host});
    }
  }
}

/// The words between `<a …>` and `</a>`, without tags.
std::string words_of_link(std::string_view html) {
  constexpr std::size_t enough = 200;
  std::string words;
  bool in_tag = false;
  for (std::size_t i = 0; i < html.size() && words.size() < enough; ++i) {
    if (html[i] == '<') {
      if (istarts_with(html.substr(i), "</a")) {
        break;
      }
      in_tag = true;
    } else if (html[i] == '>') {
      in_tag = false;
    } else if (!in_tag) {
      words.push_back(html[i]);
    }
  }
  return words;
}

/// The host that words name: "www.bank.example" or "https://bank.example/log-in".
std::string host_shown(std::string_view words) {
  words = trim(words);
  if (words.find(' ') != std::string_view::npos) {
    return {};
  }
  const std::string host = host_of_url(words);
  return !host.empty()                 ? host
         : istarts_with(words, "www.") ? host_of_url("http://" + std::string(words))
                                       : std::string();
}

void add_html_links(std::string_view html, std::vector<Link>& links, std::size_t most) {
  const std::string lower = to_lower(html);
  for (std::size_t at = lower.find("href"); at != std::string::npos && links.size() < most;
       at = lower.find("href", at + 4)) {
    std::string_view rest = html.substr(at + 4);
    rest = trim(rest.substr(0, std::min<std::size_t>(rest.size(), 2'100)));
    if (!rest.starts_with('=')) {
      continue;
    }
    rest = trim(rest.substr(1));
    if (rest.starts_with('"') || rest.starts_with('\'')) {
      rest.remove_prefix(1);
    }
    const std::string_view url = url_at(rest);
    const std::string host = host_of_url(url);
    if (host.empty()) {
      continue;
    }
    const std::size_t close = rest.find('>');
    links.push_back(
        {.host = host,
         .shown = close == std::string_view::npos ? "" : host_shown(words_of_link(rest.substr(close + 1)))});
  }
}

}  // namespace

std::string host_of_url(std::string_view url) {
  const auto scheme = std::find_if(std::begin(schemes), std::end(schemes),
                                   [&](std::string_view one) { return istarts_with(url, one); });
  if (scheme == std::end(schemes)) {
    return {};
  }
  url.remove_prefix(scheme->size());
  url = url.substr(0, url.find_first_of("/?#\\"));
  const std::size_t user = url.rfind('@');
  url.remove_prefix(user == std::string_view::npos ? 0 : user + 1);
  if (!url.starts_with('[')) {
    url = url.substr(0, url.find(':'));
  }
  return url.find('.') == std::string_view::npos && !url.starts_with('[') ? std::string()
                                                                          : to_lower(url.substr(0, 255));
}

std::vector<Link> links_of(const mime::Message& message, std::size_t most) {
  std::vector<Link> links;
  for (const mime::Part& part : message.walk()) {
    const bool html = part.is("text/html");
    if (!html && !part.is("text/plain")) {
      continue;
    }
    const std::string whole = part.text();
    const std::string_view text = std::string_view(whole).substr(0, looked_at);
    if (html) {
      add_html_links(text, links, most);
    } else {
      add_plain_links(text, links, most);
    }
  }
  return links;
}

}  // namespace posthouse::judge
