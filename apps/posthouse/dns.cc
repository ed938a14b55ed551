// posthouse dns: what the DNS should say of a domain, and whether it does.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/mail/domain.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/publish/check.h"
#include "posthouse/server/publish/records.h"
#include "posthouse/server/services.h"

namespace posthouse::app {
namespace {

constexpr std::chrono::seconds patience{10};  // for one question

struct DnsOptions {
  std::string domain{};
  std::string config = "/etc/posthouse/posthouse.toml";
  std::string resolver{};
  bool check = false;
  bool json = false;
};

server::Config read_configuration(const DnsOptions& options) {
  server::ConfigSchema schema = server::config_schema();
  server::Config config = server::load_config(options.config, schema);
  schema.complete.clear();  // reads what only the server may be able to read, and is not needed here
  server::complete(config, schema);
  return config;
}

void print_records(const server::Config& config, const mail::Domain& domain, bool json) {
  if (!json) {
    std::cout << server::zone_file(config, domain);
    return;
  }
  boost::json::array all;
  for (const server::ZoneRecord& record : server::records_to_publish(config, domain)) {
    all.push_back(boost::json::object{{"name", record.name}, {"type", record.type}, {"value", record.value}});
  }
  std::cout << boost::json::serialize(all) << '\n';
}

void check(const server::Config& config, const mail::Domain& domain, const DnsOptions& options) {
  net::SystemResolver resolver({.server = options.resolver.empty() ? config.resolver : options.resolver});
  const auto findings = server::check_published(config, domain, resolver, patience);
  boost::json::array all;
  for (const server::Finding& finding : findings) {
    const auto grade = server::to_string(finding.grade);
    if (options.json) {
      all.push_back(boost::json::object{{"grade", grade}, {"subject", finding.subject}, {"text", finding.text}});
    } else {
      fmt::print("{:<8} {:<14} {}\n", grade, finding.subject, finding.text);
    }
  }
  if (options.json) {
    std::cout << boost::json::serialize(all) << '\n';
  }
  if (std::any_of(findings.begin(), findings.end(), [](const server::Finding& finding) {
        return finding.grade == server::Finding::Grade::problem || finding.grade == server::Finding::Grade::unknown;
      })) {
    throw ExitStatus{1};
  }
}

void dns(const DnsOptions& options) {
  const mail::Domain domain(options.domain);
  const server::Config config = read_configuration(options);
  if (options.check) {
    check(config, domain, options);
  } else {
    print_records(config, domain, options.json);
  }
}

}  // namespace

void add_dns_command(CLI::App& app) {
  auto options = std::make_shared<DnsOptions>();
  CLI::App* const command =
      app.add_subcommand("dns", "What the DNS should say of a domain, as a zone file, and whether it does");
  command->add_option("DOMAIN", options->domain, "A domain of this house, e.g. example.org")->required();
  command->add_flag("--check", options->check, "Ask the DNS and compare, in words");
  command
      ->add_option("--config", options->config,
                   "The server's configuration (default: $POSTHOUSE_CONFIG, else /etc/posthouse/posthouse.toml)")
      ->type_name("FILE")
      ->envname("POSTHOUSE_CONFIG");
  command->add_option("--resolver", options->resolver, "The DNS server to ask, ADDRESS:PORT; by default the server's");
  command->add_flag("--json", options->json, "Print one JSON array");
  command->footer(
      "With --check the status is 1 when there is a problem, or the DNS does not answer.\n"
      "Try:  posthouse dns example.org > example.org.zone");
  command->callback([options] { dns(*options); });
}

}  // namespace posthouse::app
