#include "apps/posthouse/transfer/transfer_options.h"

#include <iostream>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/logged_in.h"
#include <CLI/CLI.hpp>

#include "posthouse/base/error.h"
#include "posthouse/base/units.h"

namespace posthouse::app {

void TransferOptions::add_to(CLI::App& command, const std::string& mailbox_help) {
  command.add_option("--mailbox", copy.mailboxes, mailbox_help)->type_name("NAME");
  command.add_flag("--dry-run", copy.dry_run, "Say what would be copied, and copy nothing");
  command.add_option("--max-size", max_size, "Longest message that is taken; a longer one ends the session")
      ->option_text("SIZE")
      ->capture_default_str();
}

imap::Client TransferOptions::log_in(const MailServerOption& server) const {
  const auto size = parse_size(max_size);
  if (!size || *size == 0) {
    throw CLI::ValidationError("--max-size", "'" + max_size + "' is not a size such as 1000000 or 256MiB");
  }
  return logged_in<imap::Client, imap::ClientOptions>(server, *size);
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
