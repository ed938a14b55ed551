// TLS against arbitrary octets, as server and as client, and a good handshake whose octets are changed on their way.
//
// The first octet chooses the role, the pieces in which input comes, and the kind of peer: one that says the rest of
// the input, or a bare OpenSSL whose octets are changed as the rest says, three octets a change: how many to leave
// alone, what to do, with what. What must hold: all ends, by nothing but posthouse::Error; without a good handshake no
// octet is handed up.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"
#include "tests/support/temporary_folder.h"
#include <openssl/ssl.h>

#include "posthouse/net/error.h"
#include "posthouse/net/tls/certificate.h"

namespace {

using namespace posthouse;
using fuzz::check;

struct Contexts {
  Contexts() {
    const test::TemporaryFolder folder;
    const std::filesystem::path cert = folder / "cert.pem", key = folder / "key.pem";
    net::make_self_signed(cert, key, {"localhost", "*.wild.test"});
    server = net::TlsContext::server({.cert_file = cert, .key_file = key, .client_ca_file = cert, .alpn = {"imap"}});
    client = net::TlsContext::client({.ca_file = cert, .alpn = {"imap"}});
    SSL_CTX_use_certificate_chain_file(bare, cert.c_str());
    SSL_CTX_use_PrivateKey_file(bare, key.c_str(), SSL_FILETYPE_PEM);
  }
  std::optional<net::TlsContext> server, client;
  SSL_CTX* bare = SSL_CTX_new(TLS_method());
};

const Contexts& contexts() {
  static const Contexts one;
  return one;
}

/// A bare OpenSSL at the other end, which says "hello" after the handshake; its octets are changed on their way to us.
class Changed final : public net::Transport {
 public:
  Changed(bool peer_is_server, bool tls12, std::size_t piece, std::string_view changes)
      : ssl_(SSL_new(contexts().bare)), piece_(piece), changes_(changes) {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (tls12) {
      SSL_set_max_proto_version(ssl_, TLS1_2_VERSION);
    }
    peer_is_server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
  }
  ~Changed() override { SSL_free(ssl_); }

  std::size_t read_some(std::span<char> into, net::Deadline) override {
    pump();
    std::size_t got = 0;
    BIO_read_ex(SSL_get_wbio(ssl_), into.data(), std::min(piece_, into.size()), &got);
    for (char& octet : into.first(got)) {
      change(octet);
    }
    return got;
  }
  std::size_t write_some(std::string_view octets, net::Deadline) override {
    BIO_write(SSL_get_rbio(ssl_), octets.data(), static_cast<int>(octets.size()));
    return octets.size();
  }
  void shutdown_write(net::Deadline) override {}
  void close() noexcept override {}

 private:
  void pump() {
    char buffer[4096];
    if (SSL_do_handshake(ssl_) == 1) {
      if (!said_) {
        said_ = SSL_write(ssl_, "hello", 5) == 5;
      }
      while (SSL_read(ssl_, buffer, sizeof buffer) > 0) {
        continue;
      }
    }
  }
  void change(char& octet) {
    if (changes_.size() < 3) {
      return;
    }
    if (left_alone_++ < static_cast<unsigned char>(changes_[0])) {
      return;
    }
    left_alone_ = 0;
    octet = static_cast<char>(changes_[1] & 1 ? changes_[2] : octet ^ changes_[2]);
    changes_.remove_prefix(3);
  }

  SSL* ssl_;
  std::size_t piece_;
  std::string_view changes_;
  unsigned left_alone_ = 0;
  bool said_ = false;
};

void talk(std::unique_ptr<net::Transport> lower, bool as_server) {
  try {
    const std::unique_ptr<net::Transport> tls =
        as_server ? net::tls_server(std::move(lower), *contexts().server)
                  : net::tls_client(std::move(lower), *contexts().client, "localhost");
    check(tls->is_tls() && tls->tls_info().has_value());
    check(as_server || tls->tls_info()->verified);
    char buffer[300];
    std::string said;
    tls->write_some("hello", {});
    while (const std::size_t got = tls->read_some(buffer, {})) {
      said.append(buffer, got);
    }
    check(std::string_view("hello").starts_with(said));
  } catch (const posthouse::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const bool as_server = choice & 1;
  const std::size_t piece = choice & 2 ? 1 : 4096;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (choice & 4) {
    talk(std::make_unique<Changed>(!as_server, choice & 8, piece, text), as_server);
  } else {
    std::string output;
    talk(std::make_unique<fuzz::Scripted>(text, piece, output), as_server);
  }
  return 0;
}
