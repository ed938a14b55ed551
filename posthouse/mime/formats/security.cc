#include "posthouse/mime/formats/security.h"

#include <string>

#include "posthouse/base/text.h"

namespace posthouse::mime {
namespace {

using Scheme = Security::Scheme;

Scheme scheme_of(std::string_view protocol) {
  if (istarts_with(protocol, "application/pgp-")) {
    return Scheme::openpgp;
  }
  if (istarts_with(protocol, "application/pkcs7-") || istarts_with(protocol, "application/x-pkcs7-")) {
    return Scheme::smime;
  }
  return Scheme::other;
}

// RFC 8551 section 3.2.2; old programs leave the parameter out, and encrypt far more often than sign this way.
Security of_pkcs7(const Part& part) {
  const std::string kind = to_lower(part.content_type().get("smime-type"));
  if (kind == "signed-data") {
    return {.scheme = Scheme::smime, .is_signed = true};
  }
  if (kind == "certs-only" || kind == "compressed-data") {
    return {.scheme = Scheme::smime};
  }
  return {.scheme = Scheme::smime, .is_encrypted = true};
}

bool has_line(std::string_view text, std::string_view line) {
  for (std::size_t at = text.find(line); at != std::string_view::npos; at = text.find(line, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') {
      return true;
    }
  }
  return false;
}

Security of_text(const Part& part) {
  constexpr std::size_t looked_at = 64 * 1024;
  if (part.raw_body().find("BEGIN PGP ") == std::string_view::npos && part.encoding() != TransferEncoding::base64) {
    return {};
  }
  const std::string content = part.content();
  const std::string_view begin = std::string_view(content).substr(0, looked_at);
  if (has_line(begin, "-----BEGIN PGP MESSAGE-----")) {
    return {.scheme = Scheme::openpgp, .is_encrypted = true, .in_text = true};
  }
  if (has_line(begin, "-----BEGIN PGP SIGNED MESSAGE-----")) {
    return {.scheme = Scheme::openpgp, .is_signed = true, .in_text = true};
  }
  return {};
}

}  // namespace

Security security_of(const Part& part) {
  const std::string type = part.type();
  if (type == "multipart/signed") {
    return {.scheme = scheme_of(part.content_type().get("protocol")), .is_signed = true};
  }
  if (type == "multipart/encrypted") {
    return {.scheme = scheme_of(part.content_type().get("protocol")), .is_encrypted = true};
  }
  if (type == "application/pkcs7-mime" || type == "application/x-pkcs7-mime") {
    return of_pkcs7(part);
  }
  if (type == "text/plain" && part.is_leaf()) {
    return of_text(part);
  }
  return {};
}

}  // namespace posthouse::mime
