#pragma once
// The commands of the posthouse binary: one file each, named after the command, with no logic of its own beyond
// reading options, calling the libraries and printing.

namespace CLI {
class App;
}

namespace posthouse::app {

/// Thrown by a command that has said all there is to say: the process ends with this status.
struct ExitStatus {
  int status;  ///< 0 done, 1 failed, 2 used wrongly
};

void add_account_command(CLI::App& app);
void add_alias_command(CLI::App& app);
void add_auth_command(CLI::App& app);
void add_backup_command(CLI::App& app);
void add_check_command(CLI::App& app);
void add_dkim_command(CLI::App& app);
void add_dmarc_command(CLI::App& app);
void add_dns_command(CLI::App& app);
void add_domain_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_import_command(CLI::App& app);
void add_judge_command(CLI::App& app);
void add_list_command(CLI::App& app);
void add_queue_command(CLI::App& app);
void add_quickstart_command(CLI::App& app);
void add_receive_command(CLI::App& app);
void add_restore_command(CLI::App& app);
void add_send_command(CLI::App& app);
void add_sendmail_command(CLI::App& app);
void add_serve_command(CLI::App& app);
void add_sessions_command(CLI::App& app);
void add_show_command(CLI::App& app);
void add_sieve_command(CLI::App& app);
void add_sync_command(CLI::App& app);
void add_trace_command(CLI::App& app);
void add_verify_command(CLI::App& app);
void add_tlsrpt_command(CLI::App& app);

}  // namespace posthouse::app
