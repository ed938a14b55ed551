#include <cstdio>
#include <exception>

#include "apps/posthouse/command_line.h"
#include "apps/posthouse/commands.h"
#include "apps/posthouse/sendmail.h"
#include <CLI/CLI.hpp>

#include "posthouse/base/error.h"

namespace {

void add_commands(CLI::App& app) {
  using namespace posthouse::app;
  add_serve_command(app);
  add_quickstart_command(app);
  add_domain_command(app);
  add_account_command(app);
  add_alias_command(app);
  add_list_command(app);
  add_queue_command(app);
  add_sessions_command(app);
  add_check_command(app);
  add_backup_command(app);
  add_restore_command(app);
  add_verify_command(app);
  add_auth_command(app);
  add_judge_command(app);
  add_dmarc_command(app);
  add_tlsrpt_command(app);
  add_dkim_command(app);
  add_dns_command(app);
  add_send_command(app);
  add_sendmail_command(app);
  add_receive_command(app);
  add_show_command(app);
  add_sieve_command(app);
  add_import_command(app);
  add_export_command(app);
  add_sync_command(app);
  add_trace_command(app);
}

}  // namespace

int main(int argc, char** argv) {
  if (posthouse::app::is_sendmail(argc, argv)) {
    return posthouse::app::sendmail(argc, argv);
  }
  CLI::App app{"Posthouse: a mail server and mail client in one binary.", "posthouse"};
  app.formatter(posthouse::app::plain_help());
  app.failure_message(posthouse::app::explain);
  app.set_version_flag("--version", "posthouse " POSTHOUSE_VERSION);
  app.require_subcommand(1);
  add_commands(app);
  app.footer("Run 'posthouse COMMAND --help' for the options of a command.");
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return 2;
  }
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const posthouse::app::ExitStatus& exit) {
    return exit.status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "posthouse: %s\n", error.what());
    return 1;
  }
}
