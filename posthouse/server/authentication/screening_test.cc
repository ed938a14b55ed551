// Where a letter comes from, as the house finds it out, acts on it and vouches for its own; without the sockets.
#include "posthouse/server/authentication/screening.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mailauth/arc/sealer.h"
#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/mime/fields/authentication_results.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/server/error.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/services.h"
#include "posthouse/server/smtp/intake_testing.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const mailauth::PrivateKey& key_of_two() {
  static const auto key = mailauth::PrivateKey::generate(mailauth::KeyType::ed25519);
  return key;
}

const mailauth::PrivateKey& rsa_key_of_one() {
  static const auto key = mailauth::PrivateKey::generate(mailauth::KeyType::rsa, 1024);
  return key;
}

std::string letter_from(const std::string& from, const std::string& more = {}) {
  return more + "From: <" + from +
         ">\r\nSubject: hello\r\nMessage-ID: <1@x>\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n" +
         "\r\nHello,\r\n  here  \r\n\r\n";
}

class ScreeningTest : public IntakeTest {
 protected:
  ScreeningTest() {
    accounts().add_domain("other.test");
    stranger.helo = "mx.two.test";
    user.kind = smtp::Kind::submission;
    user.user = ann.address;
    user.user_id = ann.id;
    user.hostname = house.hostname;
    rules.screening.resolver = &dns;
    dns.txt("two.test", "v=spf1 ip4:192.0.2.1 -all")
        .txt("_dmarc.two.test", "v=DMARC1; p=reject")
        .txt("k._domainkey.two.test", key_of_two().record_text())
        .txt("_dmarc.soft.test", "v=DMARC1; p=quarantine")
        .txt("_dmarc.trial.test", "v=DMARC1; p=reject; t=y")
        .txt("_dmarc.asks.test", "v=DMARC1; p=none")
        .name("soft.test")
        .name("trial.test")
        .name("asks.test")
        .name("free.test");
    rules.judging.enabled = false;  // it is not asked here what such letters look like
    forger.peer = net::Address("203.0.113.7", 4000);
    forger.helo = "forger.test";
    forger.hostname = house.hostname;
  }

  /// Sends one message to ann in chunks of `size` octets; the reply to it.
  smtp::Reply send(const smtp::Session& session, const std::string& message, std::string from = {},
                   std::size_t size = 1000) {
    SmtpBackend backend(house, rules, visits, busy);
    if (from.empty()) {
      from = session.user.empty() ? "bob@two.test" : session.user;
    }
    smtp::Envelope envelope{.reverse_path = from};
    EXPECT_TRUE(backend.mail(session, envelope).positive());
    EXPECT_TRUE(backend.recipient(session, envelope, "ann@one.test").positive());
    envelope.recipients.emplace_back("ann@one.test");
    const auto data = backend.data(session, envelope);
    for (std::size_t at = 0; at < message.size(); at += size) {
      data->append(std::string_view(message).substr(at, size));
    }
    return data->finish();
  }
  std::vector<std::string> messages(const char* mailbox = "INBOX") { return IntakeTest::messages(ann, mailbox); }
  /// What our field says of the last message in INBOX: "pass".
  std::string told(std::string_view method) {
    const std::string raw = messages().back();
    const auto message = mime::Message::view(raw);
    const auto field = message.headers().find("Authentication-Results");
    EXPECT_TRUE(field) << raw;
    const auto results = mime::parse_authentication_results(field ? field->raw_value() : "");
    EXPECT_EQ(results.authserv_id, "mail.one.test");
    const auto* const found = results.find(method);
    return found == nullptr ? "" : found->result;
  }
  static std::string signed_by_two(const std::string& message) {
    mailauth::DkimSigner signer({{mail::Domain("two.test"), "k", key_of_two()}});
    signer.add(message);
    return signer.finish() + message;
  }

  mailauth::testing::ZoneResolver dns;
  smtp::Session user, forger;
};

