#include "posthouse/mailauth/results/authentication_results.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mailauth/error.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t line_octets = 78;  // RFC 5322 section 2.1.1
constexpr std::size_t most_text = 500;   // of a value or reason: no line may have over 998 octets
constexpr std::string_view name_of_field = "Authentication-Results";
constexpr std::string_view name_of_arc_field = "ARC-Authentication-Results";

bool is_letter_or_digit(char c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/// token of RFC 2045 section 5.1.
bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 32 && c < 127 && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

bool is_keyword(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 100 && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

/// dot-atom of RFC 5322 section 3.2.3.
bool is_dot_atom(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  });
}

/// What may stand without quotes: a token, or an address whose local part needs none (RFC 8601 section 2.2, pvalue).
bool is_plain(std::string_view text) noexcept {
  const std::size_t at = text.find('@');
  return is_token(text) ||
         (at != std::string_view::npos && is_dot_atom(text.substr(0, at)) && is_token(text.substr(at + 1)));
}

/// Fit for a field: UTF-8 on one line, not too long.
std::string harmless(std::string_view text) {
  std::string out = repair_utf8(text.substr(0, most_text));
  std::replace_if(out.begin(), out.end(), [](char c) { return (c >= 0 && c < 32) || c == 127; }, '?');
  return text.size() > most_text ? out + "..." : out;
}

std::string escaped(std::string_view text, std::string_view specials) {
  std::string out;
  for (const char c : harmless(text)) {
    if (specials.find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return '"' + escaped(text, "\"\\") + '"';
}

std::string plain_or_quoted(std::string_view text) {
  return is_plain(text) && text.size() <= most_text ? std::string(text) : in_quotes(text);
}

std::string keyword(std::string_view text, const char* what) {
  if (!is_keyword(text)) {
    throw Error(Errc::field, "\"" + printable(text, 80) + "\" is no " + what + " for Authentication-Results");
  }
  return std::string(text);
}

std::string with_version(std::string_view word, unsigned version, const char* before) {
  std::string out(word);
  if (version != 1) {
    out += before;
    out += std::to_string(version);
  }
  return out;
}

/// Puts pieces on lines.
class Lines {
 public:
  explicit Lines(std::size_t column) noexcept : column_(column) {}

  /// The first piece of a result begins a line.
  void begin(const std::string& piece) {
    out_ += "\r\n\t" + piece;
    column_ = 1 + piece.size();
  }
  void add(const std::string& piece) {
    if (column_ + 1 + piece.size() + 1 > line_octets) {
      out_ += "\r\n\t ";
      column_ = 2;
    } else {
      out_ += ' ';
      ++column_;
    }
    out_ += piece;
    column_ += piece.size();
  }
  void close(std::string_view end) {
    out_ += end;
    column_ += end.size();
  }
  std::string text() && { return std::move(out_).substr(out_.empty() ? 0 : out_.find_first_not_of(' ')); }

 private:
  std::string out_;
  std::size_t column_;
};

void write_result(Lines& lines, const mime::AuthenticationResult& result) {
  lines.begin(with_version(keyword(result.method, "method"), result.version, "/") + "=" +
              keyword(result.result, "verdict"));
  if (!result.comment.empty()) {
    lines.add("(" + escaped(result.comment, "()\\") + ")");
  }
  if (!result.reason.empty()) {
    lines.add("reason=" + in_quotes(result.reason));
  }
  for (const mime::AuthenticationProperty& property : result.properties) {
    lines.add(keyword(property.type, "type of a property") + "." + keyword(property.name, "name of a property") + "=" +
              plain_or_quoted(property.value));
  }
}

std::string_view field_name_of(const mime::AuthenticationResults& results) noexcept {
  return results.instance == 0 ? name_of_field : name_of_arc_field;
}

}  // namespace

std::string write_authentication_results(const mime::AuthenticationResults& results) {
  const std::string& id = results.authserv_id;
  if (id.empty() || id.size() > most_text || harmless(id) != id) {
    throw Error(Errc::name, "\"" + printable(id, 80) + "\" is no name for a server in Authentication-Results");
  }
  Lines lines(field_name_of(results).size() + 1);
  if (results.instance != 0) {
    lines.add("i=" + std::to_string(results.instance) + ";");
  }
  lines.add(with_version(is_token(id) ? id : in_quotes(id), results.version, " "));
  if (results.results.empty()) {
    lines.close("; none");
  }
  for (const mime::AuthenticationResult& result : results.results) {
    lines.close(";");
    write_result(lines, result);
  }
  return std::move(lines).text();
}

std::string authentication_results_field(const mime::AuthenticationResults& results) {
  return std::string(field_name_of(results)) + ": " + write_authentication_results(results) + "\r\n";
}

}  // namespace posthouse::mailauth
