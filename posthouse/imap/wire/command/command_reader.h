#pragma once
// The commands of a client, found in octets as they come: the step of an IMAP server that needs no socket.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/command/append_part.h"
#include "posthouse/imap/wire/command/command.h"
#include "posthouse/imap/wire/command/limits.h"

namespace posthouse::imap {

class AppendReader;
struct LiteralHead;

/// What a reader has found.
enum class CommandEvent : std::uint8_t {
  more,     ///< Nothing yet; all of the input is done with.
  proceed,  ///< The client waits for "+" before it sends a literal: say so, or refuse().
  part,     ///< A piece of an APPEND: part(), in the command that command() names. If it is synchronizing, say "+"; or
            ///< refuse().
  octets,   ///< Octets of the literal of that part. `size` of them in all come before the next other event.
  command,  ///< A whole command: command().
  line,     ///< The line that was asked for by expect_line().
  bad,      ///< What came is no command: refusal(). What belongs to it is skipped.
};

/// An event, and how much of the input is done with.
struct CommandStep {
  CommandEvent event = CommandEvent::more;
  std::size_t size = 0;       ///< Octets at the front of the input, to be dropped.
  std::string_view octets{};  ///< Of `octets`: a view into the input. Of `line`: valid until the next read().
};

/// Why something was refused.
struct CommandRefusal {
  std::string tag = "*";  ///< For the answer: the command's, or "*" where it could not be read.
  std::string text{};     ///< For people.
  bool too_big = false;   ///< Over a limit: [TOOBIG] or [LIMIT] may be said.
  bool close = false;     ///< More than CommandLimits::skipped octets follow: say BYE and close the connection.
};

/// Reads commands, one after another. Octets may come in any pieces: the events are the same.
///
///     for (;;) {
///       const CommandStep step = reader.read(stream.buffered());
///       switch (step.event) {
///         case CommandEvent::command: run(reader.command()); break;
///         case CommandEvent::bad:     say(reader.refusal().tag + " BAD " + reader.refusal().text); break;
///         case CommandEvent::proceed: say("+ Go on"); break;
///         case CommandEvent::part:    begin_message(reader.part()); break;
///         case CommandEvent::octets:  message.write(step.octets); break;
///         …
///       }
///       stream.consume(step.size);
///       if (step.event == CommandEvent::more) stream.fill();
///     }
///
/// Invariants:
///  1. It holds at most CommandLimits::command and CommandLimits::line octets, whatever comes; of messages, none.
///  2. Each octet is looked at a bounded number of times; nothing recurses.
///  3. After `bad` and after refuse() the next event is about the next command, RFC 7888 section 4 heeded.
class CommandReader {
 public:
  explicit CommandReader(const CommandLimits& limits = {});
  CommandReader(const CommandReader&) = delete;
  CommandReader& operator=(const CommandReader&) = delete;
  ~CommandReader();

  /// Looks at the octets that have come and were not dropped.
  CommandStep read(std::string_view input);

  /// After `command`: it may be moved from. After `part`: tag, uid, and the Append as far as it is known.
  Command& command() noexcept { return command_; }
  /// After `part`, as long as its octets come.
  const AppendPart& part() const noexcept { return parts_.front(); }
  /// After `bad`.
  const CommandRefusal& refusal() const noexcept { return refusal_; }
  /// The tag of the command that is being read, or was read last; "*" where it is not known.
  std::string tag() const { return tag_.empty() ? "*" : tag_; }

  /// After `proceed`, `part` or `octets`: the command is answered with NO or BAD already; what still comes of it is
  /// skipped. False when that is more than CommandLimits::skipped octets, so that the connection is better closed.
  bool refuse();
  /// After `command`: the next thing to come is no command but a line, an answer to AUTHENTICATE or IDLE's DONE, of
  /// `limit` octets at most. A longer one is `bad`.
  void expect_line(std::size_t limit);
  /// Forgets what came, for a connection that goes over to TLS.
  void reset();

  /// Names of mailboxes are in this style from the next command on.
  void set_names(NameStyle names) noexcept { names_ = names; }
  /// May be changed after `command`.
  CommandLimits& limits() noexcept { return limits_; }

 private:
  enum class State : std::uint8_t { line, literal, message, answer, skip_literal, skip_line, skip_answer, closed };

  CommandEvent read_line(std::string_view& input);
  CommandEvent read_literal(std::string_view& input);
  CommandEvent read_message(std::string_view& input, std::string_view& octets);
  CommandEvent read_answer(std::string_view& input, std::string_view& octets);
  CommandEvent skip_literal(std::string_view& input);
  CommandEvent skip_line(std::string_view& input);
  bool take_line(std::string_view& input, std::size_t limit, bool& too_long);
  CommandEvent end_line();
  CommandEvent end_command();
  CommandEvent begin_literal(const LiteralHead& head);
  CommandEvent advance_append(const LiteralHead* head);
  CommandEvent queued_event();
  CommandEvent fail(std::string text, const LiteralHead* head, bool too_big = false);
  CommandEvent close();
  bool skip(std::uint64_t octets);
  void skip_rest_of_line();
  void refuse_long_line(std::string_view input);
  void begin_command();

  CommandLimits limits_;
  NameStyle names_ = NameStyle::utf7;
  State state_ = State::line;
  bool head_read_ = false;      // tag and name of the command
  bool too_long_ = false;       // the line being skipped is yet to be refused
  bool flows_ = false;          // the literal being read comes, or is to come, without another "+"
  bool part_shown_ = false;     // parts_.front() was handed out
  bool answer_shown_ = false;   // text_ is the answer that was handed out
  std::string tag_{};           // of the command being read
  std::string text_{};          // of it, literals in memory in their places
  std::size_t line_begin_ = 0;  // of the line being read, in text_
  std::size_t outside_ = 0;     // octets of the command outside literals
  std::size_t answer_limit_ = 0;
  std::uint64_t left_ = 0;     // octets of the literal that are yet to come
  std::uint64_t skipped_ = 0;  // octets skipped since the command was refused
  std::string tail_{};         // the last octets of a line being skipped
  Command command_{};
  std::unique_ptr<AppendReader> append_{};    // while an APPEND is read
  std::size_t append_at_ = 0;                 // where in text_ it goes on
  std::vector<AppendPart> parts_{};           // yet to be handed out, or the first being so
  CommandEvent queued_ = CommandEvent::more;  // behind the parts
  CommandRefusal refusal_{};
};

}  // namespace posthouse::imap
