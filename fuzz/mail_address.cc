// Any octets are a path, an address, a local part or a domain: what is read is within its bounds, and stays itself in each
// of its spellings.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mail/mail.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_domain(const mail::Domain& domain) {
  require(is_ascii(domain.ascii()) && domain.ascii().size() <= 255 && is_utf8(domain.unicode()));
  require(mail::Domain::parse(domain.ascii()) == domain && mail::Domain::parse(domain.unicode()) == domain);
  require(mail::Domain::parse(domain.unicode())->unicode() == domain.unicode());
}

void check_local_part(const mail::LocalPart& local_part) {
  require(is_utf8(local_part.text()));
  require(mail::LocalPart::parse(local_part.text(), mail::AddressSyntax::wire) == local_part);
  if (const auto sub = local_part.subaddress()) {
    require(sub->user.content() + '+' + sub->detail == local_part.content());
  }
}

void check_address(const mail::Address& address) {
  check_local_part(address.local_part());
  check_domain(address.domain());
  require(mail::Address::parse(address.unicode(), mail::AddressSyntax::wire) == address);
  if (const auto ascii = address.ascii()) {
    require(is_ascii(*ascii) && mail::Address::parse(*ascii, mail::AddressSyntax::wire) == address);
  }
}

void check_path(std::string_view bytes, mail::PathKind kind, mail::AddressSyntax syntax) {
  std::string_view rest = bytes;
  const auto path = mail::take_path(rest, kind, syntax);
  if (!path) {
    require(rest == bytes);
    return;
  }
  require(path->text.size() <= 254 && bytes.ends_with(rest));
  const std::string again = '<' + path->text + '>';
  std::string_view text = again;
  const auto same = mail::take_path(text, kind, syntax);
  require(same && text.empty() && same->text == path->text && same->address == path->address);
  if (path->address) {
    require(mail::is_mailbox(path->text, syntax));
    check_address(*path->address);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {mail::PathKind::reverse, mail::PathKind::forward}) {
    check_path(bytes, kind, mail::AddressSyntax::rfc);
    check_path(bytes, kind, mail::AddressSyntax::wire);
  }
  if (const auto address = mail::Address::parse(bytes)) {
    check_address(*address);
  }
  if (const auto domain = mail::Domain::parse(bytes)) {
    check_domain(*domain);
  }
  if (const auto ascii = domain_to_ascii(bytes)) {
    require(domain_to_ascii(*ascii) == ascii && domain_to_ascii(domain_to_unicode(*ascii)) == ascii);
  }
  return 0;
}
