#include "posthouse/net/tls/certificate.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/file.h"
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/tls/tls_openssl.h"

namespace posthouse::net {
namespace {

constexpr std::size_t largest_pem = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& what) {
  throw Error(Errc::certificate, "cannot make a certificate: " + what);
}

void require(bool good, const char* step) {
  if (!good) {
    fail(std::string(step) + ": " + openssl::take_errors());
  }
}

// A DNS name as it may stand in a certificate: labels of letters, digits, '-' and '_', perhaps "*." before them.
bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) {
    name.remove_prefix(2);
  }
  if (name.empty() || name.size() > 253) {
    return false;
  }
  for (const std::string_view label : split(name, '.')) {
    if (label.empty() || label.size() > 63) {
      return false;
    }
    for (const char c : label) {
      const char lower = to_lower(c);
      if (!is_digit(c) && !(lower >= 'a' && lower <= 'z') && c != '-' && c != '_') {
        return false;
      }
    }
  }
  return true;
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const openssl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, OBJ_nid2sn(kind));
}

void set_times(X509* certificate, int days) {
  // An hour back, for clocks that are a little behind; RFC 5280 section 4.1.2.5 wants the year below 10000.
  require(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
              X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, nullptr) != nullptr,
          "dates");
}

void set_names(X509* certificate, const std::vector<std::string>& names) {
  std::string alternatives;
  for (const std::string& name : names) {
    const bool address = !openssl::ip_octets(name).empty();
    if (!address && !is_dns_name(name)) {
      fail(fmt::format("\"{}\" is neither a DNS name nor an IP address", printable(name)));
    }
    if (!alternatives.empty()) {
      alternatives += ',';
    }
    alternatives += address ? "IP:" : "DNS:";
    alternatives += address && name.front() == '[' ? name.substr(1, name.size() - 2) : name;
  }
  // commonName holds 64 characters at most; a longer name stands in subjectAltName alone.
  const std::string common = names.front().substr(0, 64);
  X509_NAME* subject = X509_get_subject_name(certificate);
  require(
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common.data()),
                                 static_cast<int>(common.size()), -1, 0) == 1 &&
          X509_set_issuer_name(certificate, subject) == 1,
      "name");
  add_extension(certificate, NID_subject_alt_name, alternatives);
}

openssl::Certificate new_certificate(EVP_PKEY* key, const std::vector<std::string>& names, int days) {
  openssl::Certificate certificate(X509_new());
  require(certificate != nullptr, "certificate");
  // 20 octets at most, positive (RFC 5280 section 4.1.2.2): 159 random bits.
  BIGNUM* serial = BN_new();
  const bool numbered = serial != nullptr && BN_rand(serial, 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate.get())) != nullptr;
  BN_free(serial);
  require(numbered, "serial number");
  require(X509_set_version(certificate.get(), X509_VERSION_3) == 1 && X509_set_pubkey(certificate.get(), key) == 1,
          "key");
  set_times(certificate.get(), days);
  set_names(certificate.get(), names);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(certificate.get(), NID_subject_key_identifier, "hash");
  require(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "signature");
  return certificate;
}

std::string text_of(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(size)};
}

void write_file(const std::string& name, std::string_view text, unsigned mode) {
  if (const int error = replace_file(name, text, mode)) {
    throw Error::from_errno(error, "cannot write " + name);
  }
}

}  // namespace

void make_self_signed(const std::string& cert_file, const std::string& key_file, const std::vector<std::string>& names,
                      int days) {
  if (names.empty()) {
    fail("it needs a name");
  }
  if (cert_file == key_file) {
    fail("certificate and key go to two files");
  }
  if (days < 1 || days > 36500) {
    fail("days must be 1 to 36500");
  }
  ERR_clear_error();
  const openssl::Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  const openssl::Certificate certificate = new_certificate(key.get(), names, days);

  const openssl::Bio key_text(BIO_new(BIO_s_mem()));
  const openssl::Bio cert_text(BIO_new(BIO_s_mem()));
  require(key_text && cert_text &&
              PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
              PEM_write_bio_X509(cert_text.get(), certificate.get()) == 1,
          "PEM");
  write_file(key_file, text_of(key_text.get()), 0600);
  write_file(cert_file, text_of(cert_text.get()), 0644);
}

TlsaRecord tlsa_of(const std::string& cert_file) {
  const FileDescriptor file = FileDescriptor::open(cert_file, O_RDONLY);
  if (!file) {
    throw Error::from_errno(errno, "cannot read " + cert_file);
  }
  std::string text(largest_pem, '\0');
  std::size_t got = 0;
  if (const int error = read_full(file.get(), text.data(), text.size(), got)) {
    throw Error::from_errno(error, "cannot read " + cert_file);
  }
  ERR_clear_error();
  const openssl::Bio pem(BIO_new_mem_buf(text.data(), static_cast<int>(got)));
  const openssl::Certificate certificate(pem ? PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr) : nullptr);
  unsigned char* octets = nullptr;
  const int size = certificate ? i2d_PUBKEY(X509_get0_pubkey(certificate.get()), &octets) : -1;
  if (size <= 0) {
    ERR_clear_error();
    throw Error(Errc::certificate, cert_file + " has no certificate in PEM");
  }
  const std::string key(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return {.usage = 3, .selector = 1, .matching_type = 1, .data = sha256(key)};
}

}  // namespace posthouse::net
