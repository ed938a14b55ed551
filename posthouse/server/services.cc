#include "posthouse/server/services.h"

#include "posthouse/server/imap/imap_service.h"
#include "posthouse/server/listen/proxies.h"
#include "posthouse/server/managesieve/managesieve_service.h"
#include "posthouse/server/pop3/pop3_service.h"
#include "posthouse/server/relay/relay_service.h"
#include "posthouse/server/smtp/smtp_service.h"

namespace posthouse::server {

const std::vector<Service>& services() {
  static const std::vector<Service> all = {
      smtp_service(), imap_service(), pop3_service(), managesieve_service(), relay_service(),
  };
  return all;
}

ConfigSchema config_schema(const std::vector<Service>& of) {
  ConfigSchema schema;
  schema.settings.push_back(proxy_setting());  // of all listeners
  for (const Service& service : of) {
    schema.listeners.insert(schema.listeners.end(), service.listeners.begin(), service.listeners.end());
    if (service.complete) {
      schema.complete.push_back(service.complete);
    }
    schema.settings.insert(schema.settings.end(), service.settings.begin(), service.settings.end());
  }
  return schema;
}

}  // namespace posthouse::server
