// posthouse check: is all mail there, and as it was?
#include "posthouse/store/check/check.h"

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include "apps/posthouse/progress.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/queue/queue.h"
#include "posthouse/store/backup/backup.h"
#include "posthouse/store/check/repair.h"

namespace posthouse::app {
namespace {

struct Options {
  DataOption data;
  bool json = false;
  bool repair = false;
};

void print_json(const store::CheckReport& report, const std::vector<std::string>& repaired) {
  std::cout << boost::json::serialize(boost::json::object{{"clean", report.clean()},
                                                          {"repaired", boost::json::value_from(repaired)},
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

void print_text(const store::CheckReport& report, const std::vector<std::string>& repaired) {
  for (const std::string& line : repaired) {
    std::cout << "repaired: " << line << '\n';
  }
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

/// What can be set right is set right first; the check tells what is left.
std::vector<std::string> repair(const DataOption& data) {
  const auto store = open_store(data);
  std::vector<std::string> done = store::repair(*store);
  const std::vector<std::string> in_queue = queue::repair(*store);
  done.insert(done.end(), in_queue.begin(), in_queue.end());
  return done;
}

void run(const Options& options) {
  const std::vector<std::string> repaired = options.repair ? repair(options.data) : std::vector<std::string>{};
  store::CheckOptions check;
  check.modules = {queue::check()};
  const Place place = options.data.place();
  check.data_dir = place.folder;
  check.database = place.database;
  if (!options.repair) {  // which has said it
    say_where(options.data, place);
  }
  const store::CheckReport report = [&] {
    Progress progress;
    check.progress = [&](std::string_view what, std::uint64_t done, std::uint64_t total) {
      progress.show(what, done, total);
    };
    return store::check(check);
  }();
  if (options.json) {
    print_json(report, repaired);
  } else {
    print_text(report, repaired);
  }
  if (!report.clean()) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_check_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("check", "Verify that all mail is there and as it was; may run any time");
  options->data.add_to(*command);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--repair", options->repair,
                    "First set right what can be without taking anything away: counters of mailboxes and of the\n"
                    "queue, sizes, a missing INBOX, a search index (which the server makes anew). Removes no mail");
  command->footer(
      "Prints a line for each problem and one of counts; changes nothing unless told to. The status is 1 when there "
      "was a problem.");
  command->callback([options] { run(*options); });
}

void add_verify_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand("verify", "Verify that a backup has all mail, and as it was");
  command->add_option("FOLDER", options->data.data, "The backup")->required();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("As posthouse check does it. The status is 1 when there was a problem.");
  command->callback([options] {
    if (!std::filesystem::exists(std::filesystem::path(options->data.data) / store::backup_mark)) {
      throw Error(options->data.data + " is no backup");
    }
    run(*options);
  });
}

}  // namespace posthouse::app
