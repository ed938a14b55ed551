#pragma once
// What is wrong with a script, and where.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sieve {

/// A place in a script, counted from 1; columns are octets.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend bool operator==(const Position&, const Position&) = default;
};

/// One thing that is wrong.
struct Diagnostic {
  std::string script{};  ///< The script's name, as it was given or included; may be empty.
  Position at{};         ///< Where in it.
  std::string text{};    ///< For people: "unknown command 'fileinot'".

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// `NAME:LINE:COLUMN: text`, as compilers write it.
std::string to_string(const Diagnostic& diagnostic);

/// Collects what is wrong, up to a bound.
class Diagnostics {
 public:
  explicit Diagnostics(std::size_t limit) noexcept : limit_(limit) {}

  /// The script that what is told from now on is about.
  void begin_script(std::string name) { script_ = std::move(name); }
  void error(Position at, std::string text);
  void warning(Position at, std::string text);
  /// No more are kept, so that there is no use in looking for them.
  bool full() const noexcept { return errors_.size() >= limit_; }

  const std::vector<Diagnostic>& errors() const noexcept { return errors_; }
  const std::vector<Diagnostic>& warnings() const noexcept { return warnings_; }

 private:
  std::size_t limit_;
  std::string script_{};
  std::vector<Diagnostic> errors_{};
  std::vector<Diagnostic> warnings_{};
};

}  // namespace posthouse::sieve
