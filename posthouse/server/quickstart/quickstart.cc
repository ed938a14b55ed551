#include "posthouse/server/quickstart/quickstart.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include "posthouse/base/file.h"
#include "posthouse/fiber/random.h"
#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/net/tls/certificate.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
namespace {

constexpr unsigned first_key_bits = 2048;
constexpr int first_certificate_days = 3650;

/// A listener of a trial: its kind and its port above 1024.
struct TrialPort {
  std::string_view kind;
  unsigned port;
};

constexpr TrialPort trial_ports[] = {{"smtp", 2525},  {"submission", 2587}, {"submissions", 2465},
                                     {"imap", 2143},  {"imaps", 2993},      {"pop3", 2110},
                                     {"pop3s", 2995}, {"managesieve", 4190}};

std::filesystem::path key_folder(const QuickstartPlan& plan) {
  return std::filesystem::path(plan.data) / "dkim" / plan.address.domain().ascii();
}

void make_folder(const std::filesystem::path& folder, bool secret) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (made && secret) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    throw Error(Errc::config, fmt::format("cannot make {}: {}", folder.string(), error.message()));
  }
}

/// A TOML string (basic string).
std::string quoted_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      out += fmt::format("\\u{:04X}", octet);
    } else {
      out.append(c == '"' || c == '\\' ? 1 : 0, '\\').push_back(c);
    }
  }
  return out + "\"";
}

std::string trial_listeners() {
  std::string text =
      "# To try it out, on this machine only. Without this table it listens on the standard ports of every address.\n"
      "[listen]\n";
  for (const TrialPort& trial : trial_ports) {
    text += fmt::format("{} = \"127.0.0.1:{}\"\n", trial.kind, trial.port);
  }
  return text + "\n";
}

}  // namespace

std::string make_password() {
  constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";
  constexpr int groups = 4;
  constexpr int group = 5;
  std::string password;
  for (int i = 0; i < groups * group; ++i) {
    if (i != 0 && i % group == 0) {
      password.push_back('-');
    }
    password.push_back(letters[fiber::random_below(letters.size())]);
  }
  return password;
}

std::filesystem::path make_signing_key(const QuickstartPlan& plan) {
  const std::filesystem::path folder = key_folder(plan);
  make_folder(folder, true);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".pem") {
      return entry.path();
    }
  }
  const std::time_t now = std::time(nullptr);
  const std::filesystem::path file = folder / fmt::format("{:%Y%m}.pem", fmt::gmtime(now));
  mailauth::PrivateKey::generate(mailauth::KeyType::rsa, first_key_bits).save(file);
  return file;
}

std::filesystem::path make_first_certificate(const QuickstartPlan& plan) {
  const std::filesystem::path folder = std::filesystem::path(plan.data) / "tls";
  make_folder(folder, true);
  const std::filesystem::path certificate = folder / "cert.pem";
  if (!std::filesystem::exists(certificate)) {
    net::make_self_signed(certificate, folder / "key.pem", {plan.hostname, "localhost", "127.0.0.1", "::1"},
                          first_certificate_days);
  }
  return certificate;
}

std::string configuration_text(const QuickstartPlan& plan) {
  return fmt::format(
      "# Made by `posthouse quickstart {}`. posthouse.example.toml has every setting with its default. After a "
      "change:\n"
      "# SIGHUP (systemctl reload posthouse); what is not said there to change on reload needs a restart.\n"
      "\n"
      "# In greetings and Received: fields: the name that the MX record of your domains has.\n"
      "hostname = {}\n"
      "# Database, large messages, keys and the first certificate. Back up all of it.\n"
      "data = {}\n"
      "# A DNS server on this machine that validates (DNSSEC), where there is one:\n"
      "# resolver = \"127.0.0.1:53\"\n"
      "\n"
      "{}"
      "# The certificate. Until you name one that others trust, a self-signed one is shown, which mail programs ask "
      "about.\n"
      "# [tls]\n"
      "# cert = \"/etc/letsencrypt/live/{}/fullchain.pem\"\n"
      "# key = \"/etc/letsencrypt/live/{}/privkey.pem\"\n"
      "\n"
      "# Keys that mail of the domain is signed with; `posthouse dkim rotate` makes the next one.\n"
      "[[dkim]]\n"
      "domain = {}\n"
      "folder = {}\n",
      plan.address.unicode(), quoted_toml(plan.hostname), quoted_toml(plan.data), plan.trial ? trial_listeners() : "",
      plan.hostname, plan.hostname, quoted_toml(plan.address.domain().ascii()), quoted_toml(key_folder(plan).string()));
}

std::string unit_text(const QuickstartPlan& plan) {
  return fmt::format(
      "[Unit]\n"
      "Description=Posthouse mail server ({0})\n"
      "Documentation=man:posthouse(1)\n"
      "After=network-online.target\n"
      "Wants=network-online.target\n"
      "StartLimitIntervalSec=0\n"
      "\n"
      "[Service]\n"
      "Type=notify\n"
      "ExecStart=\"{1}\" serve --config \"{2}\"\n"
      "ExecReload=/bin/kill -HUP $MAINPID\n"
      "Restart=on-failure\n"
      "RestartSec=2\n"
      "TimeoutStopSec=15\n"
      "LimitNOFILE=65536\n"
      "UMask=0077\n"
      "NoNewPrivileges=yes\n"
      "{3}"
      "\n"
      "[Install]\n"
      "WantedBy=default.target\n",
      plan.hostname, plan.program, plan.configuration,
      // The units of a user cannot have their own view of the file system.
      plan.trial ? "" : fmt::format("ProtectSystem=strict\nReadWritePaths=\"{}\"\nPrivateTmp=yes\n", plan.data));
}

bool says_nothing(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    return false;
  }
  try {
    const toml::table table = toml::parse_file(file.string());
    return table.empty() || (table.size() == 1 && table.contains("data"));
  } catch (const toml::parse_error& error) {
    throw Error(Errc::config, fmt::format("{}: {}", file.string(), error.description()));
  }
}

void write_settings(const std::filesystem::path& file, std::string_view text, bool secret) {
  make_folder(file.parent_path(), false);
  if (std::filesystem::exists(file)) {
    std::error_code error;
    std::filesystem::rename(file, file.string() + ".before-quickstart", error);
    if (error) {
      throw Error(Errc::config, fmt::format("cannot keep {}: {}", file.string(), error.message()));
    }
  }
  if (const int error = replace_file(file, text, secret ? 0600 : 0644)) {
    throw Error(Errc::config, fmt::format("cannot write {}: {}", file.string(), std::strerror(error)));
  }
}

}  // namespace posthouse::server
