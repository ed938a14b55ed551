#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "posthouse/base/error.h"
#include "posthouse/commands.h"

namespace {

void add_commands(CLI::App& app) {
  using namespace posthouse::app;
#ifdef POSTHOUSE_WITH_SERVE
  add_serve_command(app);
#endif
#ifdef POSTHOUSE_WITH_DOMAIN
  add_domain_command(app);
#endif
#ifdef POSTHOUSE_WITH_ACCOUNT
  add_account_command(app);
#endif
#ifdef POSTHOUSE_WITH_ALIAS
  add_alias_command(app);
#endif
#ifdef POSTHOUSE_WITH_QUEUE
  add_queue_command(app);
#endif
#ifdef POSTHOUSE_WITH_CHECK
  add_check_command(app);
#endif
#ifdef POSTHOUSE_WITH_SEND
  add_send_command(app);
#endif
#ifdef POSTHOUSE_WITH_RECEIVE
  add_receive_command(app);
#endif
#ifdef POSTHOUSE_WITH_SHOW
  add_show_command(app);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Posthouse: a mail server and mail client in one binary.", "posthouse"};
  app.set_version_flag("--version", "posthouse " POSTHOUSE_VERSION);
  app.require_subcommand(1);
  app.footer("Run 'posthouse COMMAND --help' for the options of a command.");
  add_commands(app);
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
