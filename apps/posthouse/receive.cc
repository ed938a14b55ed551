// posthouse receive: fetches messages from a mail server, prints them or saves them.
#include "apps/posthouse/receive.h"

#include <iostream>
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/search_words.h"
#include <CLI/CLI.hpp>

#include "posthouse/base/error.h"

namespace posthouse::app {
namespace {

/// What IMAP alone can do.
std::vector<CLI::Option*> add_imap_options(CLI::App& command, ReceiveOptions& options) {
  constexpr const char* group = "With --protocol imap";
  std::vector<CLI::Option*> added = {
      command.add_option("--mailbox", options.mailbox, "Where the messages are")
          ->type_name("NAME")
          ->capture_default_str(),
      command.add_flag("--list", options.list, "List the mailboxes, and how many messages each has"),
      command.add_option("--search", options.search, search_help)->type_name("WORD"),
      command.add_flag("--summary", options.summary, "A line a message: UID, date, sender, subject, flags"),
      command.add_option("--flag", options.flag, "Set flags: seen, flagged, answered, draft, or a keyword")
          ->type_name("NAME"),
      command.add_option("--unflag", options.unflag, "Take flags away")->type_name("NAME"),
      command.add_option("--move", options.move, "Move them to another mailbox")->type_name("NAME"),
      command.add_flag("--watch", options.watch, "Then wait for new messages and do the same with them")};
  for (CLI::Option* option : added) {
    option->group(group);
  }
  return added;
}

void receive(const ReceiveOptions& options) {
  if (options.protocol == "imap") {
    receive_by_imap(options);
  } else {
    receive_by_pop3(options);
  }
  if (!std::cout) {
    throw Error("cannot write to standard output");
  }
}

}  // namespace

void add_receive_command(CLI::App& app) {
  auto options = std::make_shared<ReceiveOptions>();
  auto max_size = std::make_shared<MaxSizeOption>();
  CLI::App* command = app.add_subcommand("receive", "Fetch messages from a mail server and print or save them.");
  options->server.add_to(*command, "implicit",
                         "the port is POP3's 995, or IMAP's 993; 110 or 143 without implicit TLS");
  command->get_option("--user")->required();
  command->get_option("--password-file")->required();
  command->add_option("--protocol", options->protocol, "How to fetch")
      ->type_name("NAME")
      ->capture_default_str()
      ->check(CLI::IsMember({"pop3", "imap"}));
  auto* newest = command->add_flag("--newest", options->newest, "The newest message (the default)");
  auto* all = command->add_flag("--all", options->all, "All messages")->excludes(newest);
  command->add_option("--number,--uid", options->number, "The message of this number; by IMAP, with this UID")
      ->check(CLI::PositiveNumber)
      ->excludes(newest)
      ->excludes(all);
  command->add_flag("--delete", options->remove, "Delete what was fetched, after it is printed or saved");
  command->add_option("--save", options->show.save, "Save into this directory as .eml files instead of printing")
      ->type_name("DIR");
  max_size->add_to(*command);
  command->add_flag("--json", options->show.json,
                    "One line of JSON a message: number or uid, size, from, to, subject, file");
  const auto imap_only = add_imap_options(*command, *options);
  command->callback([options, max_size, imap_only] {
    options->max_size = max_size->octets();
    options->show.titles = options->all || !options->search.empty() || options->watch;
    for (const CLI::Option* option : imap_only) {
      if (options->protocol != "imap" && option->count() != 0) {
        throw CLI::ValidationError(option->get_name(), "is for --protocol imap");
      }
    }
    receive(*options);
  });
}

}  // namespace posthouse::app
