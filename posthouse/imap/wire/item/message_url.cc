#include "posthouse/imap/wire/item/message_url.h"

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

// "%41" made octets; nothing where a "%" has no two digits behind it.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// Cuts `marker`, ASCII case aside, and what follows it off the end of `text`; nothing where it is not there.
std::optional<std::string_view> take_end(std::string_view& text, std::string_view marker) {
  for (std::size_t at = text.size(); at-- > 0;) {
    if (istarts_with(text.substr(at), marker)) {
      const std::string_view value = text.substr(at + marker.size());
      text = text.substr(0, at);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<Section> section_of_url(std::string_view text) {
  const auto decoded = percent_decoded(text);
  if (!decoded || decoded->find_first_of("\r\n") != std::string::npos) {
    return std::nullopt;
  }
  const std::string brackets = '[' + *decoded + ']';
  Cursor in(brackets);
  auto section = read_section(in);
  return section && in.at_end() ? std::move(section) : std::nullopt;
}

// "offset" or "offset.count"
std::optional<Partial> partial_of_url(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto offset = parse_number64(text.substr(0, dot));
  const auto count = dot == std::string_view::npos ? max_number64 : parse_number64(text.substr(dot + 1));
  if (!offset || !count || *count == 0) {
    return std::nullopt;
  }
  return Partial{*offset, *count};
}

// The slash before ";PARTIAL=" and the like belongs to the marker, but a URL relative to a message may lack it.
std::optional<std::string_view> take_option(std::string_view& text, std::string_view name) {
  auto value = take_end(text, name);
  if (value && text.ends_with('/')) {
    text.remove_suffix(1);
  }
  return value;
}

// "imap://user@host" in front of the path.
bool take_server(std::string_view& text, MessageUrl& url) {
  if (!istarts_with(text, "imap://") && !istarts_with(text, "imaps://")) {
    return true;
  }
  const std::size_t path = text.find('/', text.find("//") + 2);
  if (path == std::string_view::npos) {
    return false;
  }
  url.server = text.substr(0, path);
  text.remove_prefix(path);
  return true;
}

// "/mailbox;UIDVALIDITY=1", what is left when the rest is cut off.
bool take_mailbox(std::string_view text, MessageUrl& url) {
  if (const auto validity = take_end(text, ";UIDVALIDITY=")) {
    url.uid_validity = parse_number(*validity);
    if (!url.uid_validity || *url.uid_validity == 0) {
      return false;
    }
  }
  if (!text.empty() && !text.starts_with('/')) {
    return false;
  }
  text.remove_prefix(text.empty() ? 0 : 1);
  auto mailbox = percent_decoded(text);
  if (!mailbox || text.find(';') != std::string_view::npos) {
    return false;
  }
  url.mailbox = std::move(*mailbox);
  return true;
}

}  // namespace

std::optional<MessageUrl> parse_message_url(std::string_view text) {
  constexpr std::size_t longest = 8'192;
  MessageUrl url;
  if (text.size() > longest || !take_server(text, url)) {
    return std::nullopt;
  }
  if (const auto partial = take_option(text, ";PARTIAL=")) {
    url.partial = partial_of_url(*partial);
    if (!url.partial) {
      return std::nullopt;
    }
  }
  if (const auto section = take_option(text, ";SECTION=")) {
    auto read = section_of_url(*section);
    if (!read) {
      return std::nullopt;
    }
    url.section = std::move(*read);
  }
  const auto uid = take_option(text, ";UID=");
  const auto number = uid ? parse_number(*uid) : std::nullopt;
  if (!number || *number == 0 || !take_mailbox(text, url)) {
    return std::nullopt;
  }
  url.uid = *number;
  return url;
}

}  // namespace posthouse::imap
