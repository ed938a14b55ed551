#pragma once
// A certificate authority for tests: it can also issue what no real one would.
#include <memory>
#include <string>
#include <vector>

namespace posthouse::test {

enum class KeyKind { ec, rsa, weak_rsa, ed25519 };

struct CertificateRequest {
  std::vector<std::string>
      names{};  ///< DNS names, IP and mail addresses for subjectAltName, of another kind than they look like with
                ///< "DNS:" or "URI:" in front; may be empty.
  std::string common_name = "test";
  int from_days = -1;  ///< Valid from so many days from now,
  int to_days = 30;    ///< to so many.
  KeyKind key = KeyKind::ec;
  std::string usage{};  ///< extendedKeyUsage, in OpenSSL's words ("clientAuth"); empty for none.
};

/// PEM files.
struct IssuedCertificate {
  std::string cert_file;
  std::string key_file;
};

/// Makes its key and self-signed root certificate when constructed; its files are removed with it.
///
///     Authority authority;
///     auto [cert_file, key_file] = authority.issue({.names = {"localhost", "127.0.0.1"}});
///     auto context = net::TlsContext::client({.ca_file = authority.ca_file()});
class Authority {
 public:
  explicit Authority(const std::string& name = "Test CA");
  Authority(Authority&&) noexcept;
  ~Authority();

  /// The root certificate.
  const std::string& ca_file() const;
  /// A certificate with its key. An intermediate authority puts its own certificate behind it in cert_file.
  IssuedCertificate issue(const CertificateRequest& request);
  /// An authority whose certificate this one has issued; must not outlive it.
  Authority intermediate(const CertificateRequest& request);
  /// A file of its directory with `text` in it.
  std::string write_file(const std::string& name, const std::string& text);

 private:
  struct State;
  explicit Authority(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::test
