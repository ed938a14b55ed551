#pragma once
// Running a script.
#include "posthouse/mime/tree/message.h"
#include "posthouse/sieve/compile/script.h"
#include "posthouse/sieve/run/context.h"
#include "posthouse/sieve/run/outcome.h"

namespace posthouse::sieve {

/// Runs a script on a message (RFC 5228). Nothing is done: the outcome says what is to be done, in order. Does not recurse,
/// is bounded by Context::limits, and never throws on what it reads: an error is in Outcome::error, and the message is kept.
///
/// `earlier`, when given, is what a script that ran before on the same message has come to (an administrator's, say): its
/// actions stay, its flags and edits are there from the beginning, what both ask for is done once, and the implicit keep is
/// as this script leaves it where the earlier one did not cancel it.
///
///     const sieve::Outcome outcome = sieve::run(script, message, context);
///     for (const sieve::Action& action : outcome.actions) …
Outcome run(const Script& script, const mime::Message& message, const Context& context,
            const Outcome* earlier = nullptr);

}  // namespace posthouse::sieve
