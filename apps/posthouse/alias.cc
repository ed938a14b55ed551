// posthouse alias: addresses that lead to other addresses.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

namespace posthouse::app {
namespace {

struct AliasOptions {
  DataOption data;
  std::string address, domain;
  std::vector<std::string> targets;
  bool json = false;
};

void add(const AliasOptions& options) {
  open_store(options.data)->accounts().add_alias(options.address, options.targets);
  std::cout << "added alias " << options.address << '\n';
}

void remove(const AliasOptions& options) {
  const auto store = open_store(options.data);
  store->accounts().remove_alias(options.address);
  std::cout << "removed alias " << options.address << '\n';
  const auto gone = store::normalize_address(options.address);
  for (const auto& alias : store->accounts().aliases()) {
    if (std::find(alias.targets.begin(), alias.targets.end(), gone) != alias.targets.end()) {
      std::cout << "note: " << alias.address << " still leads there, and passes it over\n";
    }
  }
}

void list(const AliasOptions& options) {
  const auto aliases = open_store(options.data)->accounts().aliases(options.domain);
  if (options.json) {
    boost::json::array array;
    for (const auto& alias : aliases) {
      array.push_back({{"address", alias.address}, {"targets", boost::json::value_from(alias.targets)}});
    }
    std::cout << boost::json::serialize(array) << '\n';
    return;
  }
  for (const auto& alias : aliases) {
    std::cout << alias.address << " ->";
    for (const auto& target : alias.targets) {
      std::cout << ' ' << target;
    }
    std::cout << '\n';
  }
}

}  // namespace

void add_alias_command(CLI::App& app) {
  auto options = std::make_shared<AliasOptions>();
  CLI::App* const command = app.add_subcommand("alias", "Addresses that lead to other addresses, here or elsewhere");
  command->require_subcommand(1);
  command->footer(
      "Works with the server running or not.\n"
      "'*@example.org' is the domain's catch-all: whatever nobody else gets.\n"
      "Try:  posthouse alias add info@example.org ann@example.org bob@elsewhere.net");
  CLI::App* const adding = command->add_subcommand("add", "Make an alias; its domain has to exist");
  CLI::App* const removing = command->add_subcommand("remove", "Remove an alias");
  CLI::App* const listing = command->add_subcommand("list", "Show the aliases");
  for (CLI::App* const one : {adding, removing, listing}) {
    options->data.add_to(*one);
  }
  for (CLI::App* const one : {adding, removing}) {
    one->add_option("ADDRESS", options->address, "e.g. info@example.org")->required();
  }
  adding->add_option("TARGET", options->targets, "Where its mail goes")->required();
  listing->add_option("DOMAIN", options->domain, "Only those of this domain");
  listing->add_flag("--json", options->json, "Print one JSON array");
  adding->callback([options] { add(*options); });
  removing->callback([options] { remove(*options); });
  listing->callback([options] { list(*options); });
}

}  // namespace posthouse::app
