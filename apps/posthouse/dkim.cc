// posthouse dkim: keys to sign mail with, and what the DNS says of them.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/units.h"
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

constexpr std::chrono::seconds dns_patience{30};

struct DkimOptions {
  std::string domain;
  std::string selector;
  std::string file;
  std::string type = "rsa";
  unsigned bits = 2048;
  std::string resolver;
  std::string config = "/etc/posthouse/posthouse.toml";
  std::string after = "7d";
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
  const mailauth::PublishedKey published = mailauth::check_published_key(
      resolver, options.selector, mail::Domain(options.domain).ascii(), key, dns_patience);
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
    listed.published = mailauth::check_published_key(resolver, file.selector, file.domain.ascii(), key, dns_patience);
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
  for (const auto& file : server::signing_key_files(config.services.of<server::DkimSettings>())) {
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

// Rotation: in the folder of a domain's keys SELECTOR.pem signs, SELECTOR.next waits until its record is published, and
// SELECTOR.old has signed letters that are still on their way.

std::vector<std::filesystem::path> keys_in(const std::filesystem::path& folder, std::string_view extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == extension) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// A selector that the folder has not seen: the day, with a letter behind it if need be.
std::string new_selector(const std::filesystem::path& folder) {
  const std::string day = fmt::format("{:%Y%m%d}", fmt::gmtime(std::time(nullptr)));
  for (const std::string_view letter : {"", "a", "b", "c", "d", "e", "f", "g", "h"}) {
    const std::string selector = day + std::string(letter);
    const auto seen = [&](const char* extension) { return std::filesystem::exists(folder / (selector + extension)); };
    if (!seen(".pem") && !seen(".next") && !seen(".old")) {
      return selector;
    }
  }
  throw mailauth::Error(mailauth::Errc::key_file, folder.string() + ": there are nine keys of today");
}

/// The key that waits begins to sign, and those of its kind before it do so no more. False when its record is not
/// published yet.
bool promote(const DkimOptions& options, const std::filesystem::path& next, net::Resolver& resolver) {
  const auto key = mailauth::PrivateKey::load(next);
  const std::string selector = next.stem().string();
  const std::string domain = mail::Domain(options.domain).ascii();
  const auto published = mailauth::check_published_key(resolver, selector, domain, key, dns_patience);
  if (published.verdict != mailauth::Verdict::pass) {
    std::cout << "not yet published: " << published.reason << '\n'
              << mailauth::zone_line(mailauth::key_record_name(selector, domain), key.record_text()) << '\n';
    return false;
  }
  const auto before = keys_in(options.file, ".pem");
  auto signing = next;
  std::filesystem::rename(next, signing.replace_extension(".pem"));
  std::cout << selector << " signs as soon as the server has read its configuration again (SIGHUP)\n";
  for (const auto& other : before) {
    if (mailauth::PrivateKey::load(other).type() == key.type()) {
      auto retired = other;
      std::filesystem::last_write_time(other, std::filesystem::file_time_type::clock::now());  // for `retire`
      std::filesystem::rename(other, retired.replace_extension(".old"));
      std::cout << other.stem().string() << " signs no more; its record stays until `retire` names it\n";
    }
  }
  return true;
}

void rotate(DkimOptions options) {
  const auto waiting = keys_in(options.file, ".next");
  if (!waiting.empty()) {
    net::SystemResolver resolver({.server = options.resolver});
    bool all = true;
    for (const auto& next : waiting) {
      all = promote(options, next, resolver) && all;
    }
    if (!all) {
      throw ExitStatus{1};
    }
    return;
  }
  const std::filesystem::path folder = options.file;
  options.selector = new_selector(folder);
  options.file = (folder / (options.selector + ".next")).string();
  generate(options);
}

void retire(const DkimOptions& options) {
  const auto overlap = parse_duration(options.after);
  if (!overlap) {
    throw CLI::ValidationError("--after", "\"" + options.after + "\" is not a time such as 7d");
  }
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& old : keys_in(options.file, ".old")) {
    if (now - std::filesystem::last_write_time(old) >= *overlap) {
      std::filesystem::remove(old);
      std::cout << "take out of the DNS: "
                << mailauth::key_record_name(old.stem().string(), mail::Domain(options.domain).ascii()) << '\n';
    }
  }
}

void add_rotation(CLI::App& command, const std::shared_ptr<DkimOptions>& options) {
  CLI::App* const rotating = command.add_subcommand(
      "rotate", "Make the next key of a domain; once its record is published, let it sign instead of the present one");
  CLI::App* const retiring = command.add_subcommand(
      "retire", "Delete keys that have signed nothing for a while, and say which records can go");
  for (CLI::App* const one : {rotating, retiring}) {
    one->add_option("DOMAIN", options->domain, "Who signs, e.g. example.org")->required();
    one->add_option("FOLDER", options->file, "The folder of its keys ([[dkim]] folder)")
        ->required()
        ->check(CLI::ExistingDirectory);
  }
  rotating->add_option("--type", options->type, "rsa, which everybody verifies, or ed25519")
      ->check(CLI::IsMember({"rsa", "ed25519"}))
      ->capture_default_str();
  rotating->add_option("--bits", options->bits, "Size of an RSA key, 1024 to 8192")->capture_default_str();
  rotating->add_option("--resolver", options->resolver, "The DNS server to ask, ADDRESS:PORT; by default the system's");
  rotating->footer(
      "Call it twice, from cron if you like: the first time it makes a key and prints the record to publish, the "
      "second\n"
      "time the key takes over. The status is 1 while the record is not published. SIGHUP makes the server take it "
      "up.");
  retiring->add_option("--after", options->after, "How long ago a key must have signed last")->capture_default_str();
  rotating->callback([options] { rotate(*options); });
  retiring->callback([options] { retire(*options); });
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
  add_rotation(*command, options);
  generating->callback([options] { generate(*options); });
  showing->callback([options] { show(*options); });
  checking->callback([options] { check(*options); });
}

}  // namespace posthouse::app
