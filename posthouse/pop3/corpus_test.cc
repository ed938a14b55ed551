// Recorded answers of POP3 servers in the wild, fed to the client. The recordings are not part of this repository: they
// are read from shared/corpus beside it, and each test says how many of them it used.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/pop3/client/client.h"

namespace posthouse::pop3 {
namespace {

const std::filesystem::path corpus = std::filesystem::path(POP3_CORPUS) / "mailkit/pop3";

// The recording with its line ends made CRLF, as they were on the wire.
std::string recorded(const std::string& name) {
  std::ifstream file(corpus / name, std::ios::binary);
  std::string text, wire;
  text.assign(std::istreambuf_iterator<char>(file), {});
  for (const char c : text) {
    if (c == '\n' && !wire.ends_with('\r')) {
      wire += '\r';
    }
    wire += c;
  }
  return wire;
}

// Runs `code` against a server that answers each line with the next recording, whatever it is asked.
void against(const std::vector<std::string>& names, const std::function<void(Client&)>& code) {
  auto [mine, peer] = net::memory_pipe(1 << 20);
  std::thread server([&, peer = std::move(peer)]() mutable {
    peer.write("+OK ready\r\n");
    for (const std::string& name : names) {
      if (!peer.read_line()) {
        return;
      }
      peer.write(recorded(name));
    }
    peer.shutdown_write();
  });
  {
    ClientOptions options;
    options.tls = Tls::none;
    options.insecure_auth = true;
    Client client(std::move(mine), "", options);
    code(client);
  }
  server.join();
}

template <class F>
Errc errc_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.errc();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Errc::usage;
}

class Pop3Corpus : public testing::Test {
 protected:
  // False, with a printed note, when the recordings are not there.
  static bool present() {
    if (std::filesystem::is_directory(corpus)) {
      return true;
    }
    std::printf("NOTE: skipped 1 test: no recordings in %s\n", corpus.c_str());
    return false;
  }
};

TEST_F(Pop3Corpus, ComcastAndExchange) {
  if (!present()) {
    return;
  }
  against({"comcast/capa1.txt", "comcast/ok.txt", "comcast/ok.txt", "comcast/stat.txt", "comcast/quit.txt"},
          [](Client& client) {
            EXPECT_TRUE(client.supports("top"));
            EXPECT_TRUE(client.supports("EXPIRE", "31"));
            EXPECT_FALSE(client.supports("SASL"));
            client.login("user", "password");
            const auto [count, size] = client.stat();
            EXPECT_EQ(count, 7U);
            EXPECT_EQ(size, 1800662U);
          });
  for (const auto& [name, sum] : {std::pair{"comcast/list.txt", 28672U}, std::pair{"exchange/uidl.txt", 0U}}) {
    const std::string wire = recorded(name);
    ASSERT_FALSE(wire.empty()) << name;
    against({name}, [&, sum = sum](Client& client) {
      if (sum) {
        std::uint64_t octets = 0;
        for (const auto& entry : client.list()) {
          octets += entry.size;
        }
        EXPECT_EQ(octets, sum);
      } else {
        const auto uids = client.uidl();
        ASSERT_EQ(uids.size(), 7U);
        EXPECT_EQ(uids[6].uid, "6505");
      }
    });
  }
  for (const char* name : {"comcast/list1-error2.txt", "comcast/list1-error3.txt"}) {
    against({name}, [](Client& client) { EXPECT_EQ(errc_of([&] { client.list(1); }), Errc::protocol); });
  }
}

TEST_F(Pop3Corpus, Gmail) {
  if (!present()) {
    return;
  }
  against({"gmail/list.txt", "gmail/list1.txt", "gmail/list2.txt", "gmail/uidl1.txt", "gmail/uidl2.txt",
           "gmail/dele.txt", "gmail/quit.txt"},
          [](Client& client) {
            EXPECT_EQ(client.list().size(), 3U);
            EXPECT_EQ(client.list(1), 1024U);
            EXPECT_EQ(client.list(2), 1025U);
            EXPECT_EQ(client.uidl(1), "101");
            EXPECT_EQ(client.uidl(2), "102");
            client.remove(1);
            client.quit();
          });
  against({"gmail/uidl-error1.txt"},
          [](Client& client) { EXPECT_EQ(errc_of([&] { client.uidl(); }), Errc::protocol); });
  against({"gmail/uidl1-error1.txt"},
          [](Client& client) { EXPECT_EQ(errc_of([&] { client.uidl(1); }), Errc::protocol); });
  against({"gmail/retr1-parse-error.txt"}, [](Client& client) { EXPECT_FALSE(client.retrieve(1).empty()); });
}

// Every recording, whatever it is, as the answer to every command: the client answers or throws, and goes on or ends.
TEST_F(Pop3Corpus, AnythingMayComeBack) {
  if (!present()) {
    return;
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    ++files;
    const std::string name = std::filesystem::relative(entry.path(), corpus).string();
    const std::function<void(Client&)> asked[] = {[](Client& c) { c.login("user", "password"); },
                                                  [](Client& c) { c.stat(); },
                                                  [](Client& c) { c.list(); },
                                                  [](Client& c) { c.uidl(); },
                                                  [](Client& c) { c.top(1, 1); },
                                                  [](Client& c) { c.retrieve(1); },
                                                  [](Client& c) { c.capabilities(); },
                                                  [](Client& c) { c.remove(1); },
                                                  [](Client& c) { c.quit(); }};
    for (const auto& ask : asked) {
      const auto survives = [&](Client& client) {
        try {
          ask(client);
        } catch (const posthouse::Error& error) {
          EXPECT_STRNE(error.what(), "");
        }
      };
      against({name}, survives);
    }
  }
  std::printf("%zu recordings\n", files);
  EXPECT_GT(files, 20U);
}

}  // namespace
}  // namespace posthouse::pop3
