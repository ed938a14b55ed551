// posthouse sieve check|test: is a script right, and what would it do with a message?
#include "posthouse/sieve/sieve.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/sieve_scripts.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/mime/mime.h"
#include "posthouse/sieve/compile/folder_scripts.h"

namespace posthouse::app {
namespace {

struct SieveOptions {
  std::vector<std::string> files;
  std::string script, message, global, envelope_from, envelope_to;
  bool has_from = false, json = false, trace = false;
};

std::string read_octets(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::istream& in = name == "-" ? std::cin : file;
  if (!in || (name != "-" && std::filesystem::is_directory(name))) {
    throw Error("cannot read " + name);
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void print_diagnostics(const sieve::Compiled& compiled) {
  for (const sieve::Diagnostic& error : compiled.errors) {
    std::cout << sieve::to_string(error) << '\n';
  }
  for (sieve::Diagnostic warning : compiled.warnings) {
    warning.text.insert(0, "warning: ");
    std::cout << sieve::to_string(warning) << '\n';
  }
}

sieve::Compiled compile_file(const std::string& name, const std::string& global) {
  const sieve::FolderScripts scripts(std::filesystem::path(name).parent_path() / "", global);
  return sieve::compile(read_octets(name), {.name = name == "-" ? "stdin" : name, .scripts = &scripts});
}

void run_sieve_check(const SieveOptions& options) {
  bool good = true;
  for (const std::string& name : options.files) {
    const sieve::Compiled compiled = compile_file(name, options.global);
    print_diagnostics(compiled);
    good = good && compiled.script.has_value();
  }
  if (!good) {
    throw ExitStatus{1};
  }
}

std::string place_of(const std::string& script, sieve::Position at) {
  return script + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

void print_outcome(const sieve::Outcome& outcome, bool trace) {
  if (trace) {
    for (const sieve::TraceStep& step : outcome.trace) {
      std::cout << place_of(step.script, step.at) << ": " << step.name
                << (!step.result   ? ""
                    : *step.result ? ": true"
                                   : ": false")
                << '\n';
    }
  }
  for (const sieve::Action& action : outcome.actions) {
    std::cout << sieve::describe(action) << "  (" << place_of(action.script, action.at) << ")\n";
  }
  if (!outcome.edits.empty()) {
    std::cout << outcome.edits.size() << " changes to the header\n";
  }
  if (outcome.error) {
    std::cout << "error: " << sieve::to_string(*outcome.error) << '\n';
  }
  if (outcome.implicit_keep) {
    std::cout << "keep, since nothing has cancelled it\n";
  }
}

// What a program wants of an action beside its place.
struct AddDetails {
  boost::json::object& json;

  void operator()(const sieve::Keep& keep) const { json["flags"] = boost::json::value_from(keep.flags); }
  void operator()(const sieve::FileInto& file) const {
    json["mailbox"] = file.mailbox;
    json["flags"] = boost::json::value_from(file.flags);
    json["create"] = file.create;
    json["special_use"] = file.special_use;
  }
  void operator()(const sieve::Redirect& redirect) const { json["address"] = redirect.address; }
  void operator()(const sieve::Discard&) const {}
  void operator()(const sieve::Reject& reject) const { json["reason"] = reject.reason; }
  void operator()(const sieve::Vacation& answer) const {
    json["to"] = answer.to;
    json["subject"] = answer.subject;
    json["reason"] = answer.reason;
    json["withheld"] = answer.withheld;
  }
  void operator()(const sieve::Notify& notice) const {
    json["method"] = notice.method;
    json["subject"] = notice.subject;
    json["recipients"] = boost::json::value_from(notice.recipients);
    json["withheld"] = notice.withheld;
  }
};

boost::json::object json_of(const sieve::Outcome& outcome) {
  boost::json::array actions;
  for (const sieve::Action& action : outcome.actions) {
    boost::json::object one{{"action", sieve::name_of(action)},
                            {"description", sieve::describe(action)},
                            {"script", action.script},
                            {"line", action.at.line},
                            {"column", action.at.column}};
    std::visit(AddDetails{one}, action.what);
    actions.push_back(std::move(one));
  }
  boost::json::array trace;
  for (const sieve::TraceStep& step : outcome.trace) {
    boost::json::object one{
        {"script", step.script}, {"line", step.at.line}, {"column", step.at.column}, {"name", step.name}};
    if (step.result) {
      one["result"] = *step.result;
    }
    trace.push_back(std::move(one));
  }
  boost::json::object all{{"actions", std::move(actions)},
                          {"implicit_keep", outcome.implicit_keep},
                          {"flags", boost::json::value_from(outcome.flags)},
                          {"header_edits", outcome.edits.size()},
                          {"steps", outcome.steps}};
  if (!trace.empty()) {
    all["trace"] = std::move(trace);
  }
  if (outcome.error) {
    all["error"] = sieve::to_string(*outcome.error);
  }
  return all;
}

void run_sieve_test(const SieveOptions& options) {
  const sieve::Compiled compiled = compile_file(options.script, options.global);
  if (!compiled.script) {
    print_diagnostics(compiled);
    throw ExitStatus{1};
  }
  const mime::Message message = mime::Message::parse(read_octets(options.message));
  sieve::Context context;
  context.trace = options.trace;
  if (options.has_from) {
    context.envelope.from = options.envelope_from;
  }
  if (!options.envelope_to.empty()) {
    context.envelope.to = {options.envelope_to};
  }
  const sieve::Outcome outcome = sieve::run(*compiled.script, message, context);
  if (options.json) {
    std::cout << boost::json::serialize(json_of(outcome)) << '\n';
  } else {
    print_outcome(outcome, options.trace);
  }
  if (outcome.error) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_sieve_command(CLI::App& app) {
  auto options = std::make_shared<SieveOptions>();
  CLI::App* const command =
      app.add_subcommand("sieve", "Filters: those of accounts, what is wrong with a script, what it would do");
  command->require_subcommand(1);
  add_script_commands(*command);

  CLI::App* const check = command->add_subcommand("check", "Say what is wrong with Sieve scripts");
  check->add_option("FILE", options->files, "A script; - is standard input")->required();
  check->add_option("--global", options->global, "The folder of scripts for 'include :global'");
  check->footer(
      "Prints FILE:LINE:COLUMN: and what is wrong. Scripts that are included are looked for beside FILE, with '.sieve' "
      "behind their names. The status is 1 when there was an error.");
  check->callback([options] { run_sieve_check(*options); });

  CLI::App* const test = command->add_subcommand("test", "Say what a Sieve script would do with a message");
  test->add_option("FILE", options->script, "The script")->required();
  test->add_option("MESSAGE", options->message, "A file with the message; - is standard input")->required();
  CLI::Option* const from =
      test->add_option("--envelope-from", options->envelope_from, "The envelope's sender; '' is the null sender");
  test->add_option("--envelope-to", options->envelope_to, "The envelope's recipient");
  test->add_option("--global", options->global, "The folder of scripts for 'include :global'");
  test->add_flag("--json", options->json, "Print one JSON object");
  test->add_flag("--trace", options->trace, "Print each command and each test, and what it found");
  test->footer("Prints a line for each action and where in the script it stands. Nothing is done.");
  test->callback([options, from] {
    options->has_from = from->count() != 0;
    run_sieve_test(*options);
  });
}

}  // namespace posthouse::app
