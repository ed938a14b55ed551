#include "posthouse/server/authentication/authentication_settings.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/key_name.h"
#include "posthouse/server/config/network_value.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

mail::Domain read_domain_name(const Value& value) {
  const auto domain = mail::Domain::parse(value.text());
  if (!domain || domain->is_literal()) {
    value.refuse("a domain is wanted, such as example.org");
  }
  return *domain;
}

void read_exemption(Exemptions& exempt, const Value& value) {
  const std::string text = value.text();
  if (auto network = net::IpNetwork::try_parse(text)) {
    exempt.networks.push_back(*network);
  } else if (auto sender = mail::Address::parse(text)) {
    exempt.senders.push_back(*std::move(sender));
  } else if (auto domain = mail::Domain::parse(text); domain && !domain->is_literal()) {
    exempt.domains.push_back(*std::move(domain));
  } else {
    value.refuse("a network, a domain or a sender's address is wanted: 192.0.2.0/24, example.org or ann@example.org");
  }
}

void read_authentication(Config& config, const Value& table) {
  AuthenticationSettings& settings = config.services.of<AuthenticationSettings>();
  table.table({
      {"verify", [&](const Value& v) { settings.verify = v.boolean(); }},
      {"dmarc", [&](const Value& v) { settings.dmarc = static_cast<DmarcUse>(v.choice({"off", "junk", "reject"})); }},
      {"dns_trouble", [&](const Value& v) { settings.defer = v.choice({"defer", "take"}) == 0; }},
      {"timeout", [&](const Value& v) { settings.timeout = v.duration(100ms, 5min); }},
      {"trusted", [&](const Value& v) { settings.trusted = read_networks(v); }},
      {"exempt", [&](const Value& v) { v.each([&](const Value& one) { read_exemption(settings.exempt, one); }); }},
      {"sealers",
       [&](const Value& v) { v.each([&](const Value& one) { settings.sealers.push_back(read_domain_name(one)); }); }},
  });
}

void read_signing_key(Config& config, const Value& table) {
  std::optional<mail::Domain> domain;
  std::string selector;
  std::string file;
  std::string folder;
  table.table({{"domain", [&](const Value& v) { domain = read_domain_name(v); }},
               {"selector", [&](const Value& v) { selector = v.text(); }},
               {"key", [&](const Value& v) { file = v.text(); }},
               {"folder", [&](const Value& v) { folder = v.text(); }}});
  const bool one_key = !selector.empty() && !file.empty() && folder.empty();
  if (!domain || !(one_key || (selector.empty() && file.empty() && !folder.empty()))) {
    table.refuse("domain, selector and key (a file) are wanted, or domain and folder");
  }
  auto& files = config.services.of<DkimSettings>().files;
  if (!one_key) {
    files.push_back({*std::move(domain), {}, std::move(folder)});
    return;
  }
  try {
    mailauth::check_key_name(selector, *domain);
  } catch (const mailauth::Error& error) {
    table.refuse(error.what());
  }
  if (std::any_of(files.begin(), files.end(),
                  [&](const auto& one) { return one.domain == *domain && one.selector == selector; })) {
    table.refuse("there is a key of this domain with this selector already");
  }
  files.push_back({*std::move(domain), std::move(selector), std::move(file)});
}

}  // namespace

std::vector<net::IpNetwork> AuthenticationSettings::loopback() {
  return {net::IpNetwork::parse("127.0.0.0/8"), net::IpNetwork::parse("::1")};
}

std::vector<Setting> authentication_settings() {
  return {{"", "authentication", read_authentication},
          {"", "dkim", [](Config& config, const Value& tables) {
             tables.each([&](const Value& table) { read_signing_key(config, table); });
           }}};
}

std::vector<DkimSettings::KeyFile> signing_key_files(const DkimSettings& settings) {
  std::vector<DkimSettings::KeyFile> files;
  for (const DkimSettings::KeyFile& named : settings.files) {
    if (!named.selector.empty()) {
      files.push_back(named);
      continue;
    }
    std::error_code error;
    std::vector<std::filesystem::path> found;
    for (std::filesystem::directory_iterator at(named.file, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() == ".pem") {
        found.push_back(at->path());
      }
    }
    if (error) {
      throw Error(Errc::config,
                  fmt::format("dkim: the folder {} of {}: {}", named.file, named.domain.ascii(), error.message()));
    }
    std::sort(found.begin(), found.end());
    for (const std::filesystem::path& file : found) {
      files.push_back({named.domain, file.stem().string(), file.string()});
    }
  }
  return files;
}

void load_signing_keys(Config& config) {
  DkimSettings& settings = config.services.of<DkimSettings>();
  settings.keys.clear();
  for (const DkimSettings::KeyFile& file : signing_key_files(settings)) {
    try {
      mailauth::check_key_name(file.selector, file.domain);
      settings.keys.push_back({file.domain, file.selector, mailauth::PrivateKey::load(file.file)});
    } catch (const mailauth::Error& error) {
      throw Error(Errc::config,
                  fmt::format("{}{}dkim: the key {} of {}: {}", config.file, config.file.empty() ? "" : ": ",
                              file.selector, file.domain.ascii(), error.what()));
    }
  }
}

}  // namespace posthouse::server
