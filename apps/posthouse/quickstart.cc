// posthouse quickstart: a house for one domain and one account, made in one go.
#include "posthouse/server/quickstart/quickstart.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/mail/address.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/error.h"
#include "posthouse/server/publish/records.h"
#include "posthouse/server/services.h"

namespace posthouse::app {
namespace {

constexpr const char* installed_units[] = {"/lib/systemd/system/posthouse.service",
                                           "/usr/local/lib/systemd/system/posthouse.service",
                                           "/etc/systemd/system/posthouse.service"};

struct QuickstartOptions {
  std::string address{};
  std::string hostname{};
  std::string folder{};  ///< Empty: the system's places.
};

server::QuickstartPlan plan_of(const QuickstartOptions& options) {
  server::QuickstartPlan plan{.address = mail::Address(options.address)};
  plan.hostname = options.hostname.empty() ? "mail." + plan.address.domain().ascii() : options.hostname;
  plan.program = std::filesystem::read_symlink("/proc/self/exe");
  if (options.folder.empty()) {
    if (geteuid() != 0) {
      throw server::Error(server::Errc::config,
                          "only root can set up the system's mail server; to try it out as this user: --dir DIR");
    }
    plan.data = "/var/lib/posthouse";
    plan.configuration = "/etc/posthouse/posthouse.toml";
    return plan;
  }
  const std::filesystem::path folder = std::filesystem::absolute(options.folder).lexically_normal();
  plan.data = folder / "data";
  plan.configuration = folder / "posthouse.toml";
  plan.trial = true;
  return plan;
}

/// The account's password; it and its domain are made.
std::string make_account(const server::QuickstartPlan& plan) {
  DataOption data;
  data.data = plan.data;
  const auto store = open_store(data, true);
  store::Accounts& accounts = store->accounts();
  if (!accounts.has_domain(plan.address.domain().unicode())) {
    accounts.add_domain(plan.address.domain().unicode());
  }
  std::string password = server::make_password();
  accounts.add_account(plan.address.unicode(), password);
  return password;
}

/// The unit that starts the house: the installed one, or a new one. Says which.
std::string make_unit(const server::QuickstartPlan& plan) {
  std::string file = (std::filesystem::path(plan.configuration).parent_path() / "posthouse.service").string();
  if (!plan.trial) {
    for (const char* unit : installed_units) {
      if (std::filesystem::exists(unit)) {
        return unit;
      }
    }
    file = "/etc/systemd/system/posthouse.service";
  }
  server::write_settings(file, server::unit_text(plan), false);
  return file;
}

/// What the DNS should say, by the configuration as it is now.
std::string zone_of(const server::QuickstartPlan& plan) {
  server::ConfigSchema schema = server::config_schema();
  server::Config config = server::load_config(plan.configuration, schema);
  schema.complete.clear();
  server::complete(config, schema);
  return server::zone_file(config, plan.address.domain());
}

void say_what_next(const server::QuickstartPlan& plan, const std::string& unit, bool configured) {
  if (!configured) {
    fmt::print("\n{} was left as it is; it should say\n\n{}", plan.configuration, server::configuration_text(plan));
  }
  if (plan.trial) {
    fmt::print(
        "\nStart it:   posthouse serve --config {0}\n"
        "or, by systemd:   systemctl --user link {1} && systemctl --user start posthouse\n"
        "A mail program reads by IMAP at 127.0.0.1:2993 and sends at 127.0.0.1:2465, both TLS, with the address as "
        "user "
        "name.\n",
        plan.configuration, unit);
    return;
  }
  fmt::print(
      "\nPublish in the DNS (`posthouse dns {0}` prints it again, `--check` compares):\n\n{1}"
      "\nThen:   systemctl enable --now posthouse\n"
      "A mail program reads by IMAP at {2}:993 and sends at {2}:465, both TLS, with the address as user name.\n"
      "The certificate is self-signed until [tls] in {3} names another.\n",
      plan.address.domain().ascii(), zone_of(plan), plan.hostname, plan.configuration);
}

void quickstart(const QuickstartOptions& options) {
  const server::QuickstartPlan plan = plan_of(options);
  const bool configured = !std::filesystem::exists(plan.configuration) || server::says_nothing(plan.configuration);
  const std::string password = make_account(plan);
  const std::filesystem::path key = server::make_signing_key(plan);
  const std::filesystem::path certificate = server::make_first_certificate(plan);
  if (configured) {
    server::write_settings(plan.configuration, server::configuration_text(plan), false);
  }
  const std::string unit = make_unit(plan);
  fmt::print("account        {}\npassword       {}   (it is written nowhere else)\n", plan.address.unicode(), password);
  fmt::print("mail           {}\nconfiguration  {}\nsigning key    {}\ncertificate    {}\nunit           {}\n",
             plan.data, plan.configuration, key.string(), certificate.string(), unit);
  say_what_next(plan, unit, configured);
}

}  // namespace

void add_quickstart_command(CLI::App& app) {
  auto options = std::make_shared<QuickstartOptions>();
  CLI::App* const command = app.add_subcommand(
      "quickstart", "Set up a house for a domain: account, keys, certificate, configuration, and what to publish");
  command->add_option("ADDRESS", options->address, "The first account, e.g. ann@example.org")->required();
  command->add_option("--hostname", options->hostname, "The name of this mail host (default: mail.DOMAIN)")
      ->type_name("NAME");
  command
      ->add_option("--dir", options->folder,
                   "Everything in this folder, on loopback addresses and ports above 1024: to try it out as any user")
      ->type_name("DIR");
  command->footer(
      "What is there already stays; the account must be new.\n"
      "Try:  posthouse quickstart ann@example.org --dir trial");
  command->callback([options] { quickstart(*options); });
}

}  // namespace posthouse::app
