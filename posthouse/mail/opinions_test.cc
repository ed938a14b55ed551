// What the house's earlier readers of addresses (the envelope's, the accounts', the headers') did not agree on, and what is
// right. E: in an envelope; A: as an account of one's own or its alias; H: in a header, as MessageBuilder writes it.
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mail/path.h"

namespace posthouse::mail {
namespace {

struct Opinion {
  std::string text;
  bool in_envelope;                  // is_mailbox, local parts of any length
  std::optional<std::string> ascii;  // Address::parse(text)->ascii(); nothing: it is none, or only in UTF-8
};

TEST(Addresses, WhereOpinionsDiffered) {
  const std::string local_64(64, 'l'), local_65(65, 'l');
  const Opinion opinions[] = {
      // E A H: case. Domains are compared without it, local parts with it (RFC 5321 section 2.4).
      {"Ann@ONE.test", true, "Ann@one.test"},
      // A only: the dot of the root. RFC 5321 section 4.1.2 has none; people type it.
      {"ann@one.test.", false, "ann@one.test"},
      // E A: quotes that are not needed (RFC 5321 section 4.1.2: they do not change what is meant).
      {"\"ann\"@one.test", true, "ann@one.test"},
      // E H: underscores. No host has them (RFC 1123 section 2.1), some senders do: taken on the wire, not made a domain
      // of the house (Domain::is_host_name).
      {"ann@one_two.test", true, "ann@one_two.test"},
      // E H: address literals (RFC 5321 section 4.1.3).
      {"ann@[192.0.2.1]", true, "ann@[192.0.2.1]"},
      {"ann@[IPv6:::1]", true, "ann@[IPv6:::1]"},
      // H only: a literal that is none.
      {"ann@[x]", false, std::nullopt},
      // E A took U-labels and A-labels for two domains; H made A-labels (RFC 5890 section 2.3.2.4: they are one).
      {"ann@bücher.test", true, "ann@xn--bcher-kva.test"},
      {"ann@xn--bcher-kva.test", true, "ann@xn--bcher-kva.test"},
      // E A: U-labels that are none (RFC 6531 section 3.3 has U-labels, RFC 5891 section 5.4 says which letters).
      {"ann@☃.test", false, std::nullopt},
      {"ann@5נ.test", false, std::nullopt},
      // E A H: an A-label that stands for nothing is still a name of the DNS.
      {"ann@xn--a.test", true, "ann@xn--a.test"},
      // H only: hyphens at an end (RFC 1123 section 2.1).
      {"ann@-one.test", false, std::nullopt},
      // H only: labels of 64 octets (RFC 1035 section 2.3.4).
      {"a@" + std::string(64, 'x') + ".test", false, std::nullopt},
      // RFC 5321 section 4.5.3.1.1: 64 octets, and servers that use more (H had no limit).
      {local_64 + "@one.test", true, local_64 + "@one.test"},
      {local_65 + "@one.test", true, std::nullopt},
      // E counted the quotes of a local part as nothing. They are part of it.
      {"\"" + local_64.substr(0, 61) + " \"@one.test", true, "\"" + local_64.substr(0, 61) + " \"@one.test"},
      {"\"" + local_64.substr(0, 62) + " \"@one.test", true, std::nullopt},
      // H only: a tab in quotes (RFC 5321 section 4.1.2 qtextSMTP; RFC 5322 allows it).
      {"\"a\tb\"@one.test", false, std::nullopt},
      // A H: a backslash before UTF-8 (RFC 6531 section 3.3 has it before ASCII only).
      {"\"a\\ö\"@one.test", false, std::nullopt},
      // H only: what headers may write around an address.
      {"<ann@one.test>", false, std::nullopt},
      {"ann@ one.test", false, std::nullopt},
      {"ann(x)@one.test", false, std::nullopt},
  };
  for (const Opinion& opinion : opinions) {
    EXPECT_EQ(is_mailbox(opinion.text, AddressSyntax::wire), opinion.in_envelope) << opinion.text;
    const auto address = Address::parse(opinion.text);
    EXPECT_EQ(address ? address->ascii() : std::nullopt, opinion.ascii) << opinion.text;
  }
}

}  // namespace
}  // namespace posthouse::mail