TEST_F(ScreeningTest, WhatIsFoundOutStandsInFrontOfTheLetter) {
  const std::string letter = signed_by_two(letter_from("bob@two.test"));
  for (const std::size_t size : {1UL, 1000UL}) {
    EXPECT_TRUE(send(stranger, letter, {}, size).positive());
    EXPECT_THAT(messages().back(), StartsWith("Return-Path: <bob@two.test>\r\nAuthentication-Results: mail.one.test;"));
    EXPECT_THAT(messages().back(), EndsWith("\r\n" + letter)) << "not an octet of it is changed";
    EXPECT_EQ(told("dkim") + told("dmarc") + told("arc"), "passpassnone");
  }
  EXPECT_THAT(messages("Junk"), SizeIs(0));
}

TEST_F(ScreeningTest, OneFieldIsOurs) {
  const std::string letter = letter_from("bob@two.test",
                                         "Authentication-Results: mail.one.test; dkim=pass header.d=bank.test\r\n"
                                         "Authentication-Results: other.test; dkim=pass header.d=bank.test\r\n");
  EXPECT_TRUE(send(stranger, letter).positive());
  EXPECT_EQ(told("dkim"), "none");
  EXPECT_THAT(messages().back(), HasSubstr("\r\nAuthentication-Results: other.test;"));
  EXPECT_EQ(messages().back().find("Authentication-Results: mail.one.test"),
            messages().back().rfind("Authentication-Results: mail.one.test"));
}

TEST_F(ScreeningTest, AForgedLetterGoesToJunk) {
  EXPECT_TRUE(send(forger, letter_from("bob@two.test")).positive());
  EXPECT_THAT(messages(), SizeIs(0));
  ASSERT_THAT(messages("Junk"), SizeIs(1));
  EXPECT_THAT(messages("Junk")[0], HasSubstr("dmarc=fail"));
}

TEST_F(ScreeningTest, AScriptDecidesWhatItSpeaksOfAndTheRestGoesToJunk) {
  ScriptShelf shelf;
  rules.shelf = &shelf;
  filter(ann, "if header :is \"subject\" \"wanted\" { keep; }");
  EXPECT_TRUE(send(forger, letter_from("bob@two.test")).positive());
  EXPECT_TRUE(send(forger, letter_from("bob@two.test", "Subject: wanted\r\n")).positive());
  EXPECT_TRUE(send(stranger, signed_by_two(letter_from("bob@two.test"))).positive());
  ASSERT_THAT(messages("Junk"), SizeIs(1));
  EXPECT_THAT(messages("Junk")[0], HasSubstr("dmarc=fail"));
  ASSERT_THAT(messages(), SizeIs(2));
  EXPECT_THAT(messages()[0], HasSubstr("dmarc=fail"));
  EXPECT_EQ(told("dmarc"), "pass");
}

TEST_F(ScreeningTest, ByRejectThePolicyIsDone) {
  rules.screening.settings.dmarc = DmarcUse::reject;
  const smtp::Reply refused = send(forger, letter_from("bob@two.test"));
  EXPECT_THAT(refused.to_string(), StartsWith("550 5.7.1 This is not from two.test"));
  EXPECT_TRUE(send(forger, letter_from("eve@soft.test")).positive());
  EXPECT_TRUE(send(forger, letter_from("eve@trial.test")).positive());
  EXPECT_THAT(messages("Junk"), SizeIs(2)) << "quarantine, and reject that is only tried out (t=y)";
  EXPECT_TRUE(send(forger, letter_from("eve@asks.test")).positive());
  EXPECT_TRUE(send(forger, letter_from("eve@free.test")).positive());
  EXPECT_THAT(messages(), SizeIs(2)) << "p=none, and no record at all";
}

