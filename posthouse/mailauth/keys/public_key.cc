#include "posthouse/mailauth/keys/public_key.h"

#include <climits>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "posthouse/mailauth/keys/openssl.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t ed25519_size = 32;
constexpr int most_exponent_bits = 64;
constexpr int most_modulus_bits = 16'384;

/// Bits of an RSA key's public exponent; 0 when there is none.
int exponent_bits(const EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number) != 1) {
    return 0;
  }
  const int bits = BN_num_bits(number);
  BN_free(number);
  return bits;
}

}  // namespace

void PublicKey::Free::operator()(evp_pkey_st* key) const noexcept {
  EVP_PKEY_free(key);
}

void PublicKey::Free::operator()(evp_pkey_ctx_st* context) const noexcept {
  EVP_PKEY_CTX_free(context);
}

PublicKey::PublicKey(KeyType type, Handle key) noexcept
    : type_(type), key_(std::move(key)), bits_(static_cast<unsigned>(EVP_PKEY_get_bits(key_.get()))) {
  if (type_ == KeyType::ed25519) {
    bits_ = 256;
    return;
  }
  prepared_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
  if (prepared_ == nullptr || EVP_PKEY_verify_init(prepared_.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(prepared_.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(prepared_.get(), EVP_sha256()) != 1) {
    prepared_.reset();  // verify() says no
  }
}

PublicKey::Handle PublicKey::handle_of(KeyType type, std::string_view octets) {
  if (octets.empty() || octets.size() > 64 * 1024) {
    return nullptr;
  }
  const unsigned char* const begin = as_octets(octets);
  const auto size = static_cast<long>(octets.size());
  if (type == KeyType::ed25519 && octets.size() == ed25519_size) {
    return Handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, begin, octets.size()));
  }
  const unsigned char* at = begin;
  Handle key(d2i_PUBKEY(nullptr, &at, size));
  if (key == nullptr && type == KeyType::rsa) {
    at = begin;
    key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
  }
  return at == begin + size ? std::move(key) : nullptr;
}

std::shared_ptr<const PublicKey> PublicKey::read(KeyType type, std::string_view octets, std::string& why) {
  Handle key = handle_of(type, octets);
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != (type == KeyType::rsa ? EVP_PKEY_RSA : EVP_PKEY_ED25519)) {
    why = "p= is no " + std::string(type == KeyType::rsa ? "RSA" : "Ed25519") + " key";
    return nullptr;
  }
  if (type == KeyType::rsa) {
    const int bits = exponent_bits(key.get());
    if (bits < 2 || bits > most_exponent_bits || EVP_PKEY_get_bits(key.get()) > most_modulus_bits) {
      why = "p= is an RSA key that costs too much to verify with";
      return nullptr;
    }
  }
  return std::shared_ptr<const PublicKey>(new PublicKey(type, std::move(key)));
}

bool PublicKey::verify(std::string_view digest, std::string_view signature) const {
  bool right = false;
  if (type_ == KeyType::ed25519) {
    const DigestContext context(EVP_MD_CTX_new());
    right =
        context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
        EVP_DigestVerify(context.get(), as_octets(signature), signature.size(), as_octets(digest), digest.size()) == 1;
  } else {
    // What a new context has to look up among OpenSSL's providers takes a tenth of the time that verifying does.
    const KeyContext context(prepared_ != nullptr ? EVP_PKEY_CTX_dup(prepared_.get()) : nullptr);
    right = context != nullptr && EVP_PKEY_verify(context.get(), as_octets(signature), signature.size(),
                                                  as_octets(digest), digest.size()) == 1;
  }
  ERR_clear_error();
  return right;
}

}  // namespace posthouse::mailauth
