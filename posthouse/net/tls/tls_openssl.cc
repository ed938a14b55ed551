#include "posthouse/net/tls/tls_openssl.h"

#include <array>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"

namespace posthouse::net::openssl {

std::string take_errors() {
  std::string text;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (!text.empty()) text += "; ";
    const char* reason = ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    text += reason != nullptr ? reason : "error " + std::to_string(code);
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      text.append(" (").append(printable(data)).append(")");
    }
  }
  return text;
}

std::string name_text(const X509_NAME* name) {
  if (name == nullptr) return {};
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
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') bare = bare.substr(1, bare.size() - 2);
  std::array<char, 16> octets{};
  if (inet_pton(AF_INET, bare.c_str(), octets.data()) == 1) return {octets.data(), 4};
  if (inet_pton(AF_INET6, bare.c_str(), octets.data()) == 1) return {octets.data(), 16};
  return {};
}

std::string certificate_names(const X509* certificate) {
  std::string text;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  const int count = sk_GENERAL_NAME_num(names);
  constexpr int most = 8;
  int shown = 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    std::string one;
    if (name->type == GEN_DNS) {
      one = printable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))});
    } else if (name->type == GEN_IPADD) {
      const int size = ASN1_STRING_length(name->d.iPAddress);
      std::array<char, INET6_ADDRSTRLEN> address{};
      if (size == 4 || size == 16) {
        inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), address.data(),
                  address.size());
      }
      one = address.data();
    }
    if (one.empty()) continue;
    if (++shown > most) {
      text += ", …";
      break;
    }
    if (!text.empty()) text += ", ";
    text += one;
  }
  GENERAL_NAMES_free(names);
  return text;
}

std::string date_text(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 16> text{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return {text.data(), size};
}

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return hex_encode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace posthouse::net::openssl
