// posthouse account: who has a mailbox here.
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/posthouse/account_more.h"
#include "apps/posthouse/account_show.h"
#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <termios.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/base/units.h"

namespace posthouse::app {
namespace {

constexpr std::size_t weak_password = 8;

struct AccountOptions {
  DataOption data;
  std::string address, domain;
  std::optional<std::string> size{}, messages{};
  bool password_stdin = false, json = false, yes = false;
};

/// The terminal does not show what is typed while this lives.
class HiddenInput {
 public:
  HiddenInput() {
    tcgetattr(STDIN_FILENO, &before_);
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;
  ~HiddenInput() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

 private:
  termios before_{};
};

std::string read_line() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

std::string ask(const std::string& question) {
  std::cerr << question << std::flush;
  const HiddenInput hidden;
  std::string answer = read_line();
  std::cerr << '\n';
  return answer;
}

std::string read_password(const AccountOptions& options) {
  std::string password;
  if (options.password_stdin) {
    password = read_line();
  } else if (isatty(STDIN_FILENO) != 0) {
    password = ask("Password for " + options.address + ": ");
    if (ask("Again: ") != password) {
      throw Error("the two passwords are not the same");
    }
  } else {
    std::cerr << "posthouse: there is no terminal to ask for the password; give it on standard input with "
                 "--password-stdin\n";
    throw ExitStatus{2};
  }
  if (password.empty()) {
    throw Error("the password is empty");
  }
  if (password.size() < weak_password) {
    std::cerr << "warning: a password of less than 8 characters is soon guessed\n";
  }
  return password;
}

void add(const AccountOptions& options) {
  const auto store = open_store(options.data);
  const auto account = store->accounts().add_account(options.address, read_password(options));
  std::cout << "added account " << account.address << '\n';
}

/// Nothing brings removed mail back, so whoever removes it says so twice.
void confirm_removal(const AccountOptions& options) {
  if (options.yes) {
    return;
  }
  if (isatty(STDIN_FILENO) == 0) {
    std::cerr << "posthouse: removing an account removes all its mail; say that you mean it with --yes\n";
    throw ExitStatus{2};
  }
  std::cerr << "Remove " << options.address << " and all its mail? Nothing brings it back. [y/N] " << std::flush;
  const std::string answer = read_line();
  if (answer != "y" && answer != "yes") {
    std::cerr << "nothing was removed\n";
    throw ExitStatus{1};
  }
}

void remove(const AccountOptions& options) {
  const auto store = open_store(options.data);
  const auto account = store->accounts().find_account(options.address);
  if (!account) {
    throw Error("no such account: " + options.address);
  }
  confirm_removal(options);
  const auto removed = store->accounts().remove_account(options.address);
  std::cout << "removed account " << account->address << " and its " << removed.messages
            << (removed.messages == 1 ? " message\n" : " messages\n");
  for (const std::string& alias : removed.aliases) {
    std::cout << "alias " << alias << " no longer leads to it\n";
  }
  for (const std::string& alias : removed.removed_aliases) {
    std::cout << "removed alias " << alias << ", which led nowhere else\n";
  }
}

void change_password(const AccountOptions& options) {
  const auto store = open_store(options.data);
  if (!store->accounts().find_account(options.address)) {
    throw Error("no such account: " + options.address);
  }
  store->accounts().set_password(options.address, read_password(options));
  std::cout << "changed the password of " << options.address << '\n';
}

void list(const AccountOptions& options) {
  const auto accounts = open_store(options.data)->accounts().accounts(options.domain);
  if (options.json) {
    boost::json::array array;
    for (const auto& account : accounts) {
      array.push_back(
          {{"address", account.address}, {"enabled", account.enabled}, {"created_at", iso_time(account.created_at)}});
    }
    std::cout << boost::json::serialize(array) << '\n';
    return;
  }
  for (const auto& account : accounts) {
    std::cout << account.address << (account.enabled ? "\n" : "  disabled\n");
  }
}

/// "default" is nothing, "none" 0.
std::optional<std::uint64_t> limit_of(const std::string& text, const char* what) {
  if (text == "default") {
    return std::nullopt;
  }
  if (text == "none") {
    return 0;
  }
  const auto number = parse_size(text);
  if (!number || *number == 0) {
    std::cerr << "posthouse account quota: " << what << ": '" << printable(text)
              << "' is neither a number nor \"none\" nor \"default\"\n";
    throw ExitStatus{2};
  }
  return number;
}

std::string of_limit(std::uint64_t limit, const std::string& shown) {
  return limit == 0 ? "" : " of " + shown;
}

void quota(const AccountOptions& options) {
  const auto store = open_store(options.data);
  if (options.size || options.messages) {
    store::QuotaLimits limits = store->accounts().quota_limits(options.address);
    if (options.size) {
      limits.octets = limit_of(*options.size, "--size");
    }
    if (options.messages) {
      limits.messages = limit_of(*options.messages, "--messages");
    }
    store->accounts().set_quota(options.address, limits);
  }
  const store::Quota now = store->accounts().quota(options.address);
  if (options.json) {
    std::cout << boost::json::serialize(boost::json::object{{"octets", now.octets},
                                                            {"octet_limit", now.octet_limit},
                                                            {"messages", now.messages},
                                                            {"message_limit", now.message_limit}})
              << '\n';
    return;
  }
  std::cout << options.address << ": " << show_size(now.octets) << of_limit(now.octet_limit, show_size(now.octet_limit))
            << ", " << now.messages << of_limit(now.message_limit, std::to_string(now.message_limit)) << " messages\n";
}

void enable(const AccountOptions& options, bool enabled) {
  open_store(options.data)->accounts().set_enabled(options.address, enabled);
  std::cout << (enabled ? "enabled " : "disabled ") << options.address << '\n';
}

}  // namespace

void add_account_command(CLI::App& app) {
  auto options = std::make_shared<AccountOptions>();
  CLI::App* const command = app.add_subcommand("account", "Who has a mailbox here");
  command->require_subcommand(1);
  command->footer("Works with the server running or not.\nTry:  posthouse account add ann@example.org");
  CLI::App* const adding = command->add_subcommand("add", "Make an account; its domain has to exist");
  CLI::App* const removing = command->add_subcommand("remove", "Remove an account and all its mail");
  CLI::App* const changing = command->add_subcommand("passwd", "Change a password");
  CLI::App* const enabling = command->add_subcommand("enable", "Undo disable");
  CLI::App* const disabling = command->add_subcommand("disable", "No log-in and no new mail; what is there is kept");
  CLI::App* const limiting =
      command->add_subcommand("quota", "Show how much an account holds and may hold, and set that");
  CLI::App* const listing = command->add_subcommand("list", "Show the accounts");
  CLI::App* const showing = command->add_subcommand(
      "show", "Show what an account holds, its mailboxes, the aliases that lead to it, and its last log-ins");
  add_app_password_command(*command);
  add_limits_command(*command);
  for (CLI::App* const one : {adding, removing, changing, enabling, disabling, limiting, listing, showing}) {
    options->data.add_to(*one);
  }
  for (CLI::App* const one : {adding, removing, changing, enabling, disabling, limiting, showing}) {
    one->add_option("ADDRESS", options->address, "e.g. ann@example.org")->required();
  }
  for (CLI::App* const one : {adding, changing}) {
    one->add_flag("--password-stdin", options->password_stdin, "Read the password from the first line of stdin");
  }
  removing->add_flag("--yes", options->yes, "Do not ask");
  listing->add_option("DOMAIN", options->domain, "Only those of this domain");
  listing->add_flag("--json", options->json, "Print one JSON array");
  limiting->add_option("--size", options->size,
                       "Octets of all its mail: \"2GiB\", \"none\", or \"default\" for what the server has");
  limiting->add_option("--messages", options->messages, "How many messages: a number, \"none\" or \"default\"");
  limiting->add_flag("--json", options->json, "Print one JSON object");
  adding->callback([options] { add(*options); });
  removing->callback([options] { remove(*options); });
  changing->callback([options] { change_password(*options); });
  enabling->callback([options] { enable(*options, true); });
  disabling->callback([options] { enable(*options, false); });
  limiting->callback([options] { quota(*options); });
  showing->add_flag("--json", options->json, "Print one JSON object");
  listing->callback([options] { list(*options); });
  showing->callback([options] { show_account(*open_store(options->data), options->address, options->json); });
}

}  // namespace posthouse::app
