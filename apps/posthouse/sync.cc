// posthouse sync: gives one IMAP account what another one has.
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/transfer/imap_place.h"
#include "apps/posthouse/transfer/transfer_options.h"
#include <CLI/CLI.hpp>

namespace posthouse::app {
namespace {

struct SyncOptions {
  MailServerOption from{}, to{};
  std::string from_url{}, to_url{}, ca_file{};
  bool insecure = false, no_tls = false, no_flags = false;
  TransferOptions transfer{};
};

// imap[s]://USER@HOST[:PORT] (RFC 5092). USER may hold "%40" for "@", or "@" itself.
void read_url(const std::string& url, const SyncOptions& options, MailServerOption& server) {
  const std::size_t begin = url.find("://");
  const std::string scheme = url.substr(0, begin);
  const std::size_t at = url.rfind('@');
  if (begin == std::string::npos || (scheme != "imap" && scheme != "imaps") || at == std::string::npos ||
      at < begin + 4) {
    throw CLI::ValidationError("'" + url + "' is not imap://USER@HOST[:PORT] or imaps://USER@HOST[:PORT]");
  }
  std::string user = url.substr(begin + 3, at - begin - 3);
  for (std::size_t sign = user.find("%40"); sign != std::string::npos; sign = user.find("%40", sign)) {
    user.replace(sign, 3, "@");
  }
  server.user = user;
  server.server = url.substr(at + 1);
  while (server.server.ends_with('/')) {
    server.server.pop_back();
  }
  server.tls = scheme == "imaps" ? "implicit" : options.no_tls ? "none" : "starttls";
  server.ca_file = options.ca_file;
  server.insecure = options.insecure;
}

void sync(SyncOptions& options) {
  read_url(options.from_url, options, options.from);
  read_url(options.to_url, options, options.to);
  auto from = options.transfer.log_in(options.from);
  auto to = options.transfer.log_in(options.to);
  ImapPlace source(from);
  ImapPlace target(to);
  options.transfer.copy.flags = !options.no_flags;
  transfer(source, target, options.transfer.copy);
  from.logout();
  to.logout();
}

}  // namespace

void add_sync_command(CLI::App& app) {
  auto options = std::make_shared<SyncOptions>();
  CLI::App* command =
      app.add_subcommand("sync", "Copy to one IMAP account what another one has and it has not, with flags and dates.");
  command->add_option("FROM", options->from_url, "imaps://USER@HOST[:PORT], or imap:// for STARTTLS")->required();
  command->add_option("TO", options->to_url, "The account that gets it")->required();
  command
      ->add_option("--from-password-file", options->from.password_file,
                   "File with the password of the first in its first line")
      ->type_name("FILE")
      ->required();
  command->add_option("--to-password-file", options->to.password_file, "The same of the second")
      ->type_name("FILE")
      ->required();
  auto* ca =
      command->add_option("--ca", options->ca_file, "PEM file of certificates to trust, in place of the system's")
          ->type_name("FILE")
          ->check(CLI::ExistingFile);
  command->add_flag("--insecure", options->insecure, "Take any certificate")->excludes(ca);
  command->add_flag("--no-tls", options->no_tls, "imap:// without TLS: the passwords go in clear text");
  command->add_flag("--no-flags", options->no_flags, "Leave the flags of messages that are there already");
  options->transfer.add_to(*command, "Only this mailbox; may be given more than once");
  command->footer("Nothing is removed. A sync that was broken off, or is to catch up, is just repeated.");
  command->callback([options] { sync(*options); });
}

}  // namespace posthouse::app
