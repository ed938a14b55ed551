#pragma once
// How much a client may ask of the command reader.
#include <cstddef>
#include <cstdint>
#include <limits>

namespace posthouse::imap {

/// Bounds of one command. They may be changed between two commands: small before log-in, larger behind it.
struct CommandLimits {
  std::size_t line = 64 * 1024;      ///< Octets outside literals. (RFC 7162 section 4 wants 8,192 at least.)
  std::size_t literal = 64 * 1024;   ///< Octets of one literal that is kept in memory; APPEND's messages are not.
  std::size_t command = 256 * 1024;  ///< Octets of a whole command, its literals in memory counted.
  /// Octets of a non-synchronising literal "{n+}" (RFC 7888): 4,096 for a server that offers LITERAL-, no bound for
  /// LITERAL+.
  std::uint64_t non_synchronizing = std::numeric_limits<std::uint64_t>::max();
  /// Octets of non-synchronising literals that are read and thrown away when a command is refused. Beyond it the
  /// connection has to be closed, as RFC 7888 section 4 allows.
  std::uint64_t skipped = 1024 * 1024;
  std::size_t ranges = 10'000;      ///< Ranges of one sequence set.
  std::size_t items = 1'000;        ///< Entries of one list: flags, items to fetch, mailboxes, patterns, …
  std::size_t search_keys = 5'000;  ///< Keys of one search, those in parentheses, and parentheses, counted.
  std::size_t search_depth = 100;   ///< Parentheses, NOT and OR of a search inside each other.
  std::size_t messages = 1'000;     ///< Messages and parts of one APPEND (MULTIAPPEND, CATENATE).
};

}  // namespace posthouse::imap
