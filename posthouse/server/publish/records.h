#pragma once
// What the DNS should say of a domain whose mail this house takes and sends.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/domain.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// What a record is for.
enum class Purpose {
  mail_host,       ///< MX: this house takes the domain's mail.
  senders,         ///< SPF: which hosts send mail in its name (RFC 7208).
  signing_key,     ///< DKIM (RFC 6376).
  policy,          ///< DMARC: what others should do with mail that is not from there (RFC 9989).
  tls_reports,     ///< Who is told of trouble with TLS (RFC 8460).
  certificate,     ///< DANE: the certificate that other servers will see (RFC 7672).
  client_service,  ///< Where mail programs find their servers (RFC 6186, RFC 8314 section 5.1).
};

/// One record of a zone.
struct ZoneRecord {
  Purpose purpose = Purpose::mail_host;
  std::string name{};   ///< Its owner, A-labels, without the last dot.
  std::string type{};   ///< "MX", "TXT", "TLSA", "SRV".
  std::string value{};  ///< As a zone file has it; of TXT the text itself.
};

/// The records of `domain`, in the order of Purpose. `config` is complete (complete()). What listens on loopback addresses
/// only is no service to others. Reads keys and certificate of the configuration. Throws net::Error, mailauth::Error
/// where one cannot be read, Error (Errc::config).
std::vector<ZoneRecord> records_to_publish(const Config& config, const mail::Domain& domain);

/// "example.org. IN MX 10 mail.example.org.", with its line end.
std::string zone_line(const ZoneRecord& record);

/// The records as part of a zone file, with comments that say what each is for.
std::string zone_file(const Config& config, const mail::Domain& domain);

/// The file of the certificate that other servers are shown.
std::string certificate_file(const Config& config);

}  // namespace posthouse::server
