#include "posthouse/sieve/grammar/parser.h"

#include <utility>

#include <fmt/format.h>

#include "posthouse/sieve/grammar/lexer.h"

namespace posthouse::sieve {
namespace {

// How much of a script a token ends or begins; whoever looks for an end does not look beyond what is wider.
int width_of(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::open_brace:
    case TokenKind::close_brace:
      return 3;
    case TokenKind::semicolon:
      return 2;
    case TokenKind::open_parenthesis:
    case TokenKind::close_parenthesis:
      return 1;
    case TokenKind::open_bracket:
    case TokenKind::close_bracket:
      return 0;
    default:
      return -1;
  }
}

TokenKind opening_of(TokenKind end) noexcept {
  switch (end) {
    case TokenKind::close_brace:
      return TokenKind::open_brace;
    case TokenKind::close_parenthesis:
      return TokenKind::open_parenthesis;
    case TokenKind::close_bracket:
      return TokenKind::open_bracket;
    default:
      return TokenKind::end;
  }
}

class Parser {
 public:
  Parser(std::string_view script, const Limits& limits, Diagnostics& diagnostics)
      : limits_(limits), diagnostics_(diagnostics), lexer_(script, limits, diagnostics), token_(lexer_.next()) {}

  Tree run() {
    std::vector<std::uint32_t> blocks;  // the commands whose blocks are open
    for (;;) {
      if (token_.kind == TokenKind::identifier && !diagnostics_.full()) {
        if (read_command(blocks)) {
          continue;
        }
        if (!leave_broken(blocks)) {
          break;
        }
      } else if (!leave(blocks)) {
        break;
      }
    }
    while (!blocks.empty()) {
      close_block(blocks);
    }
    return std::move(tree_);
  }

 private:
  void advance() { token_ = lexer_.next(); }

  void error(std::string_view expected) {
    if (token_.kind != TokenKind::error) {  // the lexer has told of that
      diagnostics_.error(token_.at, fmt::format("expected {}, but found {}", expected, name_of(token_.kind)));
    }
  }

  // Goes to the end of the structure that is broken; false where a wider one ends before.
  bool recover(TokenKind end) {
    const TokenKind begin = opening_of(end);
    int depth = 1;
    while (token_.kind != TokenKind::end && width_of(token_.kind) <= width_of(end)) {
      if (token_.kind == end && --depth == 0) {
        return true;
      }
      depth += token_.kind == begin ? 1 : 0;
      advance();
    }
    // A command may end with a block, too.
    return end == TokenKind::semicolon && token_.kind == TokenKind::open_brace;
  }

  // Goes behind the end of a structure, over what is wrong before it; false where it has none.
  bool leave_structure(TokenKind end) {
    if (!recover(end)) {
      return false;
    }
    advance();
    return true;
  }

  std::uint32_t open_node(bool is_test) {
    Node node;
    node.name = std::move(token_.text);
    node.at = token_.at;
    node.is_test = is_test;
    tree_.nodes.push_back(std::move(node));
    advance();
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
  }

  void close_tests(std::uint32_t node) {
    tree_.nodes[node].tests_end = tree_.nodes[node].end = static_cast<std::uint32_t>(tree_.nodes.size());
  }

  void close_block(std::vector<std::uint32_t>& blocks) {
    tree_.nodes[blocks.back()].end = static_cast<std::uint32_t>(tree_.nodes.size());
    blocks.pop_back();
  }

  // A command and its end; its block is open then. False where what is wrong has no end within the block.
  bool read_command(std::vector<std::uint32_t>& blocks) {
    if (tree_.nodes.size() >= limits_.nodes) {
      diagnostics_.error(token_.at, fmt::format("the script has more than {} commands and tests", limits_.nodes));
      token_ = {};
      return false;
    }
    const std::uint32_t command = open_node(false);
    bool good = read_arguments(command);
    if (good && token_.kind != TokenKind::semicolon && token_.kind != TokenKind::open_brace) {
      error("the end of the command, ';', or the beginning of a block, '{'");
      good = false;
    }
    if (!good && !recover(TokenKind::semicolon)) {
      return false;
    }
    const Position at = token_.at;
    const bool block = token_.kind == TokenKind::open_brace;
    advance();
    if (!block) {
      return true;
    }
    tree_.nodes[command].has_block = true;
    if (blocks.size() < limits_.block_nesting) {
      blocks.push_back(command);
      return true;
    }
    diagnostics_.error(at, fmt::format("blocks are nested deeper than {} levels", limits_.block_nesting));
    return leave_structure(TokenKind::close_brace);
  }

  // Behind the last command of a block, or of the script.
  bool leave(std::vector<std::uint32_t>& blocks) {
    if (blocks.empty()) {
      if (token_.kind != TokenKind::end && !diagnostics_.full()) {
        error("a command");
      }
      return false;
    }
    if (token_.kind != TokenKind::close_brace) {
      error("the end of the block, '}'");
    }
    return leave_broken(blocks);
  }

