#include "tests/support/authority.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/temporary_folder.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace posthouse::test {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;

void require(bool good) {
  if (!good) {
    throw std::runtime_error("OpenSSL failed to make a test certificate");
  }
}

std::string pem(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(out.get(), certificate) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem(EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool address =
        name.find(':') != std::string::npos || name.find_first_not_of("0123456789.") == std::string::npos;
    if (!text.empty()) {
      text += ',';
    }
    const bool mail = name.find('@') != std::string::npos;
    const bool as_it_is = name.starts_with("DNS:") || name.starts_with("URI:");
    text += (as_it_is ? "" : mail ? "email:" : address ? "IP:" : "DNS:") + name;
  }
  return text;
}

Key new_key(KeyKind kind) {
  switch (kind) {
    case KeyKind::rsa:
      return Key(EVP_RSA_gen(2048));
    case KeyKind::weak_rsa:
      return Key(EVP_RSA_gen(1024));
    case KeyKind::ed25519:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyKind::ec:
      break;
  }
  return Key(EVP_EC_gen("P-256"));
}

// `issuer` and `issuer_key` are null for a root.
Certificate make(const CertificateRequest& request, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, bool authority) {
  static long serial = 1000;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_time_adj_ex(X509_getm_notBefore(certificate.get()), request.from_days, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), request.to_days, 0, nullptr);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(request.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  X509_set_pubkey(certificate.get(), key);
  add_extension(certificate.get(), signer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate.get(), signer, NID_subject_key_identifier, "hash");
  // Python 3.13 and others ask for what RFC 5280 section 4.2.1 wants of certificates and of authorities.
  if (issuer != nullptr) {
    add_extension(certificate.get(), signer, NID_authority_key_identifier, "keyid:always");
  }
  if (authority) {
    add_extension(certificate.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  if (!request.names.empty()) {
    add_extension(certificate.get(), signer, NID_subject_alt_name, alternatives(request.names));
  }
  if (!request.usage.empty()) {
    add_extension(certificate.get(), signer, NID_ext_key_usage, request.usage);
  }
  require(X509_sign(certificate.get(), issuer_key == nullptr ? key : issuer_key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

struct Authority::State {
  TemporaryFolder folder{};
  std::string ca_file{};
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate{};
  bool root = true;
  int issued = 0;
};

Authority::Authority(const std::string& name) : state_(std::make_unique<State>()) {
  const CertificateRequest request{.common_name = name, .from_days = -400, .to_days = 400};
  state_->certificate = make(request, state_->key.get(), nullptr, nullptr, true);
  state_->ca_file = write_file("ca.pem", pem(state_->certificate.get()));
}

Authority::Authority(std::unique_ptr<State> state) : state_(std::move(state)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority::~Authority() = default;

const std::string& Authority::ca_file() const {
  return state_->ca_file;
}

std::string Authority::write_file(const std::string& name, const std::string& text) {
  std::string file = state_->folder.file(name);
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

IssuedCertificate Authority::issue(const CertificateRequest& request) {
  const Key key = new_key(request.key);
  const Certificate certificate = make(request, key.get(), state_->certificate.get(), state_->key.get(), false);
  const std::string number = std::to_string(++state_->issued);
  const std::string chain = state_->root ? "" : pem(state_->certificate.get());
  return {write_file("cert" + number + ".pem", pem(certificate.get()) + chain),
          write_file("key" + number + ".pem", pem(key.get()))};
}

Authority Authority::intermediate(const CertificateRequest& request) {
  auto state = std::make_unique<State>();
  state->certificate = make(request, state->key.get(), state_->certificate.get(), state_->key.get(), true);
  state->ca_file = state_->ca_file;
  state->root = false;
  return Authority(std::move(state));
}

}  // namespace posthouse::test
