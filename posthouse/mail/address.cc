#include "posthouse/mail/address.h"

#include "posthouse/base/text.h"
#include "posthouse/mail/error.h"

namespace posthouse::mail {
namespace {

std::optional<Address> parse_or_say(std::string_view text, AddressSyntax syntax, std::string_view& why) {
  auto local_part = LocalPart::take(text, syntax);
  if (!local_part) {
    why = "there is no local part";
    return std::nullopt;
  }
  if (!text.starts_with('@')) {
    why = "local@domain is expected";
    return std::nullopt;
  }
  auto domain = Domain::parse(text.substr(1));
  if (!domain) {
    why = "there is no domain behind the @";
    return std::nullopt;
  }
  return Address(*std::move(local_part), *std::move(domain));
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text, AddressSyntax syntax) {
  std::string_view ignored;
  return parse_or_say(text, syntax, ignored);
}

Address::Address(std::string_view text)
    : Address([&] {
        std::string_view why;
        auto parsed = parse_or_say(text, AddressSyntax::rfc, why);
        if (!parsed) {
          throw Error(Errc::address, "not an address: " + printable(text) + " (" + std::string(why) + ")");
        }
        return *std::move(parsed);
      }()) {}

std::string Address::unicode() const {
  return local_part_.text() + '@' + domain_.unicode();
}

std::optional<std::string> Address::ascii() const {
  if (!local_part_.is_ascii()) {
    return std::nullopt;
  }
  return local_part_.text() + '@' + domain_.ascii();
}

}  // namespace posthouse::mail
