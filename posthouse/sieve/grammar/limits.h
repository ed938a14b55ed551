#pragma once
// How much of everything a script may use.
#include <cstddef>
#include <cstdint>

namespace posthouse::sieve {

/// Bounds for one script and one run of it. RFC 5228 section 2.4, RFC 5229 section 6, RFC 6609 section 3.1 and others say
/// how much an implementation has to offer at least; the defaults are no less.
struct Limits {
  // What a script may be.
  std::size_t script_octets = 1024 * 1024;  ///< Of one script, each included one too.
  std::size_t string_octets = 1024 * 1024;  ///< Of one string in it.
  std::size_t identifier_octets = 32;       ///< Of a name or a tag.
  std::size_t arguments = 32;               ///< Of one command or test.
  std::size_t list_items = 4096;            ///< Of one string list.
  std::size_t nodes = 50'000;               ///< Commands and tests in one script.
  std::size_t block_nesting = 31;           ///< Blocks inside blocks (RFC 5228 section 2.10.5 wants 15).
  std::size_t test_nesting = 31;            ///< Tests inside tests (RFC 5228 section 2.10.5 wants 15).
  std::size_t diagnostics = 100;            ///< Errors told of; the rest is not looked for.
  std::size_t variables = 255;              ///< Names of variables in one script (RFC 5229 section 6).
  std::size_t variable_name = 64;           ///< Octets of a variable's name.
  std::size_t match_values = 32;            ///< The highest `${N}` (RFC 5229 section 6 wants 9).
  std::size_t includes = 255;               ///< Different scripts in all, the first not counted (RFC 6609).
  std::size_t include_depth = 10;           ///< Scripts included by included scripts (RFC 6609 section 3.1).
  std::size_t part_loops = 4;               ///< Loops over parts inside each other (RFC 5703 section 3).
  std::size_t regex_memory = 4U << 20U;     ///< Octets that one regular expression may take, compiled.

  // What a run may do.
  /// One for each command and test, for each 256 octets looked at, and for each 16 strings of a list.
  std::uint64_t steps = 1'000'000;
  std::size_t variable_octets = 64 * 1024;   ///< Of one variable's value; what is longer is cut (RFC 5229 section 6).
  std::size_t variables_octets = 4U << 20U;  ///< Of all variables' values together.
  std::size_t actions = 32;                  ///< In all.
  std::size_t redirects = 4;                 ///< `redirect` among them (RFC 5228 section 10); 0: none is allowed.
  std::size_t notifications = 10;            ///< `notify` among them; 0: none is allowed.
  std::size_t header_edits = 100;            ///< Fields added and deleted (RFC 5293).
  std::size_t header_field_octets = 2048;    ///< Of a field that is added.
};

}  // namespace posthouse::sieve
