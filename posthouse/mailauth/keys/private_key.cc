#include "posthouse/mailauth/keys/private_key.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/file.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/openssl.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_pem = 64 * 1024;

[[noreturn]] void openssl_failed(const char* doing) {
  ERR_clear_error();
  throw Error(Errc::crypto, std::string("OpenSSL cannot ") + doing);
}

[[noreturn]] void file_failed(const std::filesystem::path& file, const std::string& why) {
  throw Error(Errc::key_file, "the key in " + file.string() + ": " + why);
}

void check_rsa_bits(unsigned bits) {
  if (bits < PrivateKey::least_rsa_bits || bits > PrivateKey::most_rsa_bits) {
    throw Error(Errc::key, "an RSA key has " + std::to_string(PrivateKey::least_rsa_bits) + " to " +
                               std::to_string(PrivateKey::most_rsa_bits) + " bits, not " + std::to_string(bits));
  }
}

/// A key under a passphrase is none: nobody is there to be asked.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return 0;
}

/// What of a file says that its key is no secret; empty when nothing does.
std::string indiscretion(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return "is no plain file";
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return "belongs to another user";
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return "others than its owner may use it; try chmod 600";
  }
  return {};
}

}  // namespace

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)), type_(KeyType::ed25519), bits_(256) {
  const int id = EVP_PKEY_get_base_id(key_.get());
  if (id == EVP_PKEY_RSA) {
    type_ = KeyType::rsa;
    bits_ = static_cast<unsigned>(EVP_PKEY_get_bits(key_.get()));
    check_rsa_bits(bits_);
  } else if (id != EVP_PKEY_ED25519) {
    throw Error(Errc::key, "neither an RSA key nor an Ed25519 key");
  }
}

PrivateKey PrivateKey::generate(KeyType type, unsigned bits) {
  EVP_PKEY* key = nullptr;
  if (type == KeyType::rsa) {
    check_rsa_bits(bits);
    key = EVP_RSA_gen(bits);
  } else {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  if (key == nullptr) {
    openssl_failed("make a key");
  }
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, FreeOpenssl()));
}

PrivateKey PrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > most_pem) {
    throw Error(Errc::key, "too long for a private key");
  }
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) {
    openssl_failed("read a key");
  }
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr);
  ERR_clear_error();
  if (key == nullptr) {
    throw Error(Errc::key, "no private key in PEM without a passphrase");
  }
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, FreeOpenssl()));
}

PrivateKey PrivateKey::load(const std::filesystem::path& file) {
  const FileDescriptor descriptor = FileDescriptor::open(file, O_RDONLY | O_NONBLOCK);
  struct stat status{};
  if (!descriptor || ::fstat(descriptor.get(), &status) != 0) {
    file_failed(file, std::strerror(errno));
  }
  if (const std::string why = indiscretion(status); !why.empty()) {
    file_failed(file, why);
  }
  std::string pem(most_pem + 1, '\0');
  std::size_t size = 0;
  if (const int error = read_full(descriptor.get(), pem.data(), pem.size(), size)) {
    file_failed(file, std::strerror(error));
  }
  pem.resize(size);
  try {
    PrivateKey key = from_pem(pem);
    OPENSSL_cleanse(pem.data(), pem.size());
    return key;
  } catch (const Error& error) {
    OPENSSL_cleanse(pem.data(), pem.size());
    throw Error(error.errc(), file.string() + ": " + error.what());
  }
}

std::string PrivateKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    openssl_failed("write a key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void PrivateKey::save(const std::filesystem::path& file) const {
  FileDescriptor descriptor = FileDescriptor::open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!descriptor) {
    file_failed(file, std::strerror(errno));
  }
  std::string text = pem();
  int error = write_and_sync(descriptor.get(), text);
  OPENSSL_cleanse(text.data(), text.size());
  const int closing = descriptor.close();
  error = error != 0 ? error : closing;
  error = error != 0 ? error : sync_folder(file.parent_path());
  if (error != 0) {
    ::unlink(file.c_str());
    file_failed(file, std::strerror(error));
  }
}

std::string PrivateKey::public_octets() const {
  if (type_ == KeyType::ed25519) {
    std::string octets(32, '\0');
    std::size_t size = octets.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), as_octets(octets), &size) != 1) {
      openssl_failed("tell a public key");
    }
    return octets;
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) {
    openssl_failed("tell a public key");
  }
  std::string octets(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return octets;
}

std::string PrivateKey::record_text() const {
  return "v=DKIM1; k=" + std::string(to_string(type_)) + "; p=" + base64_encode(public_octets());
}

std::string PrivateKey::sign(std::string_view digest) const {
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  bool done = false;
  if (type_ == KeyType::ed25519) {
    const DigestContext context(EVP_MD_CTX_new());
    done = context != nullptr && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
           EVP_DigestSign(context.get(), as_octets(signature), &size, as_octets(digest), digest.size()) == 1;
  } else {
    const KeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    done = context != nullptr && EVP_PKEY_sign_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
           EVP_PKEY_sign(context.get(), as_octets(signature), &size, as_octets(digest), digest.size()) == 1;
  }
  if (!done) {
    openssl_failed("sign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace posthouse::mailauth
