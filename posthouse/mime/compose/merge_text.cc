#include "posthouse/mime/compose/merge_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/html/escape.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

bool is_field_char(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return is_digit(c) || is_letter(c) || c == '_' || c == '-' || c == '.' || octet > 127;
}

}  // namespace

MergeText::MergeText(std::string_view text, std::string where) : where_(std::move(where)) {
  while (!text.empty()) {
    const std::size_t open = std::min(text.find("{{"), text.size());
    const bool literal = open > 0 && open < text.size() && text[open - 1] == '\\';
    tail_.append(text.substr(0, literal ? open - 1 : open));
    text.remove_prefix(open);
    if (literal) {
      tail_.append("{{");
    }
    if (literal) {
      text.remove_prefix(2);
    }
    if (!literal && !text.empty()) {
      text = take_field(text);
    }
  }
}

// `rest` begins with a field; returns what stands behind it.
std::string_view MergeText::take_field(std::string_view rest) {
  const bool raw = rest.starts_with("{{{");
  const std::string_view end_mark = raw ? "}}}" : "}}";
  const std::size_t begin = end_mark.size();
  const std::size_t end = rest.find(end_mark, begin);
  const auto refuse = [&](const char* what) {
    throw Error(Errc::merge_syntax, fmt::format("{} {}: {}", where_, what, printable(rest, 40)));
  };
  if (end == std::string_view::npos) {
    refuse("has a field that is not closed");
  }
  const std::string_view name = trim(rest.substr(begin, end - begin));
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_field_char)) {
    refuse("has a field without a name");
  }
  pieces_.push_back({std::exchange(tail_, {}), std::string(name), raw});
  return rest.substr(end + end_mark.size());
}

std::string MergeText::filled(const MergeLookup& value_of, bool html) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    const std::optional<std::string> value = value_of(piece.field);
    if (!value) {
      throw Error(Errc::merge_field,
                  fmt::format("no value for the field \"{}\", which {} asks for", piece.field, where_));
    }
    out.append(piece.text);
    if (html && !piece.raw) {
      append_html_escaped(out, *value);
    } else {
      out.append(*value);
    }
  }
  return out.append(tail_);
}

void MergeText::add_fields(std::vector<std::string>& names) const {
  for (const Piece& piece : pieces_) {
    if (std::find(names.begin(), names.end(), piece.field) == names.end()) {
      names.push_back(piece.field);
    }
  }
}

}  // namespace posthouse::mime
