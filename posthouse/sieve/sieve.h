#pragma once
// The Sieve language: scripts checked, compiled and run; what they want done comes out as values.
//
//     #include "posthouse/sieve/sieve.h"
//
//     const sieve::Script script = sieve::Script::compile("require \"fileinto\"; fileinto \"Lists\";");
//     const sieve::Outcome outcome = sieve::run(script, mime::Message::parse(bytes), {});
//     for (const sieve::Action& action : outcome.actions) std::cout << sieve::describe(action) << '\n';
#include "posthouse/sieve/actions/actions.h"
#include "posthouse/sieve/actions/header_edit.h"
#include "posthouse/sieve/answer/compose.h"
#include "posthouse/sieve/compile/script.h"
#include "posthouse/sieve/error.h"
#include "posthouse/sieve/grammar/diagnostic.h"
#include "posthouse/sieve/grammar/limits.h"
#include "posthouse/sieve/language/extension.h"
#include "posthouse/sieve/run/context.h"
#include "posthouse/sieve/run/outcome.h"
#include "posthouse/sieve/run/run.h"
