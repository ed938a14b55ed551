// posthouse export: writes an account's messages to files, by IMAP.
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/transfer/imap_place.h"
#include "apps/posthouse/transfer/local_place.h"
#include "apps/posthouse/transfer/transfer_options.h"
#include <CLI/CLI.hpp>

namespace posthouse::app {
namespace {

struct ExportOptions {
  MailServerOption server{};
  TransferOptions transfer{};
  std::string target{}, format = "maildir";
};

void write_out(ExportOptions& options) {
  const bool mbox = options.format == "mbox";
  if (mbox && options.transfer.copy.mailboxes.size() > 1) {
    throw CLI::ValidationError("--mailbox", "an mbox holds one mailbox: give one");
  }
  if (mbox && options.transfer.copy.mailboxes.empty()) {
    options.transfer.copy.mailboxes = {"INBOX"};
  }
  auto client = options.transfer.log_in(options.server);
  ImapPlace account(client);
  const std::unique_ptr<MailPlace> target =
      local_target(options.target, mbox ? LocalForm::mbox : LocalForm::maildir, options.transfer.copy.dry_run);
  transfer(account, *target, options.transfer.copy);
  client.logout();
}

}  // namespace

void add_export_command(CLI::App& app) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Write an account's messages to files, with their flags and dates.");
  command->add_option("TARGET", options->target, "The Maildir or the mbox file, made where it is not there")
      ->required();
  command->add_option("--format", options->format, "maildir (all mailboxes) or mbox (one)")
      ->type_name("NAME")
      ->capture_default_str()
      ->check(CLI::IsMember({"maildir", "mbox"}));
  add_account_options(*command, options->server);
  options->transfer.add_to(*command,
                           "Only this mailbox; may be given more than once (default: all; with --format mbox INBOX)");
  command->footer("What is in the files already is not written again, so an export may be repeated.");
  command->callback([options] { write_out(*options); });
}

}  // namespace posthouse::app
