// posthouse check: is all mail there, and as it was?
#include "posthouse/store/check/check.h"

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <unistd.h>

namespace posthouse::app {
namespace {

struct Options {
  DataOption data;
  bool json = false;
};

void show_progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  std::cerr << "\r\033[K" << what;
  if (total != 0) {
    std::cerr << ' ' << done << " of " << total;
  }
  std::cerr << std::flush;
}

void print_json(const store::CheckReport& report) {
  std::cout << boost::json::serialize(boost::json::object{{"clean", report.clean()},
                                                          {"problem_count", report.problem_count},
                                                          {"problems", boost::json::value_from(report.problems)},
                                                          {"leftover_count", report.leftover_count},
                                                          {"set_aside", report.set_aside},
                                                          {"warnings", boost::json::value_from(report.warnings)},
                                                          {"leftovers", boost::json::value_from(report.leftovers)},
                                                          {"domains", report.domains},
                                                          {"accounts", report.accounts},
                                                          {"aliases", report.aliases},
                                                          {"mailboxes", report.mailboxes},
                                                          {"mailbox_messages", report.mailbox_messages},
                                                          {"messages", report.messages},
                                                          {"body_octets", report.body_octets},
                                                          {"body_files", report.body_files},
                                                          {"server_running", report.server_running}})
            << '\n';
}

void print_text(const store::CheckReport& report) {
  for (const std::string& line : report.problems) {
    std::cout << line << '\n';
  }
  for (const std::string& line : report.leftovers) {
    std::cout << "note: " << line << '\n';
  }
  if (report.leftover_count != 0) {
    std::cout
        << "note: " << report.leftover_count
        << " files were left behind by a crash; no mail is missing, and the next start of the server sets them aside\n";
  }
  if (report.set_aside != 0) {
    std::cout << "note: " << report.set_aside
              << " files that no message names are in the folder orphans; delete it when no mail is missing\n";
  }
  for (const std::string& line : report.warnings) {
    std::cout << "warning: " << line << '\n';
  }
  std::cout << report.messages << " messages (" << report.body_octets << " octets, " << report.body_files
            << " in files), " << report.mailbox_messages << " times in " << report.mailboxes << " mailboxes of "
            << report.accounts << " accounts: "
            << (report.clean() ? std::string("all is well") : std::to_string(report.problem_count) + " problems")
            << '\n';
}

void run(const Options& options) {
  store::CheckOptions check;
  check.data_dir = options.data.folder();
  check.database = options.data.database_url();
  say_where(check.data_dir, check.database);
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) {
    check.progress = show_progress;
  }
  const store::CheckReport report = store::check(check);
  if (terminal) {
    std::cerr << "\r\033[K" << std::flush;
  }
  if (options.json) {
    print_json(report);
  } else {
    print_text(report);
  }
  if (!report.clean()) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_check_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("check", "Verify that all mail is there and as it was; changes nothing, may run any time");
  options->data.add_to(*command);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("Prints a line for each problem and one of counts; the status is 1 when there was a problem.");
  command->callback([options] { run(*options); });
}

}  // namespace posthouse::app
