#include "posthouse/mailauth/keys/key_record.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/keys/key_cache.h"
#include "posthouse/mailauth/keys/key_lookup.h"
#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/mailauth/keys/public_key.h"
#include "posthouse/mailauth/testing/corpus_records.h"
#include "posthouse/mailauth/testing/examples.h"
#include "posthouse/mailauth/wire/tag_list.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;

TEST(KeyRecord, OfEveryShape) {
  std::string why;
  const auto record = parse_key_record(
      "v = DKIM1 ;   h\t=\tsha1 \t:\t SHA256:unknown\t;k=ed25519; n = notes...; p = JDc bZ0Hpb "
      "a5NK\tXI4UAW3G0IDhhFOxhJTDy"
      "bZEwe1FeA=  ;s = email : tlsrpt; t = y\t: t; unknown = bogus;",
      why);
  ASSERT_TRUE(record) << why;
  EXPECT_EQ(record->key_type(), KeyType::ed25519);
  EXPECT_EQ(record->key.size(), 32U);
  EXPECT_TRUE(record->allows_hash("sha256"));
  EXPECT_FALSE(record->allows_hash("sha512"));
  EXPECT_TRUE(record->allows_email());
  EXPECT_TRUE(record->testing);
  EXPECT_FALSE(record->strict);
  EXPECT_EQ(record->notes, "notes...");
}

TEST(KeyRecord, MayBeShort) {
  std::string why;
  const auto record = parse_key_record("p=", why);
  ASSERT_TRUE(record) << why;
  EXPECT_TRUE(record->key.empty());
  EXPECT_EQ(record->key_type(), KeyType::rsa);
  EXPECT_TRUE(record->allows_hash("sha256"));
  EXPECT_TRUE(record->allows_email());
  EXPECT_FALSE(parse_key_record("p=; s=tlsrpt", why)->allows_email());
  EXPECT_TRUE(parse_key_record("p=; s=*", why)->allows_email());
  EXPECT_FALSE(parse_key_record("p=; h=sha1", why)->allows_hash("sha256"));
  EXPECT_TRUE(parse_key_record("p=; t=s:x", why)->strict);
  EXPECT_FALSE(parse_key_record("k=ed2014; p=", why)->key_type());
}

TEST(KeyRecord, RefusesWhatIsNone) {
  for (const char* text : {"", "v=spf1 -all", "v=DKIM1", "p=; v=DKIM1", "v=dkim1; p=", "v=DKIM2; p=", "v=DKIM1; p=; p=",
                           "v=DKIM1; p=*", "v=DKIM1; k=rsa; omgwhatsgoingon"}) {
    std::string why;
    EXPECT_FALSE(parse_key_record(text, why)) << text;
    EXPECT_FALSE(why.empty());
  }
}

// The verdicts are mox's. Where ours differ: a blank behind the last ";" hurts nobody, and much of what is published has
// one; a key of a kind that nobody knows is refused when it is used, not when it is read.
TEST(KeyRecord, CorpusIsJudgedAsByOthers) {
  POSTHOUSE_NEEDS_CORPUS("auth-records");
  int seen = 0;
  for (const auto& [is_good, text] : corpus_records("dkim-record")) {
    std::string why;
    const auto record = parse_key_record(text, why);
    const bool good = record && record->key_type() &&
                      (record->key.empty() || PublicKey::read(*record->key_type(), record->key, why) != nullptr);
    const bool expected = is_good || text == "v=DKIM1; p=; ";
    EXPECT_EQ(good, expected) << text << ": " << why;
    ++seen;
  }
  EXPECT_GT(seen, 10);
}

