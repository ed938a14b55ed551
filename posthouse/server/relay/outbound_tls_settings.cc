#include "posthouse/server/relay/outbound_tls_settings.h"

#include "posthouse/mail/address.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/config/value.h"

namespace posthouse::server {
namespace {

void read_outbound_tls(Config& config, const Value& table) {
  OutboundTlsSettings& settings = config.services.of<OutboundTlsSettings>();
  table.table({
      {"dane", [&](const Value& v) { settings.dane = v.boolean(); }},
      {"mta_sts", [&](const Value& v) { settings.mta_sts = v.boolean(); }},
      {"ca", [&](const Value& v) { settings.ca = v.text(); }},
  });
}

void read_tls_reports(Config& config, const Value& table) {
  TlsReportSettings& settings = config.services.of<TlsReportSettings>();
  table.table({
      {"send", [&](const Value& v) { settings.send = v.boolean(); }},
      {"from",
       [&](const Value& v) {
         settings.from = v.text();
         if (!settings.from.empty() && !mail::Address::parse(settings.from)) {
           v.refuse("an address is wanted");
         }
       }},
      {"organization", [&](const Value& v) { settings.organization = v.text(); }},
      {"contact", [&](const Value& v) { settings.contact = v.text(); }},
  });
}

}  // namespace

std::vector<Setting> outbound_tls_settings() {
  return {{"", "outbound_tls", read_outbound_tls}, {"", "tls_reports", read_tls_reports}};
}

}  // namespace posthouse::server
