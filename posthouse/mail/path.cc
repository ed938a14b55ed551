#include "posthouse/mail/path.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::mail {
namespace {

constexpr std::size_t longest_path = 256;

/// The domain or address literal that `text` begins with, as it is written; empty when there is none.
std::string_view domain_text(std::string_view text) {
  if (text.starts_with('[')) {
    return text.substr(0, std::min(text.find(']'), text.size() - 1) + 1);
  }
  const auto* const end = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 128 && !is_digit(c) && !(to_lower(c) >= 'a' && to_lower(c) <= 'z') &&
           c != '.' && c != '-' && c != '_';
  });
  const std::string_view domain = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  return domain.ends_with('.') ? std::string_view() : domain;
}

/// Drops `@a,@b:` off the front; false when it is malformed. The route is a relic that some clients still send (RFC 5321
/// appendix C): where its domains begin and end is all that is looked at.
bool skip_source_route(std::string_view& text) {
  if (!text.starts_with('@')) {
    return true;
  }
  for (;;) {
    if (!text.starts_with('@')) {
      return false;
    }
    text.remove_prefix(1);
    const std::size_t length = domain_text(text).size();
    if (length == 0 || length == text.size()) {
      return false;
    }
    const char separator = text[length];
    text.remove_prefix(length + 1);
    if (separator == ':') {
      return true;
    }
    if (separator != ',') {
      return false;
    }
  }
}

std::optional<Path> take_mailbox(std::string_view& text, AddressSyntax syntax) {
  const std::string_view start = text;
  auto local_part = LocalPart::take(text, syntax);
  if (!local_part || !text.starts_with('@')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const std::string_view written = domain_text(text);
  text.remove_prefix(written.size());
  auto domain = Domain::parse(written);
  if (!domain) {
    return std::nullopt;
  }
  std::string as_written = local_part->text() + '@' + std::string(written);
  // With the brackets; quotes may have come and gone.
  if (std::max(as_written.size(), start.size() - text.size()) + 2 > longest_path) {
    return std::nullopt;
  }
  return Path{std::move(as_written), Address(*std::move(local_part), *std::move(domain))};
}

/// A mailbox without brackets, which ends with the text or before a blank.
std::optional<Path> take_bare_mailbox(std::string_view& text) {
  std::string_view rest = text;
  auto path = take_mailbox(rest, AddressSyntax::wire);
  if (!path || !(rest.empty() || rest.starts_with(' '))) {
    return std::nullopt;
  }
  text = rest;
  return path;
}

}  // namespace

bool Path::is_ascii() const noexcept {
  return posthouse::is_ascii(text);
}

std::optional<Path> take_path(std::string_view& text, PathKind kind, AddressSyntax syntax) {
  constexpr std::string_view postmaster = "postmaster";
  if (!text.starts_with('<')) {
    return syntax == AddressSyntax::wire ? take_bare_mailbox(text) : std::nullopt;
  }
  std::string_view rest = text.substr(1);
  std::optional<Path> path;
  if (kind == PathKind::reverse && rest.starts_with('>')) {
    path.emplace();
  } else if (kind == PathKind::forward && istarts_with(rest, "postmaster>")) {
    path = Path{std::string(rest.substr(0, postmaster.size())), std::nullopt};
    rest.remove_prefix(postmaster.size());
  } else if (skip_source_route(rest)) {
    path = take_mailbox(rest, syntax);
  }
  if (!path || !rest.starts_with('>')) {
    return std::nullopt;
  }
  text = rest.substr(1);
  return path;
}

bool is_mailbox(std::string_view address, AddressSyntax syntax) {
  return take_mailbox(address, syntax) && address.empty();
}

}  // namespace posthouse::mail
