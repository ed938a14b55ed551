// What DKIM costs beside the cryptography in it: signing and verifying 4 KiB against the bare RSA operation, and hashing
// the relaxed form of 10 MiB against bare SHA-256.
//     mailauth_bench sign|verify|relaxed|simple SECONDS     prints JSON: ours and bare, microseconds of each
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "posthouse/mailauth/dkim/signer.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/keys/key_cache.h"
#include "posthouse/mailauth/testing/one_text_resolver.h"

using namespace posthouse;
using namespace posthouse::mailauth;

namespace {

double time_once(const std::function<void()>& once) {
  const auto begin = std::chrono::steady_clock::now();
  once();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

// The two in turns; of each the least, for what else the machine does only adds to it.
void compare(double seconds, const std::function<void()>& ours, const std::function<void()>& bare) {
  std::vector<double> a;
  std::vector<double> b;
  for (double spent = 0; spent < seconds * 1e6;) {
    a.push_back(time_once(ours));
    b.push_back(time_once(bare));
    spent += a.back() + b.back();
  }
  const double x = *std::min_element(a.begin(), a.end());
  const double y = *std::min_element(b.begin(), b.end());
  std::printf("{\"ours\": %.3f, \"bare\": %.3f}\n", x, y);
}

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += "This is a line of a letter as people write it, with words and blanks.\r\n";
  }
  return text;
}

std::string message_of(std::size_t size) {
  return "Received: from a.test by b.test; Mon, 30 Nov 2026 12:00:00 +0000\r\nFrom: Ann <ann@example.test>\r\nTo: "
         "bob@example.net\r\nSubject: a subject\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: "
         "<1@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" +
         text_of(size);
}

void require(bool holds) {
  if (!holds) {
    throw std::runtime_error("it does not hold");
  }
}

struct BareKey {
  explicit BareKey(const PrivateKey& key) {
    const std::string pem = key.pem();
    BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    key_ = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
  }
  BareKey(const BareKey&) = delete;
  BareKey& operator=(const BareKey&) = delete;
  ~BareKey() { EVP_PKEY_free(key_); }

  std::string sign(const std::string& text) const {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_)), '\0');
    std::size_t size = signature.size();
    require(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
            EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    EVP_MD_CTX_free(context);
    return signature;
  }
  void verify(const std::string& text, const std::string& signature) const {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    require(EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
            EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                             reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    EVP_MD_CTX_free(context);
  }

 private:
  EVP_PKEY* key_ = nullptr;
};

void sign_or_verify(bool signing, double seconds) {
  const PrivateKey key = PrivateKey::generate(KeyType::rsa, 2048);
  const BareKey bare(key);
  const std::string message = message_of(4096);
  const auto sign = [&] {
    DkimSigner signer({{mail::Domain("example.test"), "mail", key}});
    signer.add(message);
    return signer.finish();
  };
  if (signing) {
    return compare(seconds, [&] { sign(); }, [&] { bare.sign(message); });
  }
  testing::OneTextResolver resolver(key.record_text());
  DkimOptions options;
  options.keys = std::make_shared<KeyCache>();
  const std::string signed_message = sign() + message;
  const std::string signature = bare.sign(message);
  compare(
      seconds,
      [&] {
        DkimVerifier verifier(resolver, options);
        verifier.add(signed_message);
        require(verifier.finish().front().verdict == Verdict::pass);
      },
      [&] { bare.verify(message, signature); });
}

void hash(Canonicalization form, double seconds) {
  const std::string body = text_of(10 * 1024 * 1024);
  compare(
      seconds,
      [&] {
        SignedMessage message;
        message.want_body_hash(form);
        message.add("From: a@example.test\r\n\r\n");
        message.add(body);
        message.finish();
        require(message.body_hash(form).size() == 32);
      },
      [&] {
        unsigned char digest[32];
        require(EVP_Digest(body.data(), body.size(), digest, nullptr, EVP_sha256(), nullptr) == 1);
      });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "verify";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
  if (what == "relaxed" || what == "simple") {
    hash(what == "relaxed" ? Canonicalization::relaxed : Canonicalization::simple, seconds);
  } else {
    sign_or_verify(what == "sign", seconds);
  }
}
