#include "posthouse/imap/client/client_support.h"

#include <utility>

#include "posthouse/base/portions.h"
#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/grammar.h"
#include "posthouse/mime/charset/net_unicode.h"

namespace posthouse::imap {

MailboxName checked_mailbox(const std::string& name) {
  auto good = mime::net_unicode(name);
  if (!good || good->empty()) {
    throw Error(Errc::usage, "no mailbox can have the name " + printable(name));
  }
  return {iequals(*good, "INBOX") ? "INBOX" : *std::move(good)};
}

void check_atom(std::string_view text, const char* what) {
  if (!is_atom(text)) {
    throw Error(Errc::usage, printable(text) + " is no " + what);
  }
}

void check_flags(const Flags& flags) {
  for (std::string_view name : flags.others()) {
    check_atom(name.starts_with('\\') ? name.substr(1) : name, "flag");
  }
}

void check_selected(const ClientSession& session) {
  if (!session.selected) {
    throw Error(Errc::usage, "no mailbox is selected");
  }
}

void demand(ClientSession& session, std::string_view capability) {
  if (!session.offers(capability)) {
    throw Error(Errc::unsupported, "the IMAP server has no " + std::string(capability));
  }
}

std::vector<SequenceSet> in_portions(const NumberSet& uids) {
  constexpr std::size_t max_ranges = 300;  // of 21 octets and a comma at most
  std::vector<SequenceSet> portions;
  posthouse::in_portions(std::span<const NumberRange>(uids.ranges()), max_ranges,
                         [&](std::span<const NumberRange> some) {
                           portions.emplace_back(std::vector<NumberRange>(some.begin(), some.end()));
                         });
  return portions;
}

}  // namespace posthouse::imap
