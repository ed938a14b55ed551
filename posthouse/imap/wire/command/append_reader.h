#pragma once
// Reads APPEND and REPLACE, whose messages are handed out as they come (RFC 9051 section 6.3.12, RFC 3502, RFC 4469,
// RFC 6855 section 4, RFC 8508). Private to the module.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "posthouse/imap/wire/command/append_part.h"
#include "posthouse/imap/wire/command/command_input.h"

namespace posthouse::imap {

/// The literal that is announced at the end of a text.
struct PendingLiteral {
  LiteralHead head{};
  std::size_t at = 0;  ///< Where the announcement begins.
};

/// The grammar between a command's name and its end, with a stop at each literal that is a message.
///
///   (replaced ─►) mailbox ─► message ─► behind_message ─► end of the command
///                              │  ▲          │  ▲
///                              │  └── space ─┘  └─── ")" ───┐
///                              └─► catenated ◄─► behind_catenated
///
/// behind_utf8 stands between a literal in "UTF8 (…)" and what follows it.
class AppendReader {
 public:
  /// What comes next.
  enum class Next : std::uint8_t {
    memory,   ///< The announced literal is a name: it belongs into the text.
    message,  ///< The announced literal is a message, or a part of one.
    end,      ///< The command is complete.
    bad,      ///< The text is no such command; Cursor::error() says why.
  };

  /// A command begins, whose head was read.
  void begin(const CommandHead& head);
  /// Goes on as far as the text goes. What it finds is added to `parts`, the part of the announced literal last.
  Next advance(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts);
  /// What was read so far.
  const command::Append& append() const noexcept { return append_; }

 private:
  enum class State : std::uint8_t {
    replaced,
    mailbox,
    message,
    behind_utf8,
    behind_message,
    catenated,
    behind_catenated
  };

  bool step(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts, Next& next);
  bool read_message(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts, Next& next);
  bool read_catenated(CommandInput& input, const PendingLiteral* pending, std::vector<AppendPart>& parts, Next& next);
  bool take_literal(CommandInput& input, const PendingLiteral* pending, State behind, std::vector<AppendPart>& parts,
                    Next& next);
  bool add_part(CommandInput& input, std::vector<AppendPart>& parts);

  State state_ = State::mailbox;
  State behind_utf8_ = State::behind_message;
  command::Append append_{};
  AppendPart message_{};  // what the next part of the message begins with
  std::size_t parts_ = 0;
};

}  // namespace posthouse::imap
