#include "posthouse/server/machine.h"

#include <fstream>

#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"

namespace posthouse::server {

std::vector<std::string> domains_of_machine(std::string_view hostname) {
  std::vector<std::string> domains;
  std::ifstream file("/etc/mailname");
  std::string line;
  std::getline(file, line);
  if (const std::string name(trim(line)); mail::Domain::parse(name)) {
    domains.push_back(name);
  }
  domains.emplace_back(hostname);
  if (const std::size_t dot = hostname.find('.'); dot != std::string_view::npos) {
    domains.emplace_back(hostname.substr(dot + 1));
  }
  return domains;
}

std::string own_domain(std::string_view hostname, const std::function<bool(const std::string& domain)>& is_local) {
  for (const std::string& domain : domains_of_machine(hostname)) {
    if (is_local(domain)) {
      return domain;
    }
  }
  return std::string(hostname);
}

}  // namespace posthouse::server
