#pragma once
// Parameters behind the value of a Content-* field, written and folded. Private to this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/parameters.h"

namespace posthouse::mime {

/// `name="value"` or its RFC 2231 forms, as many pieces as needed. Throws as check_header_text() does.
std::vector<std::string> parameter_pieces(std::string_view name, std::string_view value);

/// Appends "; piece" for each, folded where the line would be too long, and CRLF. `header` ends with the field's value.
void append_parameters(std::string& header, const std::vector<std::string>& pieces);

/// What to write of these, in order; those whose names are no tokens are left out. Throws as
/// check_header_text() does.
std::vector<std::string> pieces_of(const std::vector<Parameter>& parameters);

/// `name="value"`, the value as encoded words where it is not ASCII: what RFC 2047 section 5 forbids, RFC 2231
/// replaced, and old programs read. Longer than a line where the value is. Throws as
/// check_header_text() does.
std::string encoded_word_parameter(std::string_view name, std::string_view value);

}  // namespace posthouse::mime
