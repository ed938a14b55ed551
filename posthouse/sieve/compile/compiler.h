#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/compile/arguments.h"
#include "posthouse/sieve/compile/options.h"
#include "posthouse/sieve/compile/program.h"
#include "posthouse/sieve/grammar/tree.h"

namespace posthouse::sieve {

/// What a script asks to have included: an answer says which program that is.
class Includes {
 public:
  virtual ~Includes() = default;
  /// The program's index; Call::no_script where it is missing and that is allowed. Tells what is wrong.
  virtual std::uint32_t find(const std::string& name, Location location, bool optional, bool once, Position at) = 0;
};

/// Makes one program of one tree.
///
/// The tree's nodes are gone through once, in their order. A node whose tests or block have not ended yet is `open`; when
/// the walk comes to the end of its tests, and of its block, its jumps get their targets.
class Compiler {
 public:
  Compiler(const Options& options, std::span<const Command> host, Includes& includes, Diagnostics& diagnostics) noexcept
      : options_(options),
        host_(host),
        includes_(includes),
        diagnostics_(diagnostics),
        arguments_(options, diagnostics) {}

  Program run(std::string name, bool global_location, const Tree& tree);

 private:
  // What is known of a test before it is run, for `ihave`.
  struct Known {
    bool constant = false;
    bool value = false;
    bool by_ihave = false;
  };
  struct Open {
    std::uint32_t node = 0;
    const Command* command = nullptr;
    bool tests_ended = false;
    std::uint32_t call = 0;
    bool dead = false;                        // its block is never run, and not compiled
    std::uint32_t jump = none;                // a jump to be aimed at the end of the block
    std::vector<std::uint32_t> test_jumps{};  // those to the end of the tests
    Known tests{};                            // of allof, anyof, not: of the tests so far
    // Of the commands in its block so far:
    Verb previous = Verb::stop;
    std::vector<std::uint32_t> chain{};  // jumps to the end of if, elsif, else
    bool chain_taken = false;            // an earlier branch of it is always taken
  };
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

  std::uint32_t enter(std::uint32_t node);
  std::uint32_t enter_command(std::uint32_t node, const Command& command);
  std::uint32_t end_tests(Open& open, std::uint32_t at);
  void end_node(Open& open);
  std::uint32_t end_subtest(Open& parent, Known known, std::uint32_t node);
  const Command* find(const Node& node, bool& wrong_use);
  bool check(std::uint32_t index, const Command& command, Call& call, bool& tests_good);
  bool check_subtests(std::uint32_t index, const Command& command);
  bool check_place(const Node& node, const Command& command, Call& call);
  bool check_else(const Node& node, Verb verb);
  bool check_break(const Call& call);
  bool check_loop(const Node& node, const Call& call);
  bool include(Call& call);
  bool declare_globals(const Call& call);
  bool require(const Node& node, const Call& call);
  bool require_one(const std::string& capability, Position at);
  void end_requires(Position at);
  Known ihave(const Call& call);
  void close_chain(Open& level);
  bool goes_on(const Open& open) const;

  std::uint32_t emit(Instruction::Op op, std::uint32_t call = 0, std::uint32_t target = 0);
  void aim(std::uint32_t instruction) { program_.code[instruction].target = here(); }
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }

  const Options& options_;
  std::span<const Command> host_;
  Includes& includes_;
  Diagnostics& diagnostics_;
  Arguments arguments_;
  VariableNames variables_{};
  const Tree* tree_ = nullptr;
  Program program_{};
  std::vector<Open> open_{};  // the first stands for the script itself
  bool requires_ended_ = false;
  std::set<std::string, std::less<>> unknown_{};
  Known last_{};  // of the test that has just ended
};

}  // namespace posthouse::sieve
