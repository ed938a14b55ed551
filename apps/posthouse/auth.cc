// posthouse auth: where a message comes from, and how that was found out.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "apps/posthouse/auth_report.h"
#include "apps/posthouse/commands.h"
#include "apps/posthouse/show_input.h"
#include <CLI/CLI.hpp>

#include "posthouse/base/error.h"
#include "posthouse/mailauth/verify.h"
#include "posthouse/mime/mime.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::app {
namespace {

using namespace std::chrono_literals;

constexpr auto message_patience = 60s;  // for all questions about one message

struct AuthOptions {
  std::string file;
  std::string resolver;
  std::string ip;
  std::string helo;
  std::optional<std::string> mail_from;
  bool older = false;
  bool json = false;
};

/// A server that is named is believed as it is: it may well know names that no root has signed.
net::ResolverOptions resolver_options(const AuthOptions& options) {
  net::ResolverOptions resolver;
  if (!options.resolver.empty()) {
    const std::optional<net::Address> server = net::Address::try_parse(options.resolver);
    if (!server || !server->is_ip() || server->port() == 0) {
      throw CLI::ValidationError("--resolver", "\"" + options.resolver + "\" is no address with a port");
    }
    resolver.server = options.resolver;
    resolver.trust_anchors.clear();
  }
  return resolver;
}

std::optional<mailauth::Envelope> envelope_of(const AuthOptions& options) {
  const int given = (options.ip.empty() ? 0 : 1) + (options.helo.empty() ? 0 : 1) + (options.mail_from ? 1 : 0);
  if (given == 0) {
    return std::nullopt;
  }
  if (given != 3) {
    throw CLI::ValidationError("--ip, --helo and --mail-from are given together");
  }
  const std::optional<net::Address> ip = net::Address::try_ip(options.ip, 0);
  if (!ip) {
    throw CLI::ValidationError("--ip", "\"" + options.ip + "\" is no IP address");
  }
  std::string mail_from = *options.mail_from;
  if (mail_from.starts_with('<') && mail_from.ends_with('>')) {
    mail_from = mail_from.substr(1, mail_from.size() - 2);
  }
  return mailauth::Envelope{*ip, options.helo, mail_from, {}};
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error("cannot write the output");
  }
}

void verify(const AuthOptions& options) {
  const std::optional<mailauth::Envelope> envelope = envelope_of(options);
  net::SystemResolver resolver(resolver_options(options));
  mailauth::VerifyOptions how;
  how.dkim.steps = true;
  how.bimi = true;
  if (options.older) {
    how.dmarc.method = mailauth::OrganizationMethod::public_suffix_list;
  }
  bool first = true;
  for_each_message(options.file, false, 0, [&](const std::string& name, std::string_view bytes) {
    const auto results = mailauth::verify_message(bytes, envelope, resolver, how, net::Deadline(message_patience));
    if (options.json) {
      print(boost::json::serialize(boost::json::object{{"file", name}, {"results", json_of(results)}}) + '\n');
      return;
    }
    if (name != options.file) {
      print((first ? "== " : "\n== ") + mime::terminal_line(name) + '\n');
    }
    first = false;
    print(text_of(results));
  });
}

void check_spf(const AuthOptions& options) {
  const std::optional<mailauth::Envelope> envelope = envelope_of(options);
  net::SystemResolver resolver(resolver_options(options));
  const mailauth::SpfOutcome outcome =
      mailauth::check_host(mailauth::spf_mail_from(envelope->ip, envelope->helo, envelope->mail_from), resolver, {},
                           net::Deadline(message_patience));
  print(options.json ? boost::json::serialize(json_of(outcome)) + '\n' : text_of(outcome));
}

void add_options(CLI::App& command, AuthOptions& options, bool required) {
  command.add_option("--ip", options.ip, "The client's address, of either family")->required(required);
  command.add_option("--helo", options.helo, "What the client called itself in HELO or EHLO")
      ->option_text("NAME")
      ->required(required);
  command.add_option("--mail-from", options.mail_from, "The address in MAIL FROM; <> for none")
      ->option_text("ADDRESS")
      ->required(required);
  command.add_option("--resolver", options.resolver, "The DNS server to ask, and to believe (the system's)")
      ->option_text("ADDR:PORT");
  command.add_flag("--json", options.json, "Print JSON");
  command.footer(
      "Exit status: 0 the results are shown, whatever they are; 1 something could not be read; 2 used wrongly.");
}

}  // namespace

void add_auth_command(CLI::App& app) {
  auto options = std::make_shared<AuthOptions>();
  CLI::App* const command = app.add_subcommand("auth", "Find out where a message comes from, step by step");
  command->require_subcommand(1);
  command->footer("Try:  posthouse auth spf --ip 192.0.2.1 --helo mx.example.org --mail-from ann@example.org");
  CLI::App* const verifying = command->add_subcommand("verify", "Check a message: SPF, DKIM, ARC, DMARC, iprev, BIMI");
  verifying->add_option("FILE", options->file, "A message (.eml), an mbox file or a Maildir; - is standard input")
      ->required();
  add_options(*verifying, *options, false);
  verifying->add_flag("--public-suffix-list", options->older,
                      "DMARC by RFC 7489: organizations by the public suffix list, not by a walk up the DNS");
  CLI::App* const spf = command->add_subcommand("spf", "Check whether a client may send for a domain (SPF)");
  add_options(*spf, *options, true);
  verifying->callback([options] { verify(*options); });
  spf->callback([options] { check_spf(*options); });
}

}  // namespace posthouse::app
