// posthouse dkim: keys to sign mail with, and what the DNS says of them.
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/posthouse/commands.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/key_name.h"
#include "posthouse/mailauth/keys/key_record.h"
#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/mailauth/keys/published_key.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/services.h"

namespace posthouse::app {
namespace {

constexpr std::chrono::seconds patience{30};

struct DkimOptions {
  std::string domain;
  std::string selector;
  std::string file;
  std::string type = "rsa";
  unsigned bits = 2048;
  std::string resolver;
  std::string config = "/etc/posthouse/posthouse.toml";
  bool json = false;
};

/// Where the key's record is; throws for names that no key can be published under.
std::string record_name(const DkimOptions& options) {
  const mail::Domain domain(options.domain);
  mailauth::check_key_name(options.selector, domain);
  return mailauth::key_record_name(options.selector, domain.ascii());
}

void print_record(const DkimOptions& options, const mailauth::PrivateKey& key) {
  const std::string name = record_name(options);
  if (options.json) {
    std::cout << boost::json::serialize(boost::json::object{{"name", name},
                                                            {"type", mailauth::to_string(key.type())},
                                                            {"bits", key.bits()},
                                                            {"text", key.record_text()}})
              << '\n';
  } else {
    std::cout << mailauth::zone_line(name, key.record_text()) << '\n';
  }
}

void generate(const DkimOptions& options) {
  record_name(options);
  const auto type = options.type == "rsa" ? mailauth::KeyType::rsa : mailauth::KeyType::ed25519;
  const auto key = mailauth::PrivateKey::generate(type, options.bits);
  key.save(options.file);
  print_record(options, key);
}

void show(const DkimOptions& options) {
  print_record(options, mailauth::PrivateKey::load(options.file));
}

void check(const DkimOptions& options) {
  const std::string name = record_name(options);
  const auto key = mailauth::PrivateKey::load(options.file);
  net::SystemResolver resolver({.server = options.resolver});
  const mailauth::PublishedKey published =
      mailauth::check_published_key(resolver, options.selector, mail::Domain(options.domain).ascii(), key, patience);
  if (options.json) {
    std::cout << boost::json::serialize(boost::json::object{{"name", name},
                                                            {"verdict", mailauth::to_string(published.verdict)},
                                                            {"reason", published.reason},
                                                            {"found", published.found},
                                                            {"testing", published.testing},
                                                            {"dnssec", published.secure}})
              << '\n';
  } else {
    if (!published.found.empty()) {
      std::cout << name << " has \"" << published.found << "\"" << (published.secure ? " (DNSSEC)" : "") << '\n';
    }
    std::cout << mailauth::to_string(published.verdict) << ": "
              << (published.reason.empty() ? "the record is that of the key" : published.reason)
              << (published.testing ? "; t=y asks others to take no notice of it" : "") << '\n';
  }
  if (published.verdict != mailauth::Verdict::pass) {
    throw ExitStatus{1};
  }
}

/// A key that the server is to sign with, and whether others can verify what it signs.
struct ListedKey {
  server::DkimSettings::KeyFile file;
  std::string kind{};  ///< "rsa 2048"; empty when the file cannot be read.
  mailauth::PublishedKey published{};
};

ListedKey look_at(const server::DkimSettings::KeyFile& file, net::Resolver& resolver) {
  ListedKey listed{.file = file};
  try {
    const auto key = mailauth::PrivateKey::load(file.file);
    listed.kind = fmt::format("{} {}", mailauth::to_string(key.type()), key.bits());
    listed.published = mailauth::check_published_key(resolver, file.selector, file.domain.ascii(), key, patience);
  } catch (const mailauth::Error& error) {
    listed.published.verdict = mailauth::Verdict::permerror;
    listed.published.reason = error.what();
  }
  return listed;
}

void print_listed(const ListedKey& listed) {
  const mailauth::PublishedKey& published = listed.published;
  std::cout << fmt::format("{}  {}  {}  {}  {}{}\n", listed.file.domain.unicode(), listed.file.selector,
                           listed.kind.empty() ? "-" : listed.kind, printable(listed.file.file, 1'000),
                           mailauth::to_string(published.verdict),
                           published.reason.empty() ? "" : ": " + published.reason);
}

boost::json::object json_of(const ListedKey& listed) {
  return {{"domain", listed.file.domain.ascii()},
          {"selector", listed.file.selector},
          {"file", listed.file.file},
          {"key", listed.kind},
          {"verdict", mailauth::to_string(listed.published.verdict)},
          {"reason", listed.published.reason},
          {"testing", listed.published.testing},
          {"dnssec", listed.published.secure}};
}

/// The keys of the server's configuration.
void list(const DkimOptions& options) {
  const server::Config config = server::load_config(options.config, server::config_schema());
  net::SystemResolver resolver({.server = options.resolver.empty() ? config.resolver : options.resolver});
  boost::json::array all;
  bool good = true;
  for (const auto& file : config.services.of<server::DkimSettings>().files) {
    const ListedKey listed = look_at(file, resolver);
    good = good && listed.published.verdict == mailauth::Verdict::pass;
    if (options.json) {
      all.push_back(json_of(listed));
    } else {
      print_listed(listed);
    }
  }
  if (options.json) {
    std::cout << boost::json::serialize(all) << '\n';
  }
  if (!good) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_dkim_command(CLI::App& app) {
  auto options = std::make_shared<DkimOptions>();
  CLI::App* const command = app.add_subcommand("dkim", "Keys to sign mail with, and what the DNS says of them");
  command->require_subcommand(1);
  command->footer("Try:  posthouse dkim generate example.org mail mail.pem");
  CLI::App* const generating =
      command->add_subcommand("generate", "Make a key, keep it in a new file, and print the record to publish");
  CLI::App* const showing = command->add_subcommand("show", "Print the record to publish for a key");
  CLI::App* const checking = command->add_subcommand("check", "Look up whether the record of a key is published");
  for (CLI::App* const one : {generating, showing, checking}) {
    one->add_option("DOMAIN", options->domain, "Who signs, e.g. example.org")->required();
    one->add_option("SELECTOR", options->selector, "Which of its keys, e.g. mail")->required();
    one->add_option("FILE", options->file, "The key in PEM; nobody but its owner may read it")->required();
    one->add_flag("--json", options->json, "Print one JSON object");
  }
  generating->add_option("--type", options->type, "rsa, which everybody verifies, or ed25519")
      ->check(CLI::IsMember({"rsa", "ed25519"}))
      ->capture_default_str();
  generating->add_option("--bits", options->bits, "Size of an RSA key, 1024 to 8192")->capture_default_str();
  checking->add_option("--resolver", options->resolver, "The DNS server to ask, ADDRESS:PORT; by default the system's");
  checking->footer("The status is 1 unless others can verify with the record what the key signs.");
  CLI::App* const listing =
      command->add_subcommand("list", "The keys that the server signs with, and what the DNS says of them");
  listing
      ->add_option("--config", options->config,
                   "The server's configuration (default: $POSTHOUSE_CONFIG, else /etc/posthouse/posthouse.toml)")
      ->type_name("FILE")
      ->envname("POSTHOUSE_CONFIG");
  listing->add_option("--resolver", options->resolver, "The DNS server to ask, ADDRESS:PORT; by default the server's");
  listing->add_flag("--json", options->json, "Print one JSON array");
  listing->footer("The status is 1 unless others can verify with each record what its key signs.");
  listing->callback([options] { list(*options); });
  generating->callback([options] { generate(*options); });
  showing->callback([options] { show(*options); });
  checking->callback([options] { check(*options); });
}

}  // namespace posthouse::app
