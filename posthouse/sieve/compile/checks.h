#pragma once
// What only one command or test is held to, once its arguments are read.
#include "posthouse/sieve/compile/arguments.h"
#include "posthouse/sieve/compile/options.h"
#include "posthouse/sieve/compile/program.h"

namespace posthouse::sieve {

/// The command of `call` with arguments that are constant: addresses, names, flags, parts of dates. What is wrong is told
/// of; what may have been meant otherwise is warned of.
bool check_call(Call& call, const ExtensionSet& extensions, const Options& options, Arguments& arguments,
                Diagnostics& diagnostics);

}  // namespace posthouse::sieve
