#pragma once
// What import, export and sync are asked for alike.
#include <cstdint>
#include <string>

#include "apps/posthouse/mail_server_option.h"
#include "apps/posthouse/transfer/copy.h"

#include "posthouse/imap/client/client.h"

namespace CLI {
class App;
}

namespace posthouse::app {

struct TransferOptions {
  CopyOptions copy{};
  MaxSizeOption max_size{};

  /// --mailbox (of which `mailbox_help` tells), --dry-run and --max-size.
  void add_to(CLI::App& command, const std::string& mailbox_help);
  /// A client logged in to `server`. Throws CLI::ValidationError for a size that is none.
  imap::Client log_in(const MailServerOption& server) const;
};

/// Copies, and ends the process with status 1 where a message was passed over.
void transfer(MailPlace& from, MailPlace& to, const CopyOptions& options);

/// The options of a command that copies to or from one IMAP account.
void add_account_options(CLI::App& command, MailServerOption& server);

}  // namespace posthouse::app
