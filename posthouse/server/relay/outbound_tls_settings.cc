#include "posthouse/server/relay/outbound_tls_settings.h"

#include "posthouse/server/config/config.h"
#include "posthouse/server/config/value.h"

namespace posthouse::server {
namespace {

void read_outbound_tls(Config& config, const Value& table) {
  OutboundTlsSettings& settings = config.services.of<OutboundTlsSettings>();
  table.table({
      {"dane", [&](const Value& v) { settings.dane = v.boolean(); }},
      {"ca", [&](const Value& v) { settings.ca = v.text(); }},
  });
}

}  // namespace

std::vector<Setting> outbound_tls_settings() {
  return {{"", "outbound_tls", read_outbound_tls}};
}

}  // namespace posthouse::server
