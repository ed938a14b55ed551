// What DKIM costs beside the cryptography in it: signing and verifying 4 KiB against the bare RSA operation, and hashing
// the relaxed form of 10 MiB against bare SHA-256.
//     mailauth_bench [SECONDS]        a line a figure: name, ours, bare (microseconds), and ours by bare
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "posthouse/mailauth/dkim/signer.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/keys/key_cache.h"

using namespace posthouse;
using namespace posthouse::mailauth;

namespace {

class OneText final : public net::Resolver {
 public:
  explicit OneText(std::string text) : text_(std::move(text)) {}
  std::vector<net::Address> addresses(const std::string& host, std::uint16_t, net::Deadline) override {
    throw net::Error(net::Errc::name_not_found, host, {.retryable = false});
  }
  net::DnsAnswer<std::string> query(const std::string&, net::DnsType, net::Deadline) override {
    return {.records = {net::txt_rdata(text_)}};
  }

 private:
  std::string text_;
};

double time_once(const std::function<void()>& once) {
  const auto begin = std::chrono::steady_clock::now();
  once();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

// The two in turns, so that what disturbs the machine disturbs both; of each the median.
void compare(const char* name, double seconds, const std::function<void()>& ours, const std::function<void()>& bare) {
  std::vector<double> a;
  std::vector<double> b;
  for (double spent = 0; spent < seconds * 1e6;) {
    a.push_back(time_once(ours));
    b.push_back(time_once(bare));
    spent += a.back() + b.back();
  }
  const auto median = [](std::vector<double>& all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
  };
  const double x = median(a);
  const double y = median(b);
  std::printf("%-22s %10.1f %10.1f %6.3f\n", name, x, y, x / y);
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

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  const PrivateKey key = PrivateKey::generate(KeyType::rsa, 2048);
  const BareKey bare(key);
  OneText resolver(key.record_text());
  const std::string small = message_of(4096);
  std::string signature;
  compare(
      "sign 4 KiB", seconds,
      [&] {
        DkimSigner signer({{mail::Domain("example.test"), "mail", key}});
        signer.add(small);
        signature = signer.finish();
      },
      [&] { bare.sign(small); });
  DkimOptions options;
  options.keys = std::make_shared<KeyCache>();
  const std::string bare_signature = bare.sign(small);
  const std::string signed_small = signature + small;
  compare(
      "verify 4 KiB", seconds,
      [&] {
        DkimVerifier verifier(resolver, options);
        verifier.add(signed_small);
        require(verifier.finish().front().verdict == Verdict::pass);
      },
      [&] { bare.verify(small, bare_signature); });
  const std::string body = text_of(10 * 1024 * 1024);
  for (const Canonicalization form : {Canonicalization::relaxed, Canonicalization::simple}) {
    compare(
        form == Canonicalization::relaxed ? "10 MiB relaxed" : "10 MiB simple", seconds,
        [&] {
          SignedMessage message;
          message.on_header([&] { message.want_body_hash(form); });
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
}
