// The least a TLS server can be: OpenSSL on a blocking socket, one connection after the other, as in `openssl
// s_server`. Prints "port N". The client's first octet says what it wants: 'd' blocks of 16 KiB until the client breaks
// off, 'u' that all that comes be taken, all else that it be sent back.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tcp_socket.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <unistd.h>

namespace {

using namespace net_bench;

SSL_CTX* server_context(const char* cert_file, const char* key_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    std::exit(1);
  }
  SSL_CTX_set_num_tickets(context, 1);  // as ours; the default is two, which costs more
  return context;
}

void serve_one(SSL* ssl) {
  static const std::string block(16 * 1024, 'x');
  static char buffer[16 * 1024];
  if (SSL_accept(ssl) != 1) {
    return;
  }
  int got = SSL_read(ssl, buffer, 1);
  if (got == 1 && buffer[0] == 'd') {
    while (SSL_write(ssl, block.data(), static_cast<int>(block.size())) > 0) {
      continue;
    }
    return;
  }
  const bool answer = buffer[0] != 'u';
  for (; got > 0; got = SSL_read(ssl, buffer, sizeof buffer)) {
    if (answer && SSL_write(ssl, buffer, got) <= 0) {
      return;
    }
  }
  if (SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN) {
    SSL_shutdown(ssl);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: tls_raw_openssl CERT_FILE KEY_FILE\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = server_context(words[1], words[2]);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("bind");
  }
  if (listen(listener, 4096) != 0) {
    fail("listen");
  }
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      fail("accept");
    }
    send_at_once(client);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, client);
    serve_one(ssl);
    ERR_clear_error();
    SSL_free(ssl);
    close(client);
  }
}
