#pragma once
// The one error type of the house.
//
// Every failure that Posthouse reports by exception is a posthouse::Error: network failures (net::Error), refusals by a
// peer (smtp::Error, pop3::Error), database errors (sql::Error), and what a caller asked wrongly. Who catches this one
// type misses nothing.
#include <stdexcept>
#include <string>
#include <string_view>

#include "posthouse/base/source_location.h"

namespace posthouse {

/// What is known about a failure beside its message. All fields may be left empty.
struct ErrorDetails {
  std::string code{};             ///< Stable, for programs: "net.timeout", "smtp.550", "sql.constraint".
  std::string statement{};        ///< The SQL statement, protocol command or call that failed; secrets masked.
  std::string reply{};            ///< What the peer answered, if it did.
  bool retryable = false;         ///< The same attempt may succeed later.
  bool connection_usable = true;  ///< The connection it happened on may be used further.
};

/// A failure, with everything a caller needs to decide what to do next.
///
///     try { client.send(message); }
///     catch (const posthouse::Error& error) {
///       std::cerr << error.what() << '\n';
///       if (error.retryable()) try_again_later();
///     }
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, ErrorDetails details = {}, SourceLocation where = SourceLocation::current());

  /// Stable identifier for programs, e.g. "net.timeout"; "error" where none was given.
  const std::string& code() const noexcept { return details_.code; }
  /// The statement or command that failed; empty when there was none.
  const std::string& statement() const noexcept { return details_.statement; }
  /// The peer's answer; empty when there was none.
  const std::string& reply() const noexcept { return details_.reply; }
  /// True when the same attempt may succeed later.
  bool retryable() const noexcept { return details_.retryable; }
  /// True when the connection the error happened on may be used further.
  bool connection_usable() const noexcept { return details_.connection_usable; }
  /// Where in the source the error was made.
  const SourceLocation& where() const noexcept { return where_; }

 private:
  ErrorDetails details_;
  SourceLocation where_;
};

}  // namespace posthouse
