#include "posthouse/sieve/compile/compiler.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/compile/checks.h"
#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {

using Op = Instruction::Op;

std::uint32_t Compiler::emit(Op op, std::uint32_t call, std::uint32_t target) {
  program_.code.push_back({.op = op, .call = call, .target = target});
  return here() - 1;
}

Program Compiler::run(std::string name, bool global_location, const Tree& tree) {
  tree_ = &tree;
  program_ = {.name = std::move(name), .global_location = global_location};
  variables_ = {};
  unknown_.clear();
  arguments_.begin_script();
  arguments_.set_scope(program_.extensions, variables_);
  requires_ended_ = false;
  open_.assign(1, {});
  std::uint32_t at = 0;
  for (;;) {
    Open& top = open_.back();
    const bool inside = open_.size() > 1;
    if (inside && !top.tests_ended && at >= tree.nodes[top.node].tests_end) {
      top.tests_ended = true;
      at = end_tests(top, at);
    } else if (inside && top.tests_ended && at >= tree.nodes[top.node].end) {
      const std::uint32_t node = top.node;
      end_node(top);
      open_.pop_back();
      if (tree.nodes[node].is_test) {
        at = end_subtest(open_.back(), last_, node);
      }
    } else if (at >= tree.nodes.size() || diagnostics_.full()) {
      break;
    } else {
      at = enter(at);
    }
  }
  if (!requires_ended_) {
    end_requires({});
  }
  close_chain(open_.front());
  return std::move(program_);
}

// What the node's name means; nothing where it is unknown, which is told of.
const Command* Compiler::find(const Node& node, bool& wrong_use) {
  const Command* near = nullptr;
  const auto look_in = [&](std::span<const Command> some) -> const Command* {
    for (const Command& command : some) {
      if (command.name != node.name) {
        continue;
      }
      if (has(program_.extensions, command.extension) ||
          (command.also != Extension::host && has(program_.extensions, command.also))) {
        if (command.is_test == node.is_test) {
          return &command;
        }
        wrong_use = true;
      }
      near = &command;
    }
    return nullptr;
  };
  const Command* found = look_in(commands());
  if (found == nullptr) {
    found = look_in(host_);
  }
  if (found != nullptr) {
    wrong_use = false;
    return found;
  }
  if (wrong_use) {
    diagnostics_.error(node.at, fmt::format("attempted to use {} '{}' as {}", near->is_test ? "test" : "command",
                                            node.name, node.is_test ? "test" : "command"));
    return nullptr;
  }
  if (unknown_.insert(node.name).second) {
    const std::string_view missing = near != nullptr ? capability_of(near->extension) : std::string_view();
    diagnostics_.error(node.at,
                       fmt::format("unknown {} '{}' ({})", node.is_test ? "test" : "command", printable(node.name),
                                   missing.empty() ? "told of only once"
                                                   : fmt::format("the script does not require \"{}\"", missing)));
  }
  return nullptr;
}

// Where the walk goes on.
std::uint32_t Compiler::enter(std::uint32_t index) {
  const Node& node = tree_->nodes[index];
  bool wrong_use = false;
  const Command* command = find(node, wrong_use);
  last_ = {};
  Open& level = open_.back();
  if (!node.is_test) {
    const bool chained = command != nullptr && (command->verb == Verb::elsif || command->verb == Verb::else_);
    if (!chained) {
      close_chain(level);
    }
    if ((command == nullptr || command->verb != Verb::require_) && !requires_ended_) {
      end_requires(node.at);
      requires_ended_ = true;
    }
    if (chained && level.chain_taken) {
      level.previous = command->verb;
      return node.end;
    }
  }
  if (command == nullptr) {
    level.previous = Verb::stop;
    Open unknown{.node = index, .command = nullptr, .tests_ended = wrong_use || node.is_test};
    open_.push_back(std::move(unknown));
    return wrong_use ? node.end : node.tests_end;
  }
  return enter_command(index, *command);
}

