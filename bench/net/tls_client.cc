// The loads for a TLS server (see tls_raw_openssl): bare OpenSSL on blocking sockets, one connection at a time. Prints
// one JSON object. What counts is the server's CPU time, as with tcp_client.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "measured.h"
#include "tcp_socket.h"
#include <openssl/ssl.h>
#include <signal.h>
#include <unistd.h>

namespace {

using namespace net_bench;
using Clock = std::chrono::steady_clock;

constexpr const char* usage = R"(usage: tls_client COMMAND PORT SERVER_PID …
  full PORT PID SECONDS       connections of one octet each way, every handshake a full one
  resumed PORT PID SECONDS    the same, every handshake a resumed one
  download PORT PID SECONDS   the server sends as fast as it can, in writes of 16 KiB, which are counted
  upload PORT PID SECONDS     the client does
  idle PORT PID CONNECTIONS   the server's memory for each of many that echoed once
)";
constexpr std::chrono::milliseconds warm_up{300};
constexpr int block_size = 16 * 1024;

SSL_SESSION* ticket = nullptr;  // the newest

int on_session(SSL*, SSL_SESSION* session) {
  SSL_SESSION_free(ticket);
  ticket = session;
  return 1;
}

SSL_CTX* client_context() {
  static SSL_CTX* context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(made, on_session);
    return made;
  }();
  return context;
}

void require(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

class Connection {
 public:
  Connection(std::uint16_t port, std::size_t number, bool resume) : socket_(dial(port, number)) {
    ssl_ = SSL_new(client_context());
    SSL_set_fd(ssl_, socket_);
    if (resume && ticket != nullptr) {
      SSL_set_session(ssl_, ticket);
    }
    require(SSL_connect(ssl_) == 1, "the handshake failed");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    SSL_free(ssl_);
    close(socket_);
  }

  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  void say(char octet) { require(SSL_write(ssl_, &octet, 1) == 1, "cannot write"); }
  void write_block() { require(SSL_write(ssl_, block_, block_size) == block_size, "cannot write"); }
  int read() {
    const int got = SSL_read(ssl_, block_, block_size);
    require(got > 0, "cannot read");
    return got;
  }
  void end() { SSL_shutdown(ssl_); }

 private:
  int socket_;
  SSL* ssl_;
  static inline char block_[block_size];
};

class Handshakes {
 public:
  Handshakes(std::uint16_t port, bool resume) : port_(port), resume_(resume) { one(); }
  double run_until(Clock::time_point end) {
    double done = 0;
    for (; Clock::now() < end; ++done) {
      require(one() == resume_, "a handshake was not of the kind wanted");
    }
    return done;
  }

 private:
  bool one() {
    Connection connection(port_, number_++, resume_);
    connection.say('h');
    connection.read();
    connection.end();
    return connection.resumed();
  }
  std::uint16_t port_;
  bool resume_;
  std::size_t number_ = 0;
};

class Bulk {
 public:
  Bulk(std::uint16_t port, bool download) : connection_(port, 0, false), download_(download) {
    connection_.say(download ? 'd' : 'u');
  }
  /// In blocks.
  double run_until(Clock::time_point end) {
    double octets = 0;
    while (Clock::now() < end) {
      if (download_) {
        octets += connection_.read();
      } else {
        connection_.write_block();
        octets += block_size;
      }
    }
    return octets / block_size;
  }

 private:
  Connection connection_;
  bool download_;
};

template <class Load>
void measure(Load&& load, int server, double seconds) {
  load.run_until(Clock::now() + warm_up);
  const Measured measured(server);
  const auto length = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const double requests = load.run_until(Clock::now() + length);
  std::printf("{%s}\n", to_json(measured.stop(), requests).c_str());
}

void measure_idle(std::uint16_t port, int server, std::size_t connections) {
  const double before = resident_kib(server);
  std::vector<std::unique_ptr<Connection>> open;
  for (std::size_t i = 0; i < connections; ++i) {
    open.push_back(std::make_unique<Connection>(port, i, false));
    open.back()->say('i');
    open.back()->read();
  }
  const double with = resident_kib(server);
  std::printf("{\"connections\":%zu,\"resident_kib_before\":%.0f,\"resident_kib_per_connection\":%.3f}\n", connections,
              before, (with - before) / static_cast<double>(connections));
}

int run(const std::vector<std::string>& words) {
  const auto port = static_cast<std::uint16_t>(std::stoul(words.at(1)));
  const int server = std::stoi(words.at(2));
  const std::string& command = words[0];
  allow_many_files();
  if (command == "full" || command == "resumed") {
    measure(Handshakes(port, command == "resumed"), server, std::stod(words[3]));
  } else if (command == "download" || command == "upload") {
    measure(Bulk(port, command == "download"), server, std::stod(words[3]));
  } else if (command == "idle") {
    measure_idle(port, server, std::stoul(words[3]));
  } else {
    std::fputs(usage, stderr);
    return 2;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) try {
  if (count != 5) {
    std::fputs(usage, stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  return run({words + 1, words + count});
} catch (const std::exception& error) {
  std::fprintf(stderr, "tls_client: %s\n", error.what());
  return 1;
}
