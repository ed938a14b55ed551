#pragma once
// Values with parameters: Content-Type and Content-Disposition (RFC 2045 section 5, RFC 2183, RFC 2231).
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/wire/defect.h"
#include "posthouse/mime/wire/limits.h"

namespace posthouse::mime {

/// One parameter, decoded.
struct Parameter {
  std::string name{};      ///< Lower case, without RFC 2231's "*" marks.
  std::string value{};     ///< UTF-8: continuations joined, percent octets and encoded words decoded.
  std::string language{};  ///< RFC 2231 language tag, mostly empty.

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// `text/plain; charset=utf-8` or `attachment; filename="a.png"` taken apart.
struct ParameterizedValue {
  std::string value{};                  ///< What stands before the first ";", lower case: "text/plain", "attachment".
  std::vector<Parameter> parameters{};  ///< In order of first appearance.

  /// The parameter's value by (lower-case) name; nullptr when there is none.
  const std::string* find(std::string_view name) const noexcept;
  /// The same; "" when there is none.
  std::string get(std::string_view name) const;
};

/// Takes the raw value of a Content-Type, Content-Disposition or the like apart. Comments are dropped; quoted strings,
/// missing quotes, RFC 2231 continuations in any order, charsets and languages, and encoded words in values (which
/// RFC 2047 forbids and everybody sends) are read. Never throws; linear time.
ParameterizedValue parse_parameters(std::string_view raw_value, const Limits& limits = {},
                                    std::vector<Defect>* defects = nullptr, std::size_t offset = 0);

/// `name="value"`, or the form of RFC 2231 section 4, in the pieces of its section 3 when it is long: what to write after
/// "Content-Disposition: attachment". Each piece is preceded by ";" and CRLF SPACE.
/// Throws Errc::header_injection for CR, LF or NUL in `value`, Errc::charset where it is not UTF-8.
std::string encode_parameter(std::string_view name, std::string_view value);

}  // namespace posthouse::mime
