// posthouse import: puts messages from files into an account, by IMAP.
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/transfer/imap_place.h"
#include "apps/posthouse/transfer/local_place.h"
#include "apps/posthouse/transfer/transfer_options.h"
#include <CLI/CLI.hpp>

namespace posthouse::app {
namespace {

struct ImportOptions {
  MailServerOption server{};
  TransferOptions transfer{};
  std::string source{}, into{};
};

void import(ImportOptions& options) {
  const std::unique_ptr<MailPlace> source = local_source(options.source);
  auto client = options.transfer.log_in(options.server);
  ImapPlace account(client);
  options.transfer.copy.into = options.into;
  transfer(*source, account, options.transfer.copy);
  client.logout();
}

}  // namespace

void add_import_command(CLI::App& app) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import", "Put the messages of an mbox, a Maildir or a file into an account, with their flags and dates.");
  command->add_option("SOURCE", options->source, "An mbox file, a Maildir with its folders, or a file with one message")
      ->required()
      ->check(CLI::ExistingPath);
  add_account_options(*command, options->server);
  options->transfer.add_to(*command, "Only this folder of a Maildir; may be given more than once");
  command
      ->add_option("--into", options->into, "Put all of it into this mailbox (default: INBOX, and one for each folder)")
      ->type_name("NAME");
  command->footer(
      "What is in the account already is not put there again, so an import that was broken off may be repeated.");
  command->callback([options] { import(*options); });
}

}  // namespace posthouse::app
