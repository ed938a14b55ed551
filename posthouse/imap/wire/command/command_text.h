#pragma once
// Commands as a client writes them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/imap/wire/command/append_part.h"
#include "posthouse/imap/wire/command/command.h"
#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {

/// What the server can take.
struct CommandStyle {
  NameStyle names = NameStyle::utf7;
  StringStyle strings = StringStyle::ascii;
  /// Octets of a literal that may be sent without waiting (RFC 7888): 0, 4,096 with LITERAL-, or any with LITERAL+.
  std::uint64_t non_synchronizing = 0;
};

/// A command as octets.
///
///     std::size_t sent = 0;
///     for (const std::size_t pause : text.pauses) {
///       stream.write(text.octets.substr(sent, pause - sent));
///       wait_for_plus();                             // or for a tagged NO or BAD, which ends it
///       sent = pause;
///     }
///     stream.write(text.octets.substr(sent));
struct CommandText {
  std::string octets{};
  std::vector<std::size_t> pauses{};  ///< Where the server's "+" has to be waited for before what follows is sent.
};

/// The whole command with its line end; of an Append what stands before the first message, without one: a message
/// follows by append_part_text(), its octets, and a CRLF after the last. What comes out is the same command for a
/// CommandReader, in one form for all its spellings.
CommandText write_command(const Command& command, const CommandStyle& style = {});

/// What stands before the octets of a message, or of a part of one: " (\Seen) "1-Feb-2026 …" {310}" CRLF. Before a part
/// of CATENATE that does not begin the message: " TEXT {10}" CRLF, or " URL …". Behind the last part of CATENATE, and
/// behind the octets of a part that is utf8, the ")" is yet to be written.
CommandText append_part_text(const AppendPart& part, const CommandStyle& style = {});

}  // namespace posthouse::imap