TEST_F(ScreeningTest, OffOnlyTells) {
  rules.screening.settings.dmarc = DmarcUse::off;
  EXPECT_TRUE(send(forger, letter_from("bob@two.test")).positive());
  EXPECT_EQ(told("dmarc"), "fail");
  dns.timeout("_dmarc.slow.test");
  EXPECT_TRUE(send(forger, letter_from("bob@slow.test")).positive());
  EXPECT_EQ(told("dmarc"), "temperror");
}

TEST_F(ScreeningTest, WhoShowsSeveralAuthorsIsRefused) {
  rules.screening.settings.dmarc = DmarcUse::reject;
  EXPECT_THAT(send(stranger, letter_from("bob@two.test", "From: <eve@free.test>\r\n")).to_string(),
              StartsWith("550 5.7.1 From:"));
  EXPECT_THAT(send(stranger, "Subject: nobody's\r\n\r\nx\r\n").to_string(), StartsWith("550 5.7.1 From:"));
  EXPECT_THAT(messages(), SizeIs(0));
}

TEST_F(ScreeningTest, WhatTheDnsLeavesOpenWaits) {
  dns.timeout("_dmarc.slow.test").timeout("key._domainkey.two.test");
  EXPECT_THAT(send(forger, letter_from("bob@slow.test")).to_string(), StartsWith("451 4.7.0 "));
  std::string letter = signed_by_two(letter_from("bob@two.test"));
  letter.replace(letter.find("s=k;"), 4, "s=key;");
  EXPECT_THAT(send(forger, letter).to_string(), StartsWith("451 4.7.0 ")) << "the key might have fitted";
  EXPECT_TRUE(send(stranger, letter).positive()) << "SPF passes: nothing is open";
  EXPECT_THAT(messages("Junk"), SizeIs(0));

  rules.screening.settings.defer = false;
  EXPECT_TRUE(send(forger, letter_from("bob@slow.test")).positive());
  EXPECT_EQ(told("dmarc"), "temperror");
}

TEST_F(ScreeningTest, SomeAreExempt) {
  rules.screening.settings.dmarc = DmarcUse::reject;
  Exemptions& exempt = rules.screening.settings.exempt;
  const std::string letter = letter_from("bob@two.test");
  exempt = {.networks = {net::IpNetwork::parse("203.0.113.0/24")}};
  EXPECT_TRUE(send(forger, letter).positive());
  EXPECT_EQ(told("dmarc"), "fail") << "it is still told";
  exempt = {.domains = {mail::Domain("two.test")}};
  EXPECT_TRUE(send(forger, letter, "x@elsewhere.test").positive());
  exempt = {.domains = {mail::Domain("lists.test")}};
  EXPECT_TRUE(send(forger, letter, "bounces@mail.lists.test").positive());
  exempt = {.senders = {mail::Address("bounces@lists.test")}};
  EXPECT_TRUE(send(forger, letter, "bounces@lists.test").positive());
  exempt = {.domains = {mail::Domain("wo.test")}, .senders = {mail::Address("x@lists.test")}};
  EXPECT_EQ(send(forger, letter, "bounces@lists.test").code, 550);
}

