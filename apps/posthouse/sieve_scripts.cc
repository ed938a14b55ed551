// posthouse sieve put|list|show|activate|deactivate|remove: the filters of an account.
#include "apps/posthouse/sieve_scripts.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/server/filters/own_scripts.h"
#include "posthouse/sieve/sieve.h"

namespace posthouse::app {
namespace {

struct ScriptOptions {
  DataOption data;
  std::string account, name, file;
  bool activate = false, json = false;
};

store::AccountId account_of(store::Store& store, const std::string& address) {
  const auto account = store.accounts().find_account(address);
  if (!account) {
    throw Error("no such account: " + printable(address));
  }
  return account->id;
}

void require_done(store::ScriptResult result, const std::string& name) {
  using store::ScriptResult;
  const std::string shown = printable(name);
  switch (result) {
    case ScriptResult::done:
      return;
    case ScriptResult::invalid_name:
      throw Error("no script can have the name " + shown);
    case ScriptResult::no_such_script:
      throw Error("there is no script " + shown);
    case ScriptResult::exists:
      throw Error("there is a script " + shown + " already");
    case ScriptResult::active:
      throw Error(shown + " is active: deactivate it first");
    case ScriptResult::too_large:
      throw Error("the script is too large");
    case ScriptResult::too_many:
      throw Error("the account has as many scripts as it may have");
  }
}

void put(const ScriptOptions& options) {
  std::ifstream file(options.file, std::ios::binary);
  std::istream& in = options.file == "-" ? std::cin : file;
  if (!in) {
    throw Error("cannot read " + options.file);
  }
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto store = open_store(options.data);
  const store::AccountId account = account_of(*store, options.account);
  const auto folder = store->read([&](store::Read& read) { return store::script_folder(read, account); });
  const server::OwnScripts others(folder);
  const sieve::Compiled compiled =
      sieve::compile(text, {.name = options.file == "-" ? "stdin" : options.file, .scripts = &others});
  for (const sieve::Diagnostic& error : compiled.errors) {
    std::cerr << sieve::to_string(error) << '\n';
  }
  if (!compiled.script) {
    throw ExitStatus{1};
  }
  require_done(store->write([&](store::Write& write) {
    const store::ScriptResult result = store::put_script(write, account, options.name, text);
    return result == store::ScriptResult::done && options.activate
               ? store::activate_script(write, account, options.name)
               : result;
  }),
               options.name);
  std::cout << "put " << printable(options.name) << (options.activate ? ", which is active now\n" : "\n");
}

void list(const ScriptOptions& options) {
  const auto store = open_store(options.data);
  const store::AccountId account = account_of(*store, options.account);
  boost::json::array all;
  for (const store::ScriptEntry& entry :
       store->read([&](store::Read& read) { return store::list_scripts(read, account); })) {
    if (options.json) {
      all.push_back(boost::json::object{{"name", entry.name},
                                        {"octets", entry.octets},
                                        {"changed", iso_time(entry.changed_at)},
                                        {"active", entry.active}});
    } else {
      std::cout << (entry.active ? "* " : "  ") << printable(entry.name) << "  " << entry.octets << "  "
                << iso_time(entry.changed_at) << '\n';
    }
  }
  if (options.json) {
    std::cout << boost::json::serialize(all) << '\n';
  }
}

void show(const ScriptOptions& options) {
  const auto store = open_store(options.data);
  const store::AccountId account = account_of(*store, options.account);
  const auto text = store->read([&](store::Read& read) { return store::get_script(read, account, options.name); });
  if (!text) {
    require_done(store::ScriptResult::no_such_script, options.name);
  }
  std::cout << *text;
}

void activate(const ScriptOptions& options) {
  const auto store = open_store(options.data);
  const store::AccountId account = account_of(*store, options.account);
  require_done(store->write([&](store::Write& write) { return store::activate_script(write, account, options.name); }),
               options.name);
  std::cout << (options.name.empty() ? "no script is active now" : printable(options.name) + " is active now") << '\n';
}

void remove(const ScriptOptions& options) {
  const auto store = open_store(options.data);
  const store::AccountId account = account_of(*store, options.account);
  require_done(store->write_from_reserve(
                   [&](store::Write& write) { return store::remove_script(write, account, options.name); }),
               options.name);
  std::cout << "removed " << printable(options.name) << '\n';
}

}  // namespace

void add_script_commands(CLI::App& sieve) {
  auto options = std::make_shared<ScriptOptions>();
  CLI::App* const putting = sieve.add_subcommand("put", "Give an account a script");
  CLI::App* const listing = sieve.add_subcommand("list", "Show the scripts of an account; * is the active one");
  CLI::App* const showing = sieve.add_subcommand("show", "Print a script of an account");
  CLI::App* const activating = sieve.add_subcommand("activate", "Let a script decide on an account's mail");
  CLI::App* const deactivating = sieve.add_subcommand("deactivate", "Let no script decide on an account's mail");
  CLI::App* const removing = sieve.add_subcommand("remove", "Remove a script that is not active");
  for (CLI::App* const one : {putting, listing, showing, activating, deactivating, removing}) {
    options->data.add_to(*one);
    one->add_option("ACCOUNT", options->account, "e.g. ann@example.org")->required();
  }
  for (CLI::App* const one : {putting, showing, activating, removing}) {
    one->add_option("NAME", options->name, "The script's name")->required();
  }
  putting->add_option("FILE", options->file, "The script; - is standard input")->required();
  putting->add_flag("--activate", options->activate, "And let it decide from now on");
  putting->footer("A script with errors is not taken. It may include the account's other scripts.");
  listing->add_flag("--json", options->json, "Print one JSON array");
  putting->callback([options] { put(*options); });
  listing->callback([options] { list(*options); });
  showing->callback([options] { show(*options); });
  activating->callback([options] { activate(*options); });
  deactivating->callback([options] {
    options->name.clear();
    activate(*options);
  });
  removing->callback([options] { remove(*options); });
}

}  // namespace posthouse::app
