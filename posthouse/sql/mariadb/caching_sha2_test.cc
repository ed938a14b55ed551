// caching_sha2_password, what MySQL 8 proves passwords by. Debian has no server that speaks it, so one is played here:
// it does the server's half of the exchange, and answers every statement with "done".
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

std::string sha256(const std::string& octets) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// What a client that knows the password answers to the nonce.
std::string proof(const std::string& password, const std::string& nonce) {
  std::string answer = sha256(password);
  const std::string mask = sha256(sha256(answer) + nonce);
  for (std::size_t i = 0; i < answer.size(); ++i) {
    answer[i] = static_cast<char>(answer[i] ^ mask[i]);
  }
  return answer;
}

// Serves one client.
class PlayedServer {
 public:
  PlayedServer(const std::string& path, bool knows_password) : knows_password_(knows_password) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    thread_ = std::thread([this] { serve(); });
  }
  PlayedServer(const PlayedServer&) = delete;
  PlayedServer& operator=(const PlayedServer&) = delete;
  ~PlayedServer() {
    thread_.join();
    ::close(listener_);
  }

 private:
  static constexpr const char* nonce = "01234567890123456789";

  void serve() {
    client_ = ::accept(listener_, nullptr, nullptr);
    greet();
    const std::string login = receive();
    const bool proved = login.find(proof("secret", nonce)) != std::string::npos;
    bool admitted = knows_password_ && proved;
    if (admitted) {
      send("\x01\x03"s);  // fast authentication: the proof is enough
    } else if (!knows_password_) {
      send("\x01\x04"s);  // the password itself, please; a Unix socket is safe for that
      admitted = receive() == "secret\0"s;
    }
    send(admitted ? ok : "\xff\x15\x04#28000Access denied"s);
    while (admitted && !receive().empty()) {
      ++sequence_;
      send(ok);
    }
    ::close(client_);
  }

  void greet() {
    sequence_ = 0;
    std::string hello =
        "\x0a"
        "8.0.36\0"s +
        "\1\0\0\0"s + std::string(nonce, 8) + "\0"s;
    hello += "\x0f\xa2"s + "\x2d" + "\2\0"s + "\x2f\0"s;  // what it can: protocol 4.1, plugins, several statements
    hello += "\x15"s + std::string(10, '\0') + std::string(nonce + 8, 12) + "\0"s + "caching_sha2_password\0"s;
    send(hello);
  }

  std::string exactly(std::size_t size) {
    std::string octets(size, '\0');
    for (std::size_t got = 0; got < size;) {
      const ssize_t more = ::recv(client_, octets.data() + got, size - got, 0);
      if (more <= 0) {
        return {};
      }
      got += static_cast<std::size_t>(more);
    }
    return octets;
  }
  // One packet; empty at the end.
  std::string receive() {
    const std::string head = exactly(4);
    if (head.empty()) {
      return {};
    }
    sequence_ = static_cast<unsigned char>(head[3] + 1);
    std::size_t size = 0;
    for (const std::size_t i : {2U, 1U, 0U}) {
      size = size << 8U | static_cast<unsigned char>(head[i]);
    }
    return exactly(size);
  }
  void send(const std::string& payload) {
    std::string packet{static_cast<char>(payload.size()), '\0', '\0', static_cast<char>(sequence_++)};
    packet += payload;
    ::send(client_, packet.data(), packet.size(), MSG_NOSIGNAL);
  }

  inline static const std::string ok = "\0\0\0\2\0\0\0"s;
  const bool knows_password_;
  int listener_ = -1;
  int client_ = -1;
  unsigned char sequence_ = 0;
  std::thread thread_;
};

class CachingSha2 : public testing::Test {
 protected:
  std::string path() const { return folder_.file("s.sock"); }
  std::string url(const std::string& password) const { return "mysql://ann:" + password + "@/?unix_socket=" + path(); }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(CachingSha2, ThePasswordIsProvedWithoutBeingTold) {
  PlayedServer server(path(), true);
  Connection db = connect(url("secret"));
  EXPECT_TRUE(db.usable());
  EXPECT_EQ(db.engine(), "mariadb");
}

TEST_F(CachingSha2, AServerThatHasForgottenItIsToldByASafeWay) {
  PlayedServer server(path(), false);
  EXPECT_TRUE(connect(url("secret")).usable());
}

TEST_F(CachingSha2, AWrongPassword) {
  PlayedServer server(path(), true);
  std::string what;
  EXPECT_EQ(errc_thrown([&] { connect(url("wrong")); }, &what), Errc::permission);
  EXPECT_THAT(what, HasSubstr("Access denied"));
}

}  // namespace
}  // namespace posthouse::sql