std::uint32_t Compiler::enter_command(std::uint32_t index, const Command& command) {
  const Node& node = tree_->nodes[index];
  Call call;
  bool tests_good = true;
  const bool placed = node.is_test || check_else(node, command.verb);
  if (!node.is_test) {
    open_.back().previous = command.verb;
  }
  if (!placed) {
    return node.end;
  }
  const bool good = check(index, command, call, tests_good);
  Open open{.node = index, .command = &command, .tests_ended = !tests_good};
  open.call = static_cast<std::uint32_t>(program_.calls.size());
  if (good) {
    switch (command.verb) {
      case Verb::ihave:
        last_ = ihave(call);
        emit(last_.value ? Op::set_true : Op::set_false);
        break;
      case Verb::true_:
      case Verb::false_:
        last_ = {.constant = true, .value = command.verb == Verb::true_};
        emit(last_.value ? Op::set_true : Op::set_false);
        break;
      case Verb::foreverypart:
        open.jump = emit(Op::loop, open.call);
        break;
      case Verb::if_:
      case Verb::elsif:
      case Verb::else_:
      case Verb::allof:
      case Verb::anyof:
      case Verb::not_:
      case Verb::require_:
      case Verb::global:
        break;
      default:
        if (command.block) {
          open.jump = emit(Op::host_begin, open.call);
        } else {
          emit(node.is_test ? Op::test : Op::command, open.call);
        }
    }
    program_.calls.push_back(std::move(call));
  }
  if (command.verb == Verb::allof || command.verb == Verb::anyof) {
    open.tests = {.constant = true, .value = command.verb == Verb::allof};
  }
  open_.push_back(std::move(open));
  return tests_good ? index + 1 : node.tests_end;
}

bool Compiler::check(std::uint32_t index, const Command& command, Call& call, bool& tests_good) {
  const Node& node = tree_->nodes[index];
  bool good = arguments_.read(node, command, call);
  tests_good = check_subtests(index, command);
  if (tests_good && !node.is_test && command.block != node.has_block) {
    diagnostics_.error(node.at,
                       title_of(command) + (command.block ? " requires a block" : " accepts no block of commands"));
    good = false;
  }
  return good && tests_good && check_call(call, program_.extensions, options_, arguments_, diagnostics_) &&
         check_place(node, command, call);
}

bool Compiler::check_subtests(std::uint32_t index, const Command& command) {
  const Node& node = tree_->nodes[index];
  const bool some = node.tests_end > index + 1;
  switch (command.subtests) {
    case Subtests::none: {
      if (!some) {
        return true;
      }
      const Node& test = tree_->nodes[index + 1];
      const auto named = [&](const Command& one) { return one.name == test.name && one.is_test; };
      const bool is_tag = std::any_of(command.tags.begin(), command.tags.end(), [&](auto rules) {
        return std::any_of(rules.begin(), rules.end(), [&](const TagRule& rule) { return rule.name == test.name; });
      });
      if (node.has_list || std::any_of(commands().begin(), commands().end(), named)) {
        diagnostics_.error(test.at, fmt::format("{} accepts no sub-tests, but tests are specified", title_of(command)));
      } else if (is_tag) {
        diagnostics_.error(test.at,
                           fmt::format("missing colon ':' before the '{}' tag of {}", test.name, title_of(command)));
      } else {
        diagnostics_.error(test.at, fmt::format("missing semicolon ';' behind {}", title_of(command)));
      }
      return false;
    }
    case Subtests::one:
      if (some && !node.has_list) {
        return true;
      }
      diagnostics_.error(node.at, fmt::format("{} requires one test, but {}", title_of(command),
                                              some ? "a list of tests is specified" : "none is specified"));
      return false;
    case Subtests::list:
      if (some && node.has_list) {
        return true;
      }
      diagnostics_.error(node.at, fmt::format("{} requires a list of tests in parentheses", title_of(command)));
      return false;
  }
  return false;
}

// elsif and else stand behind if or elsif only.
bool Compiler::check_else(const Node& node, Verb verb) {
  const Verb previous = open_.back().previous;
  if ((verb != Verb::elsif && verb != Verb::else_) || previous == Verb::if_ || previous == Verb::elsif) {
    return true;
  }
  diagnostics_.error(node.at, fmt::format("'{}' stands behind no 'if' or 'elsif'", node.name));
  return false;
}

// What a command wants of the place where it stands, and what it says about the script.
bool Compiler::check_place(const Node& node, const Command& command, Call& call) {
  switch (command.verb) {
    case Verb::require_:
      return require(node, call);
    case Verb::include:
      return include(call);
    case Verb::global:
      return declare_globals(call);
    case Verb::foreverypart:
      return check_loop(node, call);
    case Verb::break_:
      return check_break(call);
    case Verb::extracttext:
      if (std::none_of(open_.begin(), open_.end(), [](const Open& open) {
            return open.command != nullptr && open.command->verb == Verb::foreverypart;
          })) {
        diagnostics_.error(node.at, "the extracttext command stands in no foreverypart loop");
        return false;
      }
      return true;
    default:
      return true;
  }
}

