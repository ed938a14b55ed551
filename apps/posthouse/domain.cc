// posthouse domain: the domains this house receives mail for.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

namespace posthouse::app {
namespace {

struct DomainOptions {
  DataOption data;
  std::string name;
  bool json = false;
};

void add(const DomainOptions& options) {
  const auto domain = open_store(options.data, true)->accounts().add_domain(options.name);
  std::cout << "added domain " << domain.name << '\n';
}

void remove(const DomainOptions& options) {
  open_store(options.data)->accounts().remove_domain(options.name);
  std::cout << "removed domain " << options.name << '\n';
}

void list(const DomainOptions& options) {
  const auto domains = open_store(options.data)->accounts().domains();
  if (options.json) {
    boost::json::array array;
    for (const auto& domain : domains) {
      array.push_back({{"name", domain.name},
                       {"accounts", domain.accounts},
                       {"aliases", domain.aliases},
                       {"created_at", iso_time(domain.created_at)}});
    }
    std::cout << boost::json::serialize(array) << '\n';
    return;
  }
  for (const auto& domain : domains) {
    std::cout << domain.name << "  accounts " << domain.accounts << ", aliases " << domain.aliases << '\n';
  }
}

}  // namespace

void add_domain_command(CLI::App& app) {
  auto options = std::make_shared<DomainOptions>();
  CLI::App* const command = app.add_subcommand("domain", "The domains this house receives mail for");
  command->require_subcommand(1);
  command->footer("Works with the server running or not.\nTry:  posthouse domain add example.org");
  CLI::App* const adding = command->add_subcommand("add", "Receive mail for a domain from now on");
  CLI::App* const removing = command->add_subcommand("remove", "Receive no more mail for a domain without accounts");
  CLI::App* const listing = command->add_subcommand("list", "Show the domains");
  for (CLI::App* const one : {adding, removing, listing}) {
    options->data.add_to(*one);
  }
  for (CLI::App* const one : {adding, removing}) {
    one->add_option("DOMAIN", options->name, "Its name, e.g. example.org")->required();
  }
  listing->add_flag("--json", options->json, "Print one JSON array");
  adding->callback([options] { add(*options); });
  removing->callback([options] { remove(*options); });
  listing->callback([options] { list(*options); });
}

}  // namespace posthouse::app
