#include "posthouse/server/publish/records.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/hex.h"
#include "posthouse/mailauth/keys/key_record.h"
#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/mailauth/keys/published_key.h"
#include "posthouse/net/address.h"
#include "posthouse/net/tls/certificate.h"
#include "posthouse/server/authentication/authentication_settings.h"

namespace posthouse::server {
namespace {

/// A service that mail programs look for: its name in the DNS and the kind of its listener.
struct ClientService {
  std::string_view label;
  std::string_view kind;
};

constexpr ClientService client_services[] = {
    {"_submissions", "submissions"},
    {"_submission", "submission"},
    {"_imaps", "imaps"},
    {"_imap", "imap"},
    {"_pop3s", "pop3s"},
    {"_pop3", "pop3"},
    {"_sieve", "managesieve"},
};

/// The port of the first listener of `kind` that others can reach; 0 when there is none.
std::uint16_t public_port(const Config& config, std::string_view kind) {
  for (const ListenerConfig& listener : config.listeners) {
    const auto address = net::Address::try_ip(listener.host, listener.port);
    if (listener.kind == kind && listener.port != 0 && !(address && address->is_loopback())) {
      return listener.port;
    }
  }
  return 0;
}

void add_signing_keys(std::vector<ZoneRecord>& records, const Config& config, const mail::Domain& domain) {
  for (const auto& file : signing_key_files(config.services.of<DkimSettings>())) {
    if (file.domain == domain) {
      records.push_back({Purpose::signing_key, mailauth::key_record_name(file.selector, domain.ascii()), "TXT",
                         mailauth::PrivateKey::load(file.file).record_text()});
    }
  }
}

void add_client_services(std::vector<ZoneRecord>& records, const Config& config, const mail::Domain& domain) {
  for (const ClientService& service : client_services) {
    const std::uint16_t port = public_port(config, service.kind);
    // RFC 6186 section 3.4: a target of "." says that there is none, so that no program goes on looking.
    records.push_back({Purpose::client_service, fmt::format("{}._tcp.{}", service.label, domain.ascii()), "SRV",
                       port == 0 ? "0 0 0 ." : fmt::format("0 1 {} {}.", port, config.hostname)});
  }
}

std::string_view comment_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::mail_host:
      return "mail for the domain comes to this host, which needs A and AAAA records, and PTR records that lead back";
    case Purpose::senders:
      return "SPF: mail in the domain's name comes from its mail host and nobody else; name here whoever else sends it";
    case Purpose::signing_key:
      return "DKIM: the keys that its mail is signed with";
    case Purpose::policy:
      return "DMARC: what is not from here is suspicious (p=reject: is to be refused), and reports come to you";
    case Purpose::tls_reports:
      return "who is told when other servers cannot reach this one by TLS";
    case Purpose::certificate:
      return "DANE: the certificate that other servers will see; of use only in a zone that is signed (DNSSEC)";
    case Purpose::client_service:
      return "where mail programs find their servers; a dot says that there is none";
  }
  return "";
}

}  // namespace

std::string certificate_file(const Config& config) {
  return config.tls_cert.empty() ? (std::filesystem::path(config.data) / "tls" / "cert.pem").string() : config.tls_cert;
}

std::vector<ZoneRecord> records_to_publish(const Config& config, const mail::Domain& domain) {
  const std::string& name = domain.ascii();
  std::vector<ZoneRecord> records = {
      {Purpose::mail_host, name, "MX", fmt::format("10 {}.", config.hostname)},
      {Purpose::senders, name, "TXT", "v=spf1 mx -all"},
  };
  if (config.hostname != name) {
    records.push_back({Purpose::senders, config.hostname, "TXT", "v=spf1 a -all"});
  }
  add_signing_keys(records, config, domain);
  records.push_back({Purpose::policy, "_dmarc." + name, "TXT",
                     fmt::format("v=DMARC1; p=quarantine; rua=mailto:postmaster@{}", name)});
  records.push_back(
      {Purpose::tls_reports, "_smtp._tls." + name, "TXT", fmt::format("v=TLSRPTv1; rua=mailto:postmaster@{}", name)});
  if (std::filesystem::exists(certificate_file(config))) {
    const net::TlsaRecord tlsa = net::tlsa_of(certificate_file(config));
    records.push_back(
        {Purpose::certificate, fmt::format("_25._tcp.{}", config.hostname), "TLSA",
         fmt::format("{} {} {} {}", tlsa.usage, tlsa.selector, tlsa.matching_type, hex_encode(tlsa.data))});
  }
  add_client_services(records, config, domain);
  return records;
}

std::string zone_line(const ZoneRecord& record) {
  if (record.type == "TXT") {
    return mailauth::zone_line(record.name, record.value) + "\n";
  }
  return fmt::format("{}. IN {} {}\n", record.name, record.type, record.value);
}

std::string zone_file(const Config& config, const mail::Domain& domain) {
  std::string text =
      fmt::format("; What the DNS should say of {}, whose mail is at {}.\n", domain.ascii(), config.hostname);
  const ZoneRecord* before = nullptr;
  const std::vector<ZoneRecord> records = records_to_publish(config, domain);
  for (const ZoneRecord& record : records) {
    if (before == nullptr || before->purpose != record.purpose) {
      text += fmt::format("\n; {}\n", comment_of(record.purpose));
    }
    text += zone_line(record);
    before = &record;
  }
  if (std::none_of(records.begin(), records.end(),
                   [](const ZoneRecord& record) { return record.purpose == Purpose::signing_key; })) {
    text += fmt::format(
        "\n; There is no key to sign with: posthouse dkim generate {} mail FILE, and [[dkim]] in the configuration\n",
        domain.ascii());
  }
  return text;
}

}  // namespace posthouse::server
