#pragma once
// What came of a run.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/sieve/actions/actions.h"
#include "posthouse/sieve/actions/header_edit.h"
#include "posthouse/sieve/grammar/diagnostic.h"

namespace posthouse::sieve {

/// What is to be remembered of a message once it is delivered (RFC 7352 section 3).
struct DuplicateMark {
  std::string handle{};
  std::string id{};
  std::chrono::seconds period{};
  friend bool operator==(const DuplicateMark&, const DuplicateMark&) = default;
};

/// One step of a run: a command that was done, or a test and what it found.
struct TraceStep {
  std::string script{};
  Position at{};
  std::string name{};
  std::optional<bool> result{};  ///< Of a test.
};

/// What a script wants done.
struct Outcome {
  std::vector<Action> actions{};  ///< In the order in which the script asked for them, each once.
  /// The message is kept beside what `actions` say: nothing has cancelled the implicit keep (RFC 5228 section 2.10.2), or
  /// there was an error.
  bool implicit_keep = true;
  std::vector<std::string> flags{};  ///< With which it is kept (RFC 5232 section 3).
  std::vector<HeaderEdit> edits{};   ///< What was done to the header; see Action::edits. The implicit keep has all.
  std::vector<DuplicateMark> duplicates{};
  /// What went wrong; the script's own actions are gone then, and the message is kept (RFC 5228 section 2.10.6).
  std::optional<Diagnostic> error{};
  std::vector<TraceStep> trace{};  ///< Where Context::trace is set; at most 10,000.
  std::uint64_t steps = 0;         ///< How much was done; see Limits::steps.
};

}  // namespace posthouse::sieve
