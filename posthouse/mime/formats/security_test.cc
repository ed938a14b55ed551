#include "posthouse/mime/formats/security.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

using Scheme = Security::Scheme;

Security of(const std::string& type, const std::string& body = "x") {
  return security_of(Message::parse("Content-Type: " + type + "\n\n" + body).root());
}

TEST(Security, Multiparts) {
  EXPECT_EQ(of("multipart/signed; protocol=\"application/pgp-signature\"; boundary=b"),
            (Security{.scheme = Scheme::openpgp, .is_signed = true}));
  EXPECT_EQ(of("Multipart/Signed; protocol=\"application/x-pkcs7-signature\"; boundary=b").scheme, Scheme::smime);
  EXPECT_EQ(of("multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b"),
            (Security{.scheme = Scheme::openpgp, .is_encrypted = true}));
  EXPECT_EQ(of("multipart/signed; boundary=b").scheme, Scheme::other);
  EXPECT_EQ(of("multipart/mixed; boundary=b"), Security());
}

TEST(Security, Pkcs7) {
  EXPECT_TRUE(of("application/pkcs7-mime; smime-type=signed-data").is_signed);
  EXPECT_TRUE(of("application/x-pkcs7-mime; smime-type=Enveloped-Data; name=smime.p7m").is_encrypted);
  EXPECT_TRUE(of("application/pkcs7-mime; name=smime.p7m").is_encrypted);
  EXPECT_EQ(of("application/pkcs7-mime; smime-type=certs-only"), (Security{.scheme = Scheme::smime}));
}

TEST(Security, PgpInText) {
  EXPECT_EQ(of("text/plain", "Hello\n-----BEGIN PGP MESSAGE-----\n"),
            (Security{.scheme = Scheme::openpgp, .is_encrypted = true, .in_text = true}));
  EXPECT_TRUE(of("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n").is_signed);
  EXPECT_EQ(of("text/plain", "> -----BEGIN PGP MESSAGE-----\n"), Security());
  EXPECT_EQ(of("text/html", "-----BEGIN PGP MESSAGE-----\n"), Security());
}

}  // namespace
}  // namespace posthouse::mime
