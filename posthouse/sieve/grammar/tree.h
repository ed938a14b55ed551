#pragma once
// What the parser makes of a script: the grammar of RFC 5228 section 8.2 and nothing more. No name is known here.
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/sieve/grammar/diagnostic.h"

namespace posthouse::sieve {

enum class ArgumentKind : std::uint8_t { tag, number, string, list };

struct Argument {
  ArgumentKind kind = ArgumentKind::tag;
  Position at{};
  std::string tag{};  ///< In lower case, without ":".
  std::uint64_t number = 0;
  std::vector<std::string> strings{};  ///< One for a string.
};

/// A command or a test.
struct Node {
  std::string name{};  ///< In lower case.
  Position at{};
  std::vector<Argument> arguments{};
  bool is_test = false;
  bool has_list = false;  ///< Its tests stand in parentheses.
  bool has_block = false;
  std::uint32_t tests_end = 0;  ///< Behind the last node of its tests, which begin behind the node itself.
  std::uint32_t end = 0;        ///< Behind the last node of its block, which begins at tests_end.
};

/// All nodes of a script in the order in which they are written. Those inside a node follow it: its next sibling is
/// `nodes[node.end]`.
struct Tree {
  std::vector<Node> nodes{};
};

}  // namespace posthouse::sieve
