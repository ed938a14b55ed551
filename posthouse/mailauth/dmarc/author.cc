#include "posthouse/mailauth/dmarc/author.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"

namespace posthouse::mailauth {

DmarcAuthor dmarc_author(const mime::Message& message) {
  constexpr std::size_t most_domains = 100;
  const std::size_t count = message.headers().count("From");
  if (count != 1) {
    return {{}, count == 0 ? "there is no From field" : fmt::format("there are {} From fields", count), true};
  }
  DmarcAuthor author;
  for (const mime::Address& address : mime::parse_addresses(message.headers().find("From")->raw_value(), 1'000)) {
    std::optional<std::string> domain = domain_to_ascii(address.domain());
    if (!domain) {
      return {{}, fmt::format("the author \"{}\" has no domain", printable(address.addr)), true};
    }
    if (author.domains.size() < most_domains &&
        std::find(author.domains.begin(), author.domains.end(), *domain) == author.domains.end()) {
      author.domains.push_back(std::move(*domain));
    }
  }
  if (author.domains.empty()) {
    return {{}, "the From field has no address", true};
  }
  return author;
}

}  // namespace posthouse::mailauth
