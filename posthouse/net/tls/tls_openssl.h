#pragma once
// Owners for OpenSSL's objects, and its error queue as text. (Internal to the module.)
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "posthouse/net/tls/tls.h"

namespace posthouse::net::openssl {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};

/// For what OpenSSL allocates as plain octets.
struct FreeOctets {
  void operator()(unsigned char* octets) const noexcept { OPENSSL_free(octets); }
};

using SslContext = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Free<SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

/// Takes all that stands in this thread's error queue: "reason (function or data); …", oldest first; "" when empty.
/// The queue belongs to the thread, so call it right after the call that failed, before anything that may park.
std::string take_errors();

/// "CN=mail.example, O=Example": control octets escaped, UTF-8 kept, at most 256 octets or so.
std::string name_text(const X509_NAME* name);

/// A 4- or 16-octet address out of "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; empty when `text` is no IP address.
std::string ip_octets(const std::string& text);

/// The DNS names in subjectAltName, in lower case, raw.
std::vector<std::string> dns_names(const X509* certificate);

/// What subjectAltName holds: DNS names, IP addresses and mail addresses, made safe to print.
std::vector<std::string> subject_names(const X509* certificate);

/// "2026-01-31"; "?" when it cannot be read.
std::string date_text(const ASN1_TIME* time);

/// The moment; the epoch when it cannot be read.
std::chrono::system_clock::time_point moment(const ASN1_TIME* time);

/// SHA-256 of the certificate's DER form in hexadecimal.
std::string fingerprint(const X509* certificate);

/// All of it.
CertificateInfo certificate_info(const X509* certificate);

}  // namespace posthouse::net::openssl
