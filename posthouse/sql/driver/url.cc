#include "posthouse/sql/driver/url.h"

#include <charconv>
#include <system_error>
#include <utility>

#include <boost/url.hpp>
#include <fmt/format.h>

#include "posthouse/sql/error.h"

namespace posthouse::sql {

std::optional<std::string> Url::take(std::string_view name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) {
    return std::nullopt;
  }
  std::string value = std::move(found->second);
  parameters.erase(found);
  return value;
}

Url parse_url(std::string_view text) {
  const boost::urls::result<boost::urls::url_view> parsed = boost::urls::parse_uri({text.data(), text.size()});
  const auto refuse = [&](const std::string& why) {
    throw Error(Errc::usage, fmt::format("bad database URL ({}://…): {}", text.substr(0, text.find(':')), why));
  };
  if (!parsed) {
    refuse("it should look like mysql://user:password@host:3306/database?name=value, other octets as %XX");
  }
  Url url;
  url.scheme = std::string(parsed->scheme());
  url.user = parsed->user();
  url.password = parsed->password();
  url.host = parsed->host_address();
  if (parsed->has_port()) {
    const std::string digits(parsed->port());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || url.port == 0) {
      refuse("the port is not from 1 to 65535");
    }
  }
  const auto segments = parsed->segments();
  if (segments.size() > 1) {
    refuse("the path names one database");
  }
  if (!segments.empty()) {
    url.database = *segments.begin();
  }
  for (const auto parameter : parsed->params()) {
    url.parameters.emplace(parameter.key, parameter.value);
  }
  for (const std::string* part : {&url.user, &url.password, &url.host, &url.database}) {
    if (part->find('\0') != std::string::npos) {
      refuse("%00");
    }
  }
  return url;
}

}  // namespace posthouse::sql
