#pragma once
// For the tests of TLS: a client that is not ours, a bare OpenSSL whose octets are carried by hand.
#include <functional>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "posthouse/net/tls/tls_openssl.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {

class BareClient {
 public:
  explicit BareClient(Stream stream, SSL_CTX* context) : stream_(std::move(stream)), ssl_(SSL_new(context)) {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;
  ~BareClient() { SSL_free(ssl_); }

  SSL* ssl() { return ssl_; }
  /// Repeats `call` until it returns 1 or fails.
  bool drive(const std::function<int()>& call) {
    for (;;) {
      ERR_clear_error();
      const int result = call();
      const int error = SSL_get_error(ssl_, result);
      flush();
      if (result == 1) {
        return true;
      }
      if (error != SSL_ERROR_WANT_READ || !feed()) {
        return false;
      }
    }
  }
  bool handshake() {
    return drive([&] { return SSL_do_handshake(ssl_); });
  }
  std::string read() {
    char buffer[1000];
    std::size_t size = 0;
    return drive([&] { return SSL_read_ex(ssl_, buffer, sizeof buffer, &size); }) ? std::string(buffer, size) : "";
  }
  bool write(std::string_view text) {
    std::size_t size = 0;
    return drive([&] { return SSL_write_ex(ssl_, text.data(), text.size(), &size); });
  }

 private:
  void flush() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
    if (size > 0) {
      outcome_of([&] { stream_.write({data, static_cast<std::size_t>(size)}, 20s); });
    }
    BIO_reset(SSL_get_wbio(ssl_));
  }
  bool feed() {
    char buffer[4096];
    std::size_t size = 0;
    outcome_of([&] { size = stream_.read_some(buffer, 20s); });
    if (size > 0) {
      BIO_write(SSL_get_rbio(ssl_), buffer, static_cast<int>(size));
    }
    return size > 0;
  }

  Stream stream_;
  SSL* ssl_;
};

/// Runs `client` against a server of `context` that says back every line; what became of the server.
inline Outcome meet_bare(const TlsContext& context, SSL_CTX* client_context,
                         const std::function<void(BareClient&)>& client) {
  auto [mine, other] = memory_pipe();
  Outcome outcome;
  Scope scope;
  scope.spawn([&, &stream = other] {
    outcome = outcome_of([&] {
      stream.start_tls_server(context, 20s);
      while (auto line = stream.read_line(1000, 20s)) {
        stream.write(*line + "\n", 20s);
      }
    });
    stream.close();
  });
  {
    BareClient bare(std::move(mine), client_context);
    client(bare);
  }
  scope.join();
  return outcome;
}

}  // namespace posthouse::net
