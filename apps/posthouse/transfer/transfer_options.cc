#include "apps/posthouse/transfer/transfer_options.h"

#include <iostream>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/logged_in.h"
#include <CLI/CLI.hpp>

#include "posthouse/base/error.h"

namespace posthouse::app {

void TransferOptions::add_to(CLI::App& command, const std::string& mailbox_help) {
  command.add_option("--mailbox", copy.mailboxes, mailbox_help)->type_name("NAME");
  command.add_flag("--dry-run", copy.dry_run, "Say what would be copied, and copy nothing");
  max_size.add_to(command);
}

imap::Client TransferOptions::log_in(const MailServerOption& server) const {
  return logged_in<imap::Client, imap::ClientOptions>(server, max_size.octets());
}

void transfer(MailPlace& from, MailPlace& to, const CopyOptions& options) {
  const std::size_t failed = copy_messages(from, to, options);
  if (!std::cout) {
    throw Error("cannot write to standard output");
  }
  if (failed != 0) {
    throw ExitStatus{1};
  }
}

void add_account_options(CLI::App& command, MailServerOption& server) {
  server.add_to(command, "implicit", "the port is IMAP's 993; 143 without implicit TLS");
  command.get_option("--user")->required();
  command.get_option("--password-file")->required();
}

}  // namespace posthouse::app
