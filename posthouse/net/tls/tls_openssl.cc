#include "posthouse/net/tls/tls_openssl.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"

namespace posthouse::net::openssl {

std::string take_errors() {
  std::string text;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (!text.empty()) {
      text += "; ";
    }
    const char* reason = ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    text += reason != nullptr ? reason : "error " + std::to_string(code);
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      text.append(" (").append(printable(data)).append(")");
    }
  }
  return text;
}

std::string name_text(const X509_NAME* name) {
  if (name == nullptr) {
    return {};
  }
  Bio out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0,
                                 (XN_FLAG_ONELINE | XN_FLAG_DN_REV) & ~(ASN1_STRFLGS_ESC_MSB | XN_FLAG_SPC_EQ)) < 0) {
    return "?";
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return printable({text, static_cast<std::size_t>(size)}, 256);
}

std::string ip_octets(const std::string& text) {
  std::string bare = text;
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') {
    bare = bare.substr(1, bare.size() - 2);
  }
  std::array<char, 16> octets{};
  if (inet_pton(AF_INET, bare.c_str(), octets.data()) == 1) {
    return {octets.data(), 4};
  }
  if (inet_pton(AF_INET6, bare.c_str(), octets.data()) == 1) {
    return {octets.data(), 16};
  }
  return {};
}

namespace {

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_text(std::string_view octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (octets.size() != 4 && octets.size() != 16) {
    return {};
  }
  inet_ntop(octets.size() == 4 ? AF_INET : AF_INET6, octets.data(), text.data(), text.size());
  return text.data();
}

// Calls f(kind, octets) for each entry of subjectAltName whose kind is GEN_DNS, GEN_IPADD or GEN_EMAIL.
template <class F>
void for_each_name(const X509* certificate, const F& f) {
  const std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      f(name->type, text_of(name->d.dNSName));
    }
    if (name->type == GEN_IPADD) {
      f(name->type, text_of(name->d.iPAddress));
    }
    if (name->type == GEN_EMAIL) {
      f(name->type, text_of(name->d.rfc822Name));
    }
  }
}

}  // namespace

std::vector<std::string> dns_names(const X509* certificate) {
  std::vector<std::string> names;
  for_each_name(certificate, [&](int kind, std::string_view octets) {
    if (kind == GEN_DNS) {
      names.push_back(to_lower(octets));
    }
  });
  return names;
}

std::vector<std::string> subject_names(const X509* certificate) {
  std::vector<std::string> names;
  for_each_name(certificate, [&](int kind, std::string_view octets) {
    std::string name = kind == GEN_IPADD ? address_text(octets) : printable(octets);
    // Whoever looks for mail addresses among these finds no other that looks like one, and none that is another once it
    // can be printed.
    const bool pretends = kind == GEN_EMAIL ? name != octets : name.find('@') != std::string::npos;
    if (!name.empty() && !pretends) {
      names.push_back(std::move(name));
    }
  });
  return names;
}

std::string date_text(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 16> text{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return "?";
  }
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return {text.data(), size};
}

std::chrono::system_clock::time_point moment(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return {};
  }
  // As seconds first: the years a certificate can name go beyond what the clock can count.
  constexpr auto last =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::time_point::max().time_since_epoch());
  return std::chrono::system_clock::time_point(
      std::chrono::seconds(std::min<std::int64_t>(timegm(&parts), last.count())));
}

namespace {

std::string key_fingerprint(const X509* certificate) {
  unsigned char* der = nullptr;
  const int der_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  const std::unique_ptr<unsigned char, FreeOctets> owner(der);
  if (der_size <= 0) {
    return {};
  }
  return hex_encode(sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(der_size)}));
}

}  // namespace

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) {
    return {};
  }
  return hex_encode({reinterpret_cast<const char*>(digest.data()), size});
}

CertificateInfo certificate_info(const X509* certificate) {
  return {.subject = name_text(X509_get_subject_name(certificate)),
          .issuer = name_text(X509_get_issuer_name(certificate)),
          .names = subject_names(certificate),
          .not_before = moment(X509_get0_notBefore(certificate)),
          .not_after = moment(X509_get0_notAfter(certificate)),
          .fingerprint = fingerprint(certificate),
          .key_fingerprint = key_fingerprint(certificate)};
}

}  // namespace posthouse::net::openssl
