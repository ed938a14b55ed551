#pragma once
#include <string_view>

#include "posthouse/sieve/grammar/diagnostic.h"
#include "posthouse/sieve/grammar/limits.h"
#include "posthouse/sieve/grammar/tree.h"

namespace posthouse::sieve {

/// Reads a script (RFC 5228 section 8.2). Does not recurse, linear. Behind an error it goes on at the next place that can
/// be told to be the end of what was wrong, so that several are found; the tree is of use only where there was none.
Tree parse(std::string_view script, const Limits& limits, Diagnostics& diagnostics);

}  // namespace posthouse::sieve
