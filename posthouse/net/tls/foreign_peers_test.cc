// Other people's TLS at the other end: openssl s_client and s_server, curl, Python. What is not installed is skipped.
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// What a shell command prints, on both of its outputs.
std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen(("timeout 60 sh -c '" + command + "' 2>&1").c_str(), "r");
  char buffer[1000];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) {
    text.append(buffer, got);
  }
  ::pclose(pipe);
  return text;
}

bool installed(const std::string& program) {
  return !output_of("command -v " + program).empty();
}

#define NEEDS(program) \
  if (!installed(program)) GTEST_SKIP() << program << " is not installed"

class ForeignPeers : public ::testing::Test {
 protected:
  using Session = std::function<void(Stream&)>;

  // What `command` prints, with PORT in it replaced by the port of a server that gives `session` one connection.
  std::string meet(std::string command, const TlsContext& context, const Session& session) {
    Listener listener = listen("127.0.0.1:0");
    const std::string port = std::to_string(listener.local_address().port());
    command.replace(command.find("PORT"), 4, port);
    std::thread server([&] {
      outcome_ = outcome_of([&] {
        Stream stream = listener.accept(50s);
        stream.start_tls_server(context, 50s);
        session(stream);
        stream.shutdown_write(50s);
        while (!stream.read_some(1000, 50s).empty()) {
          continue;
        }
      });
    });
    const std::string output = output_of(command);
    server.join();
    return output;
  }

  const std::string ca_ = authority().ca_file();
  Outcome outcome_;  // of the server
};

TEST_F(ForeignPeers, SClientVerifiesUsAndBindsToTheSameChannel) {
  NEEDS("openssl");
  std::string binding;
  const std::string output = meet(
      "echo question | openssl s_client -connect 127.0.0.1:PORT -servername localhost"
      " -verify_hostname localhost -verify_return_error -CAfile " +
          ca_ + " -keymatexport EXPORTER-Channel-Binding -keymatexportlen 32 -ign_eof",
      good_server(), [&](Stream& stream) {
        binding = stream.channel_binding(ChannelBinding::tls_exporter).value();
        EXPECT_EQ(stream.read_line(100, 50s), "question");
        stream.write("answer\n", 50s);
      });
  EXPECT_THAT(output, AllOf(HasSubstr("Verify return code: 0 (ok)"), HasSubstr("answer"),
                            HasSubstr(to_upper(hex_encode(binding)))));
  EXPECT_TRUE(outcome_.good()) << outcome_.text;
}

TEST_F(ForeignPeers, SClientResumes) {
  NEEDS("openssl");
  test::Authority directory;
  const std::string file = directory.write_file("session.pem", "");
  const auto answer = [](Stream& stream) {
    EXPECT_EQ(stream.read_line(100, 50s), "question");
    stream.write("answer\n", 50s);
  };
  const std::string start = "echo question | openssl s_client -ign_eof -connect 127.0.0.1:PORT -servername localhost ";
  for (const std::string& version : {std::string("-tls1_2"), std::string("-tls1_3")}) {
    EXPECT_THAT(meet(start + version + " -sess_out " + file, good_server(), answer), HasSubstr("New, TLSv1"));
    EXPECT_THAT(meet(start + version + " -sess_in " + file, good_server(), answer), HasSubstr("Reused, TLSv1"));
  }
}

TEST_F(ForeignPeers, CurlTakesAPage) {
  NEEDS("curl");
  const auto page = [](Stream& stream) {
    stream.read_until("\r\n\r\n", 10'000, 50s);
    stream.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n", 50s);
  };
  EXPECT_EQ(meet("curl -sS --noproxy \"*\" --cacert " + ca_ + " https://127.0.0.1:PORT/", good_server(), page),
            "hello\n");
  const TlsContext expired =
      server_context(authority().issue({.names = {"127.0.0.1"}, .from_days = -9, .to_days = -2}));
  EXPECT_THAT(meet("curl -sS --noproxy \"*\" --cacert " + ca_ + " https://127.0.0.1:PORT/", expired, page),
              HasSubstr("certificate has expired"));
  EXPECT_FALSE(outcome_.good());
}

TEST_F(ForeignPeers, PythonChecksTheName) {
  NEEDS("python3");
  test::Authority directory;
  const std::string script = directory.write_file("client.py", R"(
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
try:
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname=sys.argv[3]) as tls:
        print(tls.version(), tls.recv(100).decode())
except ssl.SSLCertVerificationError as error:
    print("refused:", error.verify_message)
)");
  const auto greet = [](Stream& stream) { stream.write("welcome", 50s); };
  const std::string start = "python3 " + script + " " + ca_ + " PORT ";
  EXPECT_EQ(meet(start + "localhost", good_server(), greet), "TLSv1.3 welcome\n");
  EXPECT_THAT(meet(start + "elsewhere.test", good_server(), greet), HasSubstr("refused: Hostname mismatch"));
  EXPECT_FALSE(outcome_.good());
}

// openssl s_server, which turns lines round (-rev) and says on which port it listens.
class SServer {
 public:
  explicit SServer(const std::string& options) {
    pipe_ = ::popen(("exec timeout 60 openssl s_server -accept 127.0.0.1:0 -rev " + options + " 2>&1").c_str(), "r");
    char line[1000];
    while (port_ == 0 && std::fgets(line, sizeof line, pipe_) != nullptr) {
      std::sscanf(line, "ACCEPT 127.0.0.1:%hu", &port_);
    }
  }
  SServer(const SServer&) = delete;
  SServer& operator=(const SServer&) = delete;
  ~SServer() { ::pclose(pipe_); }
  std::uint16_t port() const { return port_; }

 private:
  std::FILE* pipe_;
  std::uint16_t port_ = 0;
};

TEST_F(ForeignPeers, SServerAnswersUs) {
  NEEDS("openssl");
  const auto files = authority().issue({.names = {"localhost"}});
  const TlsContext client = TlsContext::client({.ca_file = ca_});
  for (const std::string& version : {std::string("-tls1_2"), std::string("-tls1_3")}) {
    const SServer server(version + " -naccept 2 -cert " + files.cert_file + " -key " + files.key_file);
    ASSERT_NE(server.port(), 0);
    for (const bool resumed : {false, true}) {
      Stream stream = connect("127.0.0.1", server.port(), 50s);
      stream.start_tls_client(client, "localhost", 50s);
      stream.write("hello\n", 50s);
      EXPECT_EQ(stream.read_line(100, 50s), "olleh");
      EXPECT_TRUE(stream.tls()->verified);
      EXPECT_EQ(stream.tls()->resumed, resumed) << version;
      stream.shutdown_write(50s);
    }
  }
}

}  // namespace
}  // namespace posthouse::net
