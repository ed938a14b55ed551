#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/sieve/compile/program.h"

namespace posthouse::sieve {

/// "${hex: …}" and "${unicode: …}" replaced by what they stand for (RFC 5228 section 2.4.2.4); what is written otherwise
/// stays. False for a number that is no character; `out` is of no use then.
bool decode_characters(std::string_view text, std::string& out);

/// A string cut at its variables. `resolve` makes a piece of what stands between "${" and "}" where that is a name, with or
/// without namespaces, or a number; false: it is none that may stand there.
bool cut_variables(std::string_view text, const std::function<bool(std::string_view name, Piece& piece)>& resolve,
                   Text& out);

}  // namespace posthouse::sieve
