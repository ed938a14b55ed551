#pragma once
// What is needed to speak with OpenSSL about keys. Private to this module.
#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>

namespace posthouse::mailauth {

/// Gives what OpenSSL made back to it.
struct FreeOpenssl {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeOpenssl>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeOpenssl>;
using Bio = std::unique_ptr<BIO, FreeOpenssl>;

inline const unsigned char* as_octets(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* as_octets(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace posthouse::mailauth