// A mailing list changes the subject, which breaks the signature, and seals what it had found out.
TEST_F(ScreeningTest, ATrustedSealersWordCounts) {
  rules.screening.settings.dmarc = DmarcUse::reject;
  dns.txt("s._domainkey.lists.test", key_of_two().record_text());
  std::string letter = signed_by_two(letter_from("bob@two.test"));
  letter.replace(letter.find("Subject: hello"), 14, "Subject: [list] hello");
  const auto octets = std::make_shared<mailauth::SignedMessage>();
  mime::AuthenticationResults found{.authserv_id = "lists.test", .results = {}};
  found.results.push_back({.method = "dmarc", .result = "pass"});
  mailauth::ArcSealer sealer(octets, {mail::Domain("lists.test"), "s", key_of_two()});
  octets->add(letter);
  letter = sealer.seal(mailauth::Verdict::none, found) + letter;

  EXPECT_EQ(send(forger, letter).code, 550);
  rules.screening.settings.sealers = {mail::Domain("lists.test")};
  EXPECT_TRUE(send(forger, letter).positive());
  EXPECT_EQ(told("arc") + told("dmarc"), "passfail");

  // The list's own word on a letter of its own is none on this one.
  found.results.front().properties = {{"header", "from", "elsewhere.test"}};
  const auto again = std::make_shared<mailauth::SignedMessage>();
  mailauth::ArcSealer other(again, {mail::Domain("lists.test"), "s", key_of_two()});
  const std::string bare = letter_from("bob@two.test");
  again->add(bare);
  EXPECT_EQ(send(forger, other.seal(mailauth::Verdict::none, found) + bare).code, 550);
}

TEST_F(ScreeningTest, SomeAreNotLookedAt) {
  rules.screening.settings.dmarc = DmarcUse::reject;
  forger.peer = net::Address("127.0.0.1", 4000);
  EXPECT_TRUE(send(forger, letter_from("bob@two.test")).positive()) << "programs of this machine";
  rules.screening.settings.trusted.clear();
  EXPECT_FALSE(send(forger, letter_from("bob@two.test")).positive());
  rules.screening.settings.verify = false;
  EXPECT_TRUE(send(forger, letter_from("bob@two.test")).positive());
  dns.questions.clear();
  rules.screening.settings.verify = true;
  EXPECT_TRUE(send(user, letter_from("bob@two.test")).positive()) << "who has logged in";
  EXPECT_THAT(dns.questions, SizeIs(0));
  for (const std::string& message : messages()) {
    EXPECT_THAT(message, Not(HasSubstr("Authentication-Results")));
  }
}

class SigningTest : public ScreeningTest {
 protected:
  SigningTest() {
    const std::vector<mailauth::SigningKey> keys = {{mail::Domain("one.test"), "rsa", rsa_key_of_one()},
                                                    {mail::Domain("one.test"), "ed", key_of_two()},
                                                    {mail::Domain("other.test"), "ed", key_of_two()}};
    rules.signing = std::make_shared<SigningKeys>(keys);
    dns.txt("rsa._domainkey.one.test", rsa_key_of_one().record_text())
        .txt("ed._domainkey.one.test", key_of_two().record_text());
  }
  /// Of the last message in INBOX, as another server gets it.
  std::vector<mailauth::DkimResult> verified() {
    std::string message = messages().back();
    message.erase(0, message.find("\r\n") + 2);  // Return-Path
    return mailauth::verify_message(message, {}, dns).dkim;
  }
};

TEST_F(SigningTest, WhatAUserSubmitsIsSignedAsItIsStored) {
  const std::string bare = "Bcc: <eve@one.test>\r\nReturn-Path: <x@y>\r\nFrom: Ann <ann@one.test>\r\nSubject: x";
  for (const std::string& letter : {letter_from("ann@one.test"), bare + "\r\n\r\nHello\r\n", bare}) {
    for (const std::size_t size : {1UL, 1000UL}) {
      EXPECT_TRUE(send(user, letter, {}, size).positive());
      const auto results = verified();
      ASSERT_THAT(results, SizeIs(2)) << messages().back();
      EXPECT_EQ(results[0].verdict, mailauth::Verdict::pass) << messages().back();
      EXPECT_EQ(results[1].verdict, mailauth::Verdict::pass) << messages().back();
      EXPECT_EQ(results[0].domain + " " + results[0].algorithm, "one.test rsa-sha256");
    }
  }
  EXPECT_TRUE(send(user, letter_from("ann@mail.one.test"), "ann@one.test").positive());
  EXPECT_THAT(verified(), SizeIs(0)) << "an address of another domain than the user's";
}

