#include "posthouse/sasl/keys/scram_functions.h"

#include <climits>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "posthouse/base/base64.h"
#include "posthouse/sasl/error.h"

namespace posthouse::sasl {
namespace {

const EVP_MD* function(ScramHash hash) {
  return hash == ScramHash::sha1 ? EVP_sha1() : EVP_sha256();
}

[[noreturn]] void failed(const char* what) {
  throw Error(Errc::crypto, std::string("OpenSSL could not compute ") + what);
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

int length(std::string_view text) {
  if (text.size() > INT_MAX) {
    failed("with so long a text");
  }
  return static_cast<int>(text.size());
}

}  // namespace

std::string digest(ScramHash hash, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), octets(out), &size, function(hash), nullptr) != 1) {
    failed("a digest");
  }
  out.resize(size);
  return out;
}

std::string hmac(ScramHash hash, std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (HMAC(function(hash), key.data(), length(key), octets(text), text.size(), octets(out), &size) == nullptr) {
    failed("an HMAC");
  }
  out.resize(size);
  return out;
}

std::string salted_password(ScramHash hash, std::string_view password, std::string_view salt, unsigned iterations) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(function(hash))), '\0');
  if (iterations == 0 || iterations > INT_MAX ||
      PKCS5_PBKDF2_HMAC(password.data(), length(password), octets(salt), length(salt), static_cast<int>(iterations),
                        function(hash), static_cast<int>(out.size()), octets(out)) != 1) {
    failed("a salted password");
  }
  return out;
}

std::string client_key(ScramHash hash, std::string_view salted) {
  return hmac(hash, salted, "Client Key");
}

std::string server_key(ScramHash hash, std::string_view salted) {
  return hmac(hash, salted, "Server Key");
}

std::string exclusive_or(std::string_view a, std::string_view b) {
  std::string out(a);
  for (std::size_t i = 0; i < out.size() && i < b.size(); ++i) {
    out[i] = static_cast<char>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return out;
}

std::string random_nonce() {
  std::string out(18, '\0');
  if (RAND_bytes(octets(out), static_cast<int>(out.size())) != 1) {
    failed("a nonce");
  }
  return base64_encode(out);
}

}  // namespace posthouse::sasl