bool Compiler::check_loop(const Node& node, const Call& call) {
  const auto loops = std::count_if(open_.begin(), open_.end(), [](const Open& open) {
    return open.command != nullptr && open.command->verb == Verb::foreverypart;
  });
  if (static_cast<std::size_t>(loops) >= options_.limits.part_loops) {
    diagnostics_.error(node.at,
                       fmt::format("loops over parts are nested deeper than {} levels", options_.limits.part_loops));
    return false;
  }
  const Value* name = call.find(Tag::name);
  if (name != nullptr && !name->strings.front().constant()) {
    diagnostics_.error(name->at, "the name of a loop has to be a constant string");
    return false;
  }
  return true;
}

bool Compiler::check_break(const Call& call) {
  const Value* name = call.find(Tag::name);
  const auto wanted = name == nullptr ? std::optional<std::string>() : name->strings.front().constant();
  for (const Open& open : open_) {
    if (open.command == nullptr || open.command->verb != Verb::foreverypart) {
      continue;
    }
    const Value* own = open.call < program_.calls.size() ? program_.calls[open.call].find(Tag::name) : nullptr;
    if (name == nullptr || (own != nullptr && own->strings.front().constant() == wanted)) {
      return true;
    }
  }
  diagnostics_.error(call.at, name == nullptr ? "the break command stands in no foreverypart loop"
                                              : "the break command stands in no loop of that name");
  return false;
}

// Behind all tests of a node: where the walk goes on.
std::uint32_t Compiler::end_tests(Open& open, std::uint32_t at) {
  const Node& node = tree_->nodes[open.node];
  if (open.command == nullptr) {
    return at;
  }
  switch (open.command->verb) {
    case Verb::allof:
    case Verb::anyof:
      for (const std::uint32_t jump : open.test_jumps) {
        aim(jump);
      }
      last_ = open.tests;
      break;
    case Verb::not_:
      emit(Op::negate);
      last_ = open.tests;
      last_.value = !last_.value;
      break;
    case Verb::if_:
    case Verb::elsif:
      if (open.tests.constant && open.tests.by_ihave) {
        open_[open_.size() - 2].chain_taken = open.tests.value;
        if (!open.tests.value) {
          open.dead = true;
          return node.end;
        }
      }
      open.jump = emit(Op::jump_if_false);
      break;
    default:
      break;
  }
  return at;
}

// Behind one test of a node that has tests: where the walk goes on.
std::uint32_t Compiler::end_subtest(Open& parent, Known known, std::uint32_t node) {
  const std::uint32_t next = tree_->nodes[node].end;
  if (parent.command == nullptr) {
    return next;
  }
  if (parent.command->subtests == Subtests::one) {
    parent.tests = known;
    return next;
  }
  if (parent.command->subtests != Subtests::list) {
    return next;
  }
  const bool all = parent.command->verb == Verb::allof;
  const bool decides = known.constant && known.value != all;
  if (decides && known.by_ihave) {  // the others are not looked at
    parent.tests = known;
    return tree_->nodes[parent.node].tests_end;
  }
  parent.tests.constant = parent.tests.constant && known.constant;
  parent.tests.by_ihave = parent.tests.by_ihave || known.by_ihave;
  parent.tests.value = all ? parent.tests.value && known.value : parent.tests.value || known.value;
  if (next < tree_->nodes[parent.node].tests_end) {
    parent.test_jumps.push_back(emit(all ? Op::jump_if_false : Op::jump_if_true));
  }
  return next;
}

// True where an elsif or else follows the command.
bool Compiler::goes_on(const Open& open) const {
  const std::uint32_t next = tree_->nodes[open.node].end;
  const Open& level = open_[open_.size() - 2];
  const std::size_t end = open_.size() == 2 ? tree_->nodes.size() : tree_->nodes[level.node].end;
  return next < end && (tree_->nodes[next].name == "elsif" || tree_->nodes[next].name == "else");
}

void Compiler::end_node(Open& open) {
  close_chain(open);
  if (open.command == nullptr) {
    return;
  }
  switch (open.command->verb) {
    case Verb::if_:
    case Verb::elsif:
      if (goes_on(open) && !open.dead) {
        open_[open_.size() - 2].chain.push_back(emit(Op::jump));
      }
      if (open.jump != none) {
        aim(open.jump);
      }
      break;
    case Verb::foreverypart:
      if (open.jump != none) {
        emit(Op::next, open.call, open.jump + 1);
        aim(open.jump);
      }
      break;
    default:
      if (open.jump != none) {
        emit(Op::host_end, open.call);
        aim(open.jump);
      }
  }
}

void Compiler::close_chain(Open& level) {
  for (const std::uint32_t jump : level.chain) {
    aim(jump);
  }
  level.chain.clear();
  level.chain_taken = false;
}

}  // namespace posthouse::sieve