TEST_F(SigningTest, NobodySpeaksForAnotherDomainOfTheHouse) {
  EXPECT_TRUE(send(user, letter_from("boss@other.test")).positive());
  EXPECT_THAT(verified(), SizeIs(0));
  EXPECT_TRUE(send(user, letter_from("ann@one.test", "From: <boss@other.test>\r\n")).positive());
  EXPECT_THAT(verified(), SizeIs(0));
  house.store->accounts().add_alias("info@other.test", {"ann@one.test"});
  dns.txt("ed._domainkey.other.test", key_of_two().record_text());
  EXPECT_TRUE(send(user, letter_from("info@other.test")).positive());
  ASSERT_THAT(verified(), SizeIs(1));
  EXPECT_EQ(verified()[0].domain, "other.test");
}

TEST_F(SigningTest, StrangersAreNotSigned) {
  EXPECT_TRUE(send(stranger, letter_from("ann@one.test")).positive());
  EXPECT_THAT(messages().back(), Not(HasSubstr("DKIM-Signature")));
}

TEST_F(SigningTest, TheHouseSignsItsReports) {
  const std::string report = letter_from("mailer-daemon@mail.one.test");
  const std::string message = rules.signing->sign(report) + report;
  const auto results = mailauth::verify_message(message, {}, dns).dkim;
  ASSERT_THAT(results, SizeIs(2)) << "by the domain above";
  EXPECT_EQ(results[1].verdict, mailauth::Verdict::pass);
  EXPECT_EQ(rules.signing->sign(letter_from("x@elsewhere.test")), "");
}

std::string completing(const std::string& text) {
  try {
    Config config = parse_config(text, "p.toml", config_schema());
    complete(config, config_schema());
    return std::to_string(config.services.of<DkimSettings>().keys.size());
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(SigningSettings, KeysAreReadWhenTheServerStarts) {
  const test::TemporaryFolder folder{test::fast_folder()};
  const std::string file = folder.file("key.pem");
  key_of_two().save(file);
  const auto table = [&](const std::string& selector, const std::string& key) {
    return "[[dkim]]\ndomain = \"one.test\"\nselector = \"" + selector + "\"\nkey = \"" + key + "\"\n";
  };
  EXPECT_EQ(completing(table("a", file) + table("b", file)), "2");
  EXPECT_THAT(completing(table("a", file) + table("a", file)), HasSubstr("selector already"));
  EXPECT_THAT(completing("[[dkim]]\ndomain = \"one.test\"\n"), HasSubstr("domain, selector and key"));
  std::filesystem::create_directory(folder.file("keys"));
  const std::string whole = "[[dkim]]\ndomain = \"one.test\"\nfolder = \"" + folder.file("keys") + "\"\n";
  EXPECT_EQ(completing(whole), "0");
  key_of_two().save(folder.file("keys/b.pem"));
  key_of_two().save(folder.file("keys/c.next"));
  EXPECT_EQ(completing(whole + table("a", file)), "2");
  EXPECT_THAT(completing("[[dkim]]\ndomain = \"one.test\"\nfolder = \"/nowhere\"\n"),
              StartsWith("dkim: the folder /nowhere of one.test: "));
  EXPECT_THAT(completing(whole + "selector = \"a\"\n"), HasSubstr("or domain and folder"));
  EXPECT_THAT(completing("[[dkim]]\ndomain = \"[192.0.2.1]\"\n"), HasSubstr("a domain is wanted"));
  EXPECT_THAT(completing(table("a_b.", file)), StartsWith("p.toml:1: dkim: "));
  EXPECT_THAT(completing(table("a", folder.file("absent"))), StartsWith("p.toml: dkim: the key a of one.test: "));
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_THAT(completing(table("a", file)), HasSubstr(file));
  EXPECT_NO_THROW(parse_config(table("a", file), "p.toml", config_schema())) << "commands need not read the key";
}

}  // namespace
}  // namespace posthouse::server
