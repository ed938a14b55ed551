#include "posthouse/base/digest.h"

#include <new>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "posthouse/base/error.h"

namespace posthouse {
namespace {

constexpr std::size_t digest_size = 32;

// Fetched once: looking an algorithm up costs OpenSSL 3 more than hashing a short message.
const EVP_MD* algorithm() {
  static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched != nullptr ? fetched : EVP_sha256();
}

void check(int result) {
  if (result != 1) {
    throw Error("OpenSSL cannot compute SHA-256");
  }
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) {
    throw std::bad_alloc();
  }
  check(EVP_DigestInit_ex(context_.get(), algorithm(), nullptr));
}

Sha256::Sha256(const Sha256& other) : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) {
    throw std::bad_alloc();
  }
  check(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()));
}

void Sha256::update(std::string_view octets) {
  check(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()));
}

std::string Sha256::finish() {
  std::string digest(digest_size, '\0');
  check(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr));
  return digest;
}

std::string sha256(std::string_view octets) {
  std::string digest(digest_size, '\0');
  check(EVP_Digest(octets.data(), octets.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, algorithm(),
                   nullptr));
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view octets) {
  std::string code(digest_size, '\0');
  check(HMAC(algorithm(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
             reinterpret_cast<unsigned char*>(code.data()), nullptr) != nullptr);
  return code;
}

}  // namespace posthouse
