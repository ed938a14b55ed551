#include "posthouse/mime/fields/address_tokens.h"

#include <algorithm>

#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

bool is_dot_atom(std::string_view text) noexcept {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
    return false;
  }
  return std::none_of(text.begin(), text.end(), [](char c) {
    return is_space(c) || (c != '.' && is_special(c)) || (c >= 0 && c <= 32) || c == 127;
  });
}

namespace {

std::string unquoted(std::string_view raw) {
  std::string out;
  read_quoted(raw, 0, &out);
  return out;
}

std::string unfolded(std::string_view raw) {
  std::string out;
  append_unfolded(out, raw);
  return out;
}

// A local part as it has to be written: in quotes unless it is a dot-atom; dots in the wrong place are quoted only
// where they were, since many have such an address and none with quotes.
std::string written_local_part(const std::string& local, bool was_quoted) {
  const bool plain =
      was_quoted ? is_dot_atom(local) : !local.empty() && std::none_of(local.begin(), local.end(), [](char c) {
        return is_space(c) || (c != '.' && is_special(c)) || (c >= 0 && c < 32) || c == 127;
      });
  if (plain) {
    return local;
  }
  return quoted_string(local);
}

}  // namespace

std::string phrase_text(const AddressToken* begin, const AddressToken* end) {
  std::string out;
  std::string words;
  const auto flush = [&] {
    if (words.empty()) {
      return;
    }
    out += decode_words(words);
    words.clear();
  };
  for (const AddressToken* token = begin; token != end; ++token) {
    if (token->kind == AddressToken::Kind::quoted) {
      flush();
      if (token != begin && token->space_before) {
        out += ' ';
      }
      const std::string text = unquoted(token->raw);
      out += text.find("=?") == std::string::npos ? repair_utf8(text) : decode_words(text);
      continue;
    }
    if (words.empty() && token != begin && token->space_before) {
      out += ' ';
    }
    if (!words.empty() && token->space_before) {
      words += ' ';
    }
    append_unfolded(words, token->raw);
  }
  flush();
  return out;
}

std::string local_part_text(const AddressToken* begin, const AddressToken* end) {
  if (begin == end) {
    return {};
  }
  std::string out;
  bool quoted = false;
  for (const AddressToken* token = begin; token != end; ++token) {
    if (token != begin && !belongs_together(token[-1], *token)) {
      out += ' ';
    }
    quoted = quoted || token->kind == AddressToken::Kind::quoted;
    out += token->kind == AddressToken::Kind::quoted ? unquoted(token->raw) : unfolded(token->raw);
  }
  return written_local_part(repair_utf8(out), quoted);
}

bool is_local_part(const AddressToken* begin, const AddressToken* end) noexcept {
  for (const AddressToken* token = begin; token != end; ++token) {
    if (token->kind == AddressToken::Kind::literal) {
      return false;
    }
    if (token != begin && !token[-1].raw.ends_with('.') && !token->raw.starts_with('.')) {
      return false;
    }
  }
  return begin != end;
}

std::string domain_text(const AddressToken* begin, const AddressToken* end) {
  std::string out;
  for (const AddressToken* token = begin; token != end; ++token) {
    out += without_space(token->raw);
  }
  return repair_utf8(out);
}

}  // namespace posthouse::mime
