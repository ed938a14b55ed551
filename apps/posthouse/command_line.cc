#include "apps/posthouse/command_line.h"

#include <algorithm>
#include <numeric>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "posthouse/base/text.h"

namespace posthouse::app {
namespace {

class PlainHelp : public CLI::Formatter {
 public:
  PlainHelp() {
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

  /// CLI11 shows a group of options as a command of its own; here it is a heading.
  std::string make_expanded(const CLI::App* app) const override {
    if (!app->get_name().empty()) {
      return Formatter::make_expanded(app);
    }
    std::string text = "\n" + app->get_description() + ":\n";
    for (const CLI::Option* const option :
         app->get_options([app](const CLI::Option* one) { return one != app->get_help_ptr(); })) {
      text += make_option(option, false);
    }
    return text;
  }

  /// `name` is the whole path of the command ("posthouse account").
  std::string make_usage(const CLI::App* app, std::string name) const override {
    return "\n" + Formatter::make_usage(app, std::move(name));
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (!option->nonpositional() || option->get_type_size() == 0) {
      return {};
    }
    std::string text = option->get_option_text();
    if (text.empty()) {
      const std::string type = option->get_type_name();
      text = type.substr(0, type.find(':'));  // what follows are the checks
    }
    return " " + (text == "UINT" || text == "INT" ? "N" : text);
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) {
      text += " (default: " + option->get_default_str() + ")";
    }
    if (option->get_required() && option->nonpositional()) {
      text += " (required)";
    }
    return text;
  }
};

/// How many letters have to be put in, left out, changed or swapped with their neighbour to make one word of the other.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> before(other.size() + 1), above(other.size() + 1), row(other.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (one[i - 1] == other[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[other.size()];
}

/// The command that was meant: of those named one after the other, the last.
const CLI::App* innermost(const CLI::App* app) {
  for (;;) {
    const auto parsed = app->get_subcommands();
    if (parsed.empty()) {
      return app;
    }
    app = parsed.front();
  }
}

std::string path_of(const CLI::App* app) {
  std::string path = app->get_name();
  for (const CLI::App* above = app->get_parent(); above != nullptr; above = above->get_parent()) {
    path = above->get_name() + (path.empty() ? "" : " ") + path;
  }
  return path;
}

std::vector<std::string> commands_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* const command : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_name().empty()) {
      names.push_back(command->get_name());
    }
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  for (const CLI::App* const group :
       app->get_subcommands([](const CLI::App* one) { return one->get_name().empty(); })) {
    const auto more = options_of(group);
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

std::string unknown(std::string_view kind, std::string_view word, const std::vector<std::string>& names) {
  const std::string_view meant = nearest(word, names);
  return fmt::format("there is no {} '{}'{}", kind, printable(word),
                     meant.empty() ? std::string() : fmt::format("; did you mean '{}'?", meant));
}

std::string what_is_wrong(const CLI::App* app, const std::vector<std::string>& unused, const CLI::Error& error) {
  const auto option =
      std::find_if(unused.begin(), unused.end(), [](const std::string& word) { return word.starts_with('-'); });
  if (option != unused.end()) {
    return unknown("option", option->substr(0, option->find('=')), options_of(app));
  }
  const auto commands = commands_of(app);
  if (!commands.empty()) {
    const std::string which = fmt::format("the commands are {}", fmt::join(commands, ", "));
    if (unused.empty()) {
      return "a command is missing; " + which;
    }
    const std::string text = unknown("command", unused.front(), commands);
    return text.ends_with('?') ? text : text + "; " + which;
  }
  return unused.empty() ? error.what() : fmt::format("'{}' is one argument too many", printable(unused.front()));
}

}  // namespace

std::shared_ptr<CLI::FormatterBase> plain_help() {
  return std::make_shared<PlainHelp>();
}

std::string explain(const CLI::App* root, const CLI::Error& error) {
  const CLI::App* const app = innermost(root);
  const std::string path = path_of(app);
  return fmt::format("{}: {}\nRun '{} --help' to see what it takes.\n", path,
                     what_is_wrong(app, root->remaining(true), error), path);
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t away = distance(word, name);
    if (away < least) {
      least = away;
      best = name;
    }
  }
  return best;
}

}  // namespace posthouse::app
