#include "posthouse/server/relay/relay_domains.h"

#include <fstream>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/queue/rows.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/relay/relay_settings.h"

namespace posthouse::server {
namespace {

constexpr std::size_t longest_list = 5'000'000;  // lines
constexpr std::size_t longest_line = 1000;

/// One a line, an address or what stands before its "@"; "#" begins a comment.
RelayDomains::Recipients recipients_in(const Value& value) {
  const std::string name = value.text();
  std::ifstream file(name);
  if (!file) {
    value.refuse("cannot read " + name);
  }
  RelayDomains::Recipients known;
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (++lines > longest_list || line.size() > longest_line) {
      value.refuse(name + " is too long for a list of recipients");
    }
    const std::string_view text = trim(std::string_view(line).substr(0, line.find('#')));
    if (!text.empty()) {
      known.insert(to_lower(text.substr(0, text.rfind('@'))));
    }
  }
  if (file.bad()) {
    value.refuse("cannot read " + name);
  }
  return known;
}

void read_relay_domains(Config& config, const Value& table) {
  RelayDomains& domains = config.services.of<RelaySettings>().relay_domains;
  table.entries([&](std::string_view domain, const Value& value) {
    std::optional<RelayDomains::Recipients> known;
    if (value.is_table()) {
      value.table({{"recipients", [&](const Value& v) { known = recipients_in(v); }}});
    } else if (!value.boolean()) {
      return;
    }
    domains.set(domain, std::move(known));
  });
}

}  // namespace

void RelayDomains::set(std::string_view domain, std::optional<Recipients> known) {
  domains_.insert_or_assign(queue::domain_of("@" + std::string(domain)), std::move(known));
}

RelayDomains::Answer RelayDomains::find(std::string_view address) const {
  if (domains_.empty()) {
    return Answer::elsewhere;
  }
  const auto found = domains_.find(queue::domain_of(address));
  if (found == domains_.end()) {
    return Answer::elsewhere;
  }
  const std::string local = to_lower(address.substr(0, address.rfind('@')));
  const std::optional<Recipients>& known = found->second;
  return !known || local == "postmaster" || known->contains(local) ? Answer::taken : Answer::no_such_user;
}

Setting relay_domains_setting() {
  return {"", "relay_domains", read_relay_domains};
}

}  // namespace posthouse::server
