#include "posthouse/mailauth/keys/key_name.h"

#include <string>

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/key_record.h"

namespace posthouse::mailauth {

void check_key_name(std::string_view selector, const mail::Domain& domain) {
  if (domain.is_literal()) {
    throw Error(Errc::name, "no key can be published under " + domain.ascii());
  }
  if (domain_to_ascii(selector) != to_lower(selector)) {
    throw Error(Errc::name, "\"" + printable(selector, 80) + "\" is no selector");
  }
  if (const std::string name = key_record_name(selector, domain.ascii()); !domain_to_ascii(name).has_value()) {
    throw Error(Errc::name, name + " is too long a name");
  }
}

}  // namespace posthouse::mailauth
