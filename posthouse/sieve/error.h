#pragma once
// What the library cannot do for whoever asks. What is wrong with a script, and what goes wrong while it runs, are values:
// see Compiled and Outcome.
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::sieve {

enum class Errc : std::uint8_t {
  script,  ///< "sieve.script": Script::compile() was given one with errors in it.
  answer   ///< "sieve.answer": an answer or a notification that cannot be written as a message.
};
/// The name of `errc`: "script".
std::string_view to_string(Errc errc) noexcept;

/// A failure of this module; code() is "sieve." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::sieve
