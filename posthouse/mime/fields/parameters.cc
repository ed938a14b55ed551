#include "posthouse/mime/fields/parameters.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/fields/as_written.h"
#include "posthouse/mime/fields/encoded_word.h"
#include "posthouse/mime/wire/lexer.h"
#include "posthouse/mime/wire/parameter_scanner.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t no_section = std::numeric_limits<std::size_t>::max();

// One piece of a parameter: name, name*, name*2 or name*2*  (RFC 2231 section 7)
struct Piece {
  std::string name{};
  std::size_t section = no_section;
  bool extended = false;
  bool quoted = false;
  std::string_view raw{};
  std::size_t order = 0;
};

Piece take_apart(const RawParameter& parameter, std::size_t order) {
  Piece piece;
  piece.order = order;
  piece.raw = parameter.value;
  piece.quoted = parameter.quoted;
  std::string_view name = parameter.name;
  if (name.ends_with('*')) {
    piece.extended = true;
    name.remove_suffix(1);
  }
  if (const std::size_t star = name.rfind('*'); star != std::string_view::npos) {
    if (const std::optional<std::size_t> section = number_of<std::size_t>(name.substr(star + 1))) {
      piece.section = *section;
      name = name.substr(0, star);
    }
  }
  piece.name = to_lower(name);
  return piece;
}

// The value without quotes' escapes and without line ends.
std::string plain_value(const Piece& piece) {
  std::string out;
  if (!piece.quoted) {
    append_unfolded(out, piece.raw);
    return out;
  }
  append_unescaped(out, piece.raw);
  return out;
}

std::string decoded_plain(const Piece& piece) {
  const std::string text = plain_value(piece);
  if (text.find("=?") != std::string::npos) {
    return decode_words(text);
  }
  return repair_utf8(text);
}

// Joins the pieces of one parameter, which are in order: octets first, the charset last, since a character may be
// split. Of two with the same number the first counts.
Parameter join(const Piece* begin, const Piece* end) {
  Parameter parameter{.name = begin->name};
  std::string octets;
  std::string charset;
  bool any_extended = false;
  for (const Piece* piece = begin; piece != end; ++piece) {
    if (piece != begin && piece->section == piece[-1].section) {
      continue;
    }
    const std::string text = plain_value(*piece);
    std::string_view rest = text;
    if (!piece->extended) {
      octets += rest;
      continue;
    }
    if (!any_extended && piece == begin) {
      const std::size_t first = rest.find('\'');
      const std::size_t second = first == std::string_view::npos ? first : rest.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = rest.substr(0, first);
        parameter.language = rest.substr(first + 1, second - first - 1);
        rest.remove_prefix(second + 1);
      }
    }
    any_extended = true;
    append_percent_decoded(octets, rest);
  }
  if (any_extended && (!charset.empty() || !is_valid_utf8(octets))) {
    append_utf8(parameter.value, octets, charset);
  } else if (charset.empty() && octets.find("=?") != std::string::npos) {  // in name*= too, where it has no place
    parameter.value = decode_words(octets);
  } else {
    parameter.value = repair_utf8(octets);
  }
  return parameter;
}

// One parameter out of all pieces of one name, sorted: sections first, then name*, then name. Where a sender gives the
// same thing twice the fuller form counts.
Parameter decode(const Piece* begin, const Piece* end) {
  if (begin->section == no_section) {
    const Piece* extended = std::find_if(begin, end, [](const Piece& piece) { return piece.extended; });
    if (extended != end) {
      return join(extended, extended + 1);
    }
    return {.name = begin->name, .value = decoded_plain(*begin)};
  }
  const Piece* last = begin + 1;
  while (last != end && last->section != no_section) {
    ++last;
  }
  return join(begin, last);
}

}  // namespace

const std::string* ParameterizedValue::find(std::string_view name) const noexcept {
  for (const Parameter& parameter : parameters) {
    if (parameter.name == name) {
      return &parameter.value;
    }
  }
  return nullptr;
}

std::string ParameterizedValue::get(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string() : *value;
}

ParameterizedValue parse_parameters(std::string_view raw_value, const Limits& limits, std::vector<Defect>* defects,
                                    std::size_t offset) {
  ParameterizedValue result;
  ParameterScanner scanner(raw_value);
  append_unfolded(result.value, scanner.value());
  result.value = to_lower(repair_utf8(result.value));

  std::vector<Piece> pieces;
  RawParameter parameter;
  bool noted = false;
  while (scanner.next(parameter)) {
    if (pieces.size() == limits.parameters) {
      if (defects != nullptr) {
        defects->push_back({DefectCode::parameter_limit, offset + parameter.at});
      }
      break;
    }
    if (!parameter.well_formed && !noted) {
      if (defects != nullptr) {
        defects->push_back({DefectCode::parameter_invalid, offset + parameter.at});
      }
      noted = true;
    }
    if (!parameter.name.empty() && parameter.value.data() != nullptr) {
      pieces.push_back(take_apart(parameter, pieces.size()));
    }
  }

  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    if (a.name != b.name) {
      return a.name < b.name;
    }
    if (a.section != b.section) {
      return a.section < b.section;
    }
    return a.order < b.order;
  });
  struct Ordered {
    std::size_t order;
    Parameter parameter;
  };
  std::vector<Ordered> ordered;
  for (std::size_t begin = 0; begin < pieces.size();) {
    std::size_t end = begin;
    std::size_t order = no_section;
    while (end < pieces.size() && pieces[end].name == pieces[begin].name) {
      order = std::min(order, pieces[end++].order);
    }
    ordered.push_back({order, decode(pieces.data() + begin, pieces.data() + end)});
    begin = end;
  }
  std::sort(ordered.begin(), ordered.end(), [](const Ordered& a, const Ordered& b) { return a.order < b.order; });
  for (Ordered& entry : ordered) {
    result.parameters.push_back(std::move(entry.parameter));
  }
  return result;
}

ParameterizedValue parse_written_parameters(std::string_view raw_value, const Limits& limits) {
  ParameterScanner scanner(raw_value);
  ParameterizedValue out;
  append_unfolded(out.value, scanner.value());
  RawParameter raw;
  while (out.parameters.size() < limits.parameters && scanner.next(raw)) {
    Parameter& parameter = out.parameters.emplace_back();
    parameter.name = raw.name;
    if (raw.quoted) {
      append_unescaped(parameter.value, raw.value);
    } else {
      append_unfolded(parameter.value, raw.value);
    }
  }
  return out;
}

}  // namespace posthouse::mime
