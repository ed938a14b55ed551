#include "posthouse/mailauth/keys/private_key.h"

#include <filesystem>
#include <functional>
#include <string>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "posthouse/base/digest.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/key_record.h"
#include "posthouse/mailauth/keys/public_key.h"
#include "posthouse/mailauth/keys/published_key.h"
#include "posthouse/mailauth/testing/messages.h"
#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;
using mime::read_file;

Errc code_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    return error.errc();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Errc::crypto;
}

TEST(PrivateKey, SignsWhatItsRecordVerifies) {
  for (const KeyType type : {KeyType::rsa, KeyType::ed25519}) {
    const PrivateKey key = PrivateKey::generate(type, 1024);
    EXPECT_EQ(key.type(), type);
    std::string why;
    const auto record = parse_key_record(key.record_text(), why);
    ASSERT_TRUE(record) << why;
    EXPECT_EQ(record->key_type(), type);
    const auto published = PublicKey::read(type, record->key, why);
    ASSERT_NE(published, nullptr) << why;
    EXPECT_EQ(published->bits(), key.bits());
    const std::string signature = key.sign(sha256("a"));
    EXPECT_TRUE(published->verify(sha256("a"), signature));
    EXPECT_FALSE(published->verify(sha256("b"), signature));
    EXPECT_FALSE(published->verify(sha256("a"), signature.substr(1)));
    EXPECT_FALSE(published->verify(sha256("a"), ""));
  }
}

TEST(PrivateKey, IsKeptInAFileThatNobodyElseReads) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "key.pem";
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519);
  key.save(file);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(PrivateKey::load(file).public_octets(), key.public_octets());
  EXPECT_EQ(code_of([&] { key.save(file); }), Errc::key_file) << "a key is never overwritten";
}

TEST(PrivateKey, IsRefusedWhereOthersMayReadIt) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "key.pem";
  PrivateKey::generate(KeyType::ed25519).save(file);
  for (const unsigned mode : {0640U, 0604U, 0620U, 0602U, 0610U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_EQ(code_of([&] { PrivateKey::load(file); }), Errc::key_file) << std::oct << mode;
  }
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  EXPECT_NO_THROW(PrivateKey::load(file));
  EXPECT_EQ(code_of([&] { PrivateKey::load(folder.path()); }), Errc::key_file);
  EXPECT_EQ(code_of([&] { PrivateKey::load(folder.path() / "none.pem"); }), Errc::key_file);
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of([&] { PrivateKey::load(folder.path() / "pipe"); }), Errc::key_file) << "and does not wait there";
}

TEST(PrivateKey, RefusesWhatIsNone) {
  EXPECT_EQ(code_of([] { PrivateKey::generate(KeyType::rsa, 512); }), Errc::key);
  EXPECT_EQ(code_of([] { PrivateKey::generate(KeyType::rsa, 16'384); }), Errc::key);
  EXPECT_EQ(code_of([] { PrivateKey::from_pem(""); }), Errc::key);
  EXPECT_EQ(code_of([] { PrivateKey::from_pem(std::string(100'000, 'x')); }), Errc::key);
  EXPECT_EQ(code_of([] {
              PrivateKey::from_pem(
                  "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIODDI+Yw5ZGTAfuUkYqLhLKGJY5qL2fEQQOmcWyMvOVn\n"
                  "-----END PRIVATE KEY-----\n");
            }),
            Errc::key)
      << "X25519 signs nothing";
}

TEST(PrivateKey, IsReadInBothForms) {
  const PrivateKey key = PrivateKey::generate(KeyType::rsa, 1024);
  EXPECT_EQ(PrivateKey::from_pem(key.pem()).public_octets(), key.public_octets());
  EXPECT_NE(key.pem().find("BEGIN PRIVATE KEY"), std::string::npos);
  if (std::filesystem::exists(corpus() / "mimekit/dkim/example.pem")) {
    const PrivateKey old = PrivateKey::from_pem(read_file(corpus() / "mimekit/dkim/example.pem"));
    EXPECT_EQ(old.bits(), 1024U);
    const std::string zone = read_file(corpus() / "mimekit/dkim/example.tinydns");
    EXPECT_NE(zone.find(old.record_text().substr(old.record_text().find("p="))), std::string::npos);
  }
}

TEST(ZoneLine, HasStringsOfAtMost255Octets) {
  EXPECT_EQ(zone_line("a.test", "x"), "a.test. IN TXT ( \"x\" )");
  EXPECT_EQ(zone_line("a.test", "a\"\\"), "a.test. IN TXT ( \"a\\\"\\\\\" )");
  EXPECT_EQ(zone_line("a.test", std::string(300, 'x')),
            "a.test. IN TXT ( \"" + std::string(255, 'x') + "\" \"" + std::string(45, 'x') + "\" )");
}

TEST(PublishedKey, IsHeldAgainstOurs) {
  const PrivateKey ours = PrivateKey::generate(KeyType::ed25519);
  const PrivateKey other = PrivateKey::generate(KeyType::ed25519);
  const PrivateKey rsa = PrivateKey::generate(KeyType::rsa, 1024);
  testing::ZoneResolver resolver({{"good._domainkey.example.test", {ours.record_text()}},
                                  {"trying._domainkey.example.test", {"v=spf1 -all", ours.record_text() + "; t=y"}},
                                  {"other._domainkey.example.test", {other.record_text()}},
                                  {"rsa._domainkey.example.test", {rsa.record_text()}},
                                  {"gone._domainkey.example.test", {"v=DKIM1; k=ed25519; p="}},
                                  {"sha1._domainkey.example.test", {ours.record_text() + "; h=sha1"}},
                                  {"tls._domainkey.example.test", {ours.record_text() + "; s=tlsrpt"}},
                                  {"two._domainkey.example.test", {ours.record_text(), other.record_text()}}});
  resolver.timeout("slow._domainkey.example.test");
  const auto check = [&](const char* selector) {
    return check_published_key(resolver, selector, "example.test", ours);
  };
  EXPECT_EQ(check("good").verdict, Verdict::pass) << check("good").reason;
  EXPECT_EQ(check("good").found, ours.record_text());
  EXPECT_EQ(check("trying").verdict, Verdict::pass);
  EXPECT_TRUE(check("trying").testing);
  EXPECT_EQ(check("other").verdict, Verdict::fail);
  for (const char* selector : {"rsa", "gone", "sha1", "tls", "two", "none"}) {
    EXPECT_EQ(check(selector).verdict, Verdict::permerror) << selector;
    EXPECT_FALSE(check(selector).reason.empty());
  }
  EXPECT_EQ(check("slow").verdict, Verdict::temperror);
}

}  // namespace
}  // namespace posthouse::mailauth
