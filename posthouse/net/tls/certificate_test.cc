#include "posthouse/net/tls/certificate.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_openssl.h"

namespace posthouse::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SelfSignedFiles : public ::testing::Test {
 protected:
  openssl::Certificate certificate() const {
    std::FILE* file = std::fopen(cert_.c_str(), "r");
    openssl::Certificate read(file == nullptr ? nullptr : PEM_read_X509(file, nullptr, nullptr, nullptr));
    if (file != nullptr) {
      std::fclose(file);
    }
    return read;
  }
  openssl::Key key() const {
    std::FILE* file = std::fopen(key_.c_str(), "r");
    openssl::Key read(file == nullptr ? nullptr : PEM_read_PrivateKey(file, nullptr, nullptr, nullptr));
    if (file != nullptr) {
      std::fclose(file);
    }
    return read;
  }
  static unsigned mode(const std::string& file) {
    struct stat status{};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  test::TemporaryFolder folder_;
  std::string cert_ = folder_.file("cert.pem");
  std::string key_ = folder_.file("key.pem");
};

TEST_F(SelfSignedFiles, HaveARecordForTheDns) {
  make_self_signed(cert_, key_, {"mail.one.test"}, 10);
  const TlsaRecord record = tlsa_of(cert_);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const auto certificate = this->certificate();
  unsigned char* octets = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &octets);
  ASSERT_GT(length, 0);
  ASSERT_EQ(EVP_Digest(octets, static_cast<std::size_t>(length), digest, &size, EVP_sha256(), nullptr), 1);
  OPENSSL_free(octets);
  EXPECT_EQ(record, (TlsaRecord{3, 1, 1, std::string(reinterpret_cast<const char*>(digest), size)}));
  EXPECT_THROW(tlsa_of(key_), Error);
  EXPECT_THROW(tlsa_of(folder_.file("none.pem")), Error);
}

TEST_F(SelfSignedFiles, AreACertificateAndItsKey) {
  make_self_signed(cert_, key_, {"mail.one.test", "*.one.test", "127.0.0.1", "::1", "[2001:db8::1]"}, 10);
  const auto certificate = this->certificate();
  const auto key = this->key();
  ASSERT_TRUE(certificate);
  ASSERT_TRUE(key);
  EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
  EXPECT_EQ(X509_verify(certificate.get(), key.get()), 1);
  EXPECT_EQ(X509_get_version(certificate.get()), X509_VERSION_3);
  EXPECT_THAT(openssl::subject_names(certificate.get()),
              ElementsAre("mail.one.test", "*.one.test", "127.0.0.1", "::1", "2001:db8::1"));
  EXPECT_EQ(openssl::name_text(X509_get_subject_name(certificate.get())), "CN=mail.one.test");
  EXPECT_EQ(X509_check_purpose(certificate.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
  EXPECT_EQ(EVP_PKEY_get_base_id(key.get()), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 256);
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get()));
  EXPECT_TRUE(days == 10 || (days == 9 && seconds > 80'000));
  EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(certificate.get())), 0);
}

TEST_F(SelfSignedFiles, TheKeyIsForItsOwnerAlone) {
  const mode_t before = ::umask(0);
  make_self_signed(cert_, key_, {"a.test"});
  ::umask(before);
  EXPECT_EQ(mode(key_), 0600U);
  EXPECT_EQ(mode(cert_), 0644U);
  EXPECT_EQ(files(), 2U) << "no temporary file is left";
}

TEST_F(SelfSignedFiles, ReplaceOldOnes) {
  std::ofstream(key_) << "old";
  ::chmod(key_.c_str(), 0644);
  make_self_signed(cert_, key_, {"a.test"});
  EXPECT_EQ(mode(key_), 0600U);
  make_self_signed(cert_, key_, {"b.test"});
  EXPECT_THAT(openssl::subject_names(certificate().get()), ElementsAre("b.test"));
  EXPECT_EQ(X509_check_private_key(certificate().get(), key().get()), 1);
}

TEST_F(SelfSignedFiles, LongNames) {
  const std::string name = std::string(60, 'a') + "." + std::string(60, 'b') + ".test";
  make_self_signed(cert_, key_, {name});
  EXPECT_THAT(openssl::subject_names(certificate().get()), ElementsAre(name));
}

TEST_F(SelfSignedFiles, AreNotMadeOfRubbish) {
  using Names = std::vector<std::string>;
  for (const Names& names :
       {Names{}, Names{""}, Names{"a b"}, Names{"a,DNS:b"}, Names{std::string("a\0b", 3)}, Names{"a..b"},
        Names{"x.test", "*.*.test"}, Names{std::string(300, 'a')}, Names{"ü.test"}}) {
    EXPECT_THROW(make_self_signed(cert_, key_, names), Error);
  }
  EXPECT_THROW(make_self_signed(cert_, key_, {"a.test"}, 0), Error);
  EXPECT_THROW(make_self_signed(cert_, key_, {"a.test"}, 1'000'000), Error);
  EXPECT_THROW(make_self_signed(cert_, cert_, {"a.test"}), Error);
  EXPECT_EQ(files(), 0U);
}

TEST_F(SelfSignedFiles, FailCleanly) {
  std::filesystem::create_directory(cert_);  // cannot be replaced by a file
  try {
    make_self_signed(cert_, key_, {"a.test"});
    FAIL() << "it wrote over a directory";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(cert_));
  }
  EXPECT_EQ(files(), 2U);
  EXPECT_THROW(make_self_signed("/no/such/directory/c.pem", "/no/such/directory/k.pem", {"a.test"}), Error);
}

}  // namespace
}  // namespace posthouse::net