TEST(PublicKey, IsReadInBothForms) {
  // A bare RSAPublicKey, as in mail-auth's second message.
  std::string why;
  const auto bare = decode_tag_base64(
      "MIGJAoGBALVI635dLK4cJJAH3Lx6upo3X/Lm1tQz3mezcWTA3BUBnyIsdnRf57aD5BtNmhPrYYDlWlzw3UgnKisIxktkk5+iMQMlFtAS10JB8L3Y"
      "adXNJY+JBcbeSi5TgJe4WFzNgW95FWDAuSTRXSWZfA/8xjflbTLDx0euFZOM7C4T0GwLAgMBAAE=");
  const auto key = PublicKey::read(KeyType::rsa, *bare, why);
  ASSERT_NE(key, nullptr) << why;
  EXPECT_EQ(key->bits(), 1024U);
  EXPECT_EQ(PublicKey::read(KeyType::rsa, *bare + "x", why), nullptr);
  EXPECT_EQ(PublicKey::read(KeyType::ed25519, *bare, why), nullptr);
  const auto whole = parse_key_record(rfc8463_rsa_record, why);
  ASSERT_NE(PublicKey::read(KeyType::rsa, whole->key, why), nullptr) << why;
  EXPECT_EQ(PublicKey::read(KeyType::ed25519, whole->key, why), nullptr);
  EXPECT_EQ(PublicKey::read(KeyType::ed25519, std::string(31, 'x'), why), nullptr);
  EXPECT_EQ(PublicKey::read(KeyType::rsa, "", why), nullptr);
}

std::string der_length(std::size_t length) {
  std::string out;
  out += '\x82';
  out += static_cast<char>(length >> 8);
  out += static_cast<char>(length & 0xff);
  return out;
}

std::string rsa_public_key(std::size_t modulus_octets, std::size_t exponent_octets) {
  const auto integer = [](std::size_t octets) {
    return "\x02" + der_length(octets + 1) + std::string(1, '\0') + std::string(octets, '\xff');
  };
  const std::string numbers = integer(modulus_octets) + integer(exponent_octets);
  return "\x30" + der_length(numbers.size()) + numbers;
}

// Each costs its verifier milliseconds to seconds.
TEST(PublicKey, IsRefusedWhereItIsExpensive) {
  std::string why;
  EXPECT_NE(PublicKey::read(KeyType::rsa, rsa_public_key(256, 3), why), nullptr) << why;
  EXPECT_EQ(PublicKey::read(KeyType::rsa, rsa_public_key(256, 255), why), nullptr);
  EXPECT_EQ(PublicKey::read(KeyType::rsa, rsa_public_key(4096, 3), why), nullptr);
}

TEST(KeyCache, GivesTheSameKeyAndForgets) {
  KeyCache cache(2);
  std::string why;
  const std::string one = PrivateKey::generate(KeyType::ed25519).public_octets();
  const auto first = cache.read(KeyType::ed25519, one, why);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(cache.read(KeyType::ed25519, one, why), first);
  EXPECT_EQ(cache.read(KeyType::rsa, one, why), nullptr);
  for (int i = 0; i < 10; ++i) {
    cache.read(KeyType::ed25519, PrivateKey::generate(KeyType::ed25519).public_octets(), why);
    if (i < 2) {
      EXPECT_EQ(cache.read(KeyType::ed25519, one, why), first);
    }
  }
  EXPECT_NE(cache.read(KeyType::ed25519, one, why), first);
}

TEST(KeyLookup, TellsWhyThereIsNoKey) {
  testing::ZoneResolver resolver({{"a._domainkey.example.test", {"v=spf1 -all"}},
                                  {"b._domainkey.example.test", {}},
                                  {"c._domainkey.example.test", {"v=spf1 -all", "p=", "p=", "p=", "p="}}});
  resolver.timeout("d._domainkey.example.test");
  const auto look_up = [&](const char* selector) { return look_up_key(resolver, selector, "example.test"); };
  EXPECT_EQ(look_up("a").verdict, Verdict::permerror);
  EXPECT_EQ(look_up("a").texts.size(), 1U);
  EXPECT_EQ(look_up("b").verdict, Verdict::permerror);
  EXPECT_EQ(look_up("c").verdict, Verdict::pass);
  EXPECT_EQ(look_up("c").records.size(), 3U);
  EXPECT_EQ(look_up("d").verdict, Verdict::temperror);
  EXPECT_EQ(look_up("e").verdict, Verdict::permerror);
  EXPECT_NE(look_up("e").reason.find("does not exist"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::mailauth