  // Behind the end of the block, whatever stands before that.
  bool leave_broken(std::vector<std::uint32_t>& blocks) {
    if (blocks.empty() || !leave_structure(TokenKind::close_brace)) {
      return false;
    }
    close_block(blocks);
    return true;
  }

  bool add_argument(std::uint32_t node, Argument argument) {
    auto& arguments = tree_.nodes[node].arguments;
    if (arguments.size() == limits_.arguments) {
      diagnostics_.error(argument.at,
                         fmt::format("'{}' has more than {} arguments", tree_.nodes[node].name, limits_.arguments));
      return false;
    }
    arguments.push_back(std::move(argument));
    return true;
  }

  // A list whose "[" is the token.
  bool read_list(Argument& argument) {
    argument.kind = ArgumentKind::list;
    do {
      advance();
      if (token_.kind != TokenKind::string) {
        error("a string of a list");
        return leave_structure(TokenKind::close_bracket);
      }
      if (argument.strings.size() == limits_.list_items) {
        diagnostics_.error(token_.at, fmt::format("the list has more than {} strings", limits_.list_items));
        return leave_structure(TokenKind::close_bracket);
      }
      argument.strings.push_back(std::move(token_.text));
      advance();
    } while (token_.kind == TokenKind::comma);
    if (token_.kind != TokenKind::close_bracket) {
      error("',' or the end of the list, ']'");
    }
    return leave_structure(TokenKind::close_bracket);
  }

  // The arguments before the tests.
  bool read_plain_arguments(std::uint32_t node) {
    for (;;) {
      Argument argument;
      argument.at = token_.at;
      switch (token_.kind) {
        case TokenKind::tag:
          argument.tag = std::move(token_.text);
          break;
        case TokenKind::number:
          argument.kind = ArgumentKind::number;
          argument.number = token_.number;
          break;
        case TokenKind::string:
          argument.kind = ArgumentKind::string;
          argument.strings.push_back(std::move(token_.text));
          break;
        case TokenKind::open_bracket:
          if (!read_list(argument)) {
            return false;
          }
          break;
        default:
          return true;
      }
      if (argument.kind != ArgumentKind::list) {
        advance();
      }
      if (!add_argument(node, std::move(argument))) {
        return false;
      }
    }
  }

  struct OpenTests {
    std::uint32_t node;
    bool list;
  };

  // Arguments, then a test or a list of tests, each of which is read in the same way: `open` holds those around.
  bool read_arguments(std::uint32_t command) {
    std::vector<OpenTests> open;
    std::uint32_t node = command;
    const bool good = read_tests(node, open);
    if (!good) {
      close_tests(node);
      for (; !open.empty(); open.pop_back()) {
        close_tests(open.back().node);
      }
    }
    return good;
  }

  bool read_tests(std::uint32_t& node, std::vector<OpenTests>& open) {
    for (;;) {
      if (!read_plain_arguments(node)) {
        return false;
      }
      const bool list = token_.kind == TokenKind::open_parenthesis;
      if (list || token_.kind == TokenKind::identifier) {
        if (open.size() >= limits_.test_nesting || tree_.nodes.size() >= limits_.nodes) {
          diagnostics_.error(token_.at, fmt::format("tests are nested deeper than {} levels", limits_.test_nesting));
          return false;
        }
        tree_.nodes[node].has_list = list;
        if (list) {
          advance();
        }
        if (token_.kind == TokenKind::identifier) {
          open.push_back({node, list});
          node = open_node(true);
          continue;
        }
        error("a test in the list of tests");
        if (!leave_structure(TokenKind::close_parenthesis)) {
          return false;
        }
      }
      close_tests(node);
      bool more = false;
      while (!open.empty() && !more) {
        if (!leave_test(node, open, more)) {
          return false;
        }
      }
      if (!more) {
        return true;
      }
    }
  }

  // Behind a test: the next one of its list (`more`), or what the test is of.
  bool leave_test(std::uint32_t& node, std::vector<OpenTests>& open, bool& more) {
    if (open.back().list) {
      if (token_.kind == TokenKind::comma && !diagnostics_.full()) {
        advance();
        if (token_.kind == TokenKind::identifier && tree_.nodes.size() < limits_.nodes) {
          node = open_node(true);
          more = true;
          return true;
        }
        error("a test behind the ','");
      } else if (token_.kind != TokenKind::close_parenthesis) {
        error("',' or the end of the list of tests, ')'");
      }
      if (!leave_structure(TokenKind::close_parenthesis)) {
        return false;
      }
    }
    node = open.back().node;
    open.pop_back();
    close_tests(node);
    return true;
  }

  const Limits& limits_;
  Diagnostics& diagnostics_;
  Lexer lexer_;
  Token token_;
  Tree tree_{};
};

}  // namespace

Tree parse(std::string_view script, const Limits& limits, Diagnostics& diagnostics) {
  if (script.size() > limits.script_octets) {
    diagnostics.error({}, fmt::format("the script has more than {} octets", limits.script_octets));
    return {};
  }
  if (script.starts_with("\xEF\xBB\xBF")) {
    script.remove_prefix(3);
  }
  return Parser(script, limits, diagnostics).run();
}

}  // namespace posthouse::sieve
