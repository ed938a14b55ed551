#pragma once
// The interpreter: its own stack, no recursion, every step counted.
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/mime/tree/message.h"
#include "posthouse/sieve/compile/program.h"
#include "posthouse/sieve/run/context.h"
#include "posthouse/sieve/run/letter.h"
#include "posthouse/sieve/run/outcome.h"

namespace posthouse::sieve {

class Machine;

/// Whoever does the commands that a program adds to the language (HostCommands).
class Host {
 public:
  virtual ~Host() = default;
  /// A command, or a test, whose result is returned. Where the command has a block: false skips it.
  virtual bool call(const Call& call, Machine& machine) = 0;
  /// The end of a command's block, come to in order or by Machine::leave_block().
  virtual void end(const Call& call, Machine& machine) = 0;
};

/// Thrown where a run cannot go on; becomes Outcome::error.
struct RunFailure {
  Position at;
  std::string text;
};

/// The flags in lists with blanks between them, each once, case aside; what is none is left out (RFC 5232 section 2).
std::vector<std::string> flags_in(const std::vector<std::string>& lists);

/// One run.
class Machine {
 public:
  Machine(const ScriptData& script, const mime::Message& message, const Context& context, const Outcome* earlier);

  /// Runs the script to its end.
  Outcome run();

  // For commands and tests.

  const Context& context() const noexcept { return *context_; }
  /// For hosts: from now on another world.
  void set_context(const Context& context) noexcept { context_ = &context; }
  Letter& letter() noexcept { return letter_; }
  Outcome& outcome() noexcept { return outcome_; }
  Envelope& envelope() noexcept { return envelope_; }
  const Program& program() const { return script_.programs[frames_.back().program]; }
  bool uses(Extension extension) const { return has(program().extensions, extension); }

  /// A string with the values of its variables. Its octets are counted.
  std::string text(const Text& text);
  /// All strings of an argument; throws RunFailure where they are too much together.
  std::vector<std::string> texts(const Value& value);
  /// The first string of a tag's argument; empty where the tag is missing.
  std::string text(const Call& call, Tag tag);
  std::string variable(const Piece& piece) const;
  void set_variable(const Piece& piece, std::string value, Position at);
  void set_match_values(const std::vector<std::string_view>& values);

  /// Counts what was done; throws RunFailure where that is too much.
  void spend(std::uint64_t steps);
  [[noreturn]] void fail(Position at, std::string text) const;
  /// Adds an action unless the script has asked for it before; holds it to the limits and to RFC 5429 section 2.4.
  void add_action(Action action, const Call& call, bool cancels_keep);

  /// The part that a loop is at; the whole message outside of loops.
  mime::Part current_part() const;

  /// Out of the innermost block of a host's command.
  void leave_block();
  /// Ends the run after the command that is being done.
  void stop() noexcept { frames_.clear(); }

  // Flags (RFC 5232). A missing piece is the internal variable.
  std::vector<std::string> flags(const Piece* variable) const;
  void set_flags(const Piece* variable, const std::vector<std::string>& flags, Position at);

 private:
  struct Frame {
    std::uint32_t program = 0;
    std::uint32_t at = 0;
    std::map<std::string, std::string, std::less<>> locals{};
    std::vector<std::string> match_values{};
  };
  struct Loop {
    std::size_t frame = 0;   // how many frames there were
    std::uint32_t call = 0;  // the loop's name
    std::uint32_t next = 0;  // its instruction "next"
    mime::Parts::iterator part{};
    std::size_t left = 0;  // parts, this one too
  };
  struct Block {
    std::size_t frame = 0;
    std::uint32_t call = 0;
    std::uint32_t end = 0;  // its instruction "host_end"
    std::size_t loops = 0;
  };

  void step();
  void command(const Call& call);
  bool test(const Call& call);
  void begin_loop(const Instruction& instruction);
  void next_part(const Instruction& instruction);
  void break_loop(const Call& call);
  void include(const Call& call);
  void leave_script();
  void drop_inner(std::size_t frames);
  void check_action(const Action& action, const Call& call) const;
  bool merge(const Action& action);
  void finish();

  const ScriptData& script_;
  const Context* context_;
  Letter letter_;
  Outcome outcome_{};
  Envelope envelope_;
  std::vector<Frame> frames_{};
  std::vector<Loop> loops_{};
  std::vector<Block> blocks_{};
  std::map<std::string, std::string, std::less<>> globals_{};
  std::set<std::uint32_t> included_{};
  std::size_t variables_octets_ = 0;
  std::size_t earlier_edits_ = 0;  // what an error takes nothing away from
  std::size_t earlier_duplicates_ = 0;
  bool register_ = false;
};

}  // namespace posthouse::sieve
