// Recorded answers of IMAP servers in the wild, fed to the client. The recordings are not part of this repository: they
// are read from shared/corpus beside it, and each test says how many of them it used.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using testing::IsEmpty;

const std::filesystem::path corpus = std::filesystem::path(POSTHOUSE_CORPUS) / "mailkit/imap";

// The recording with its line ends made CRLF, as they were on the wire, and `tag` for the tag.
std::string recorded(const std::string& name, const std::string& tag) {
  std::ifstream file(corpus / name, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  constexpr std::string_view placeholder = "A########";
  std::string wire;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, placeholder.size(), placeholder) == 0) {
      wire += tag;
      i += placeholder.size() - 1;
      continue;
    }
    if (text[i] == '\n' && !wire.ends_with('\r')) {
      wire += '\r';
    }
    wire += text[i];
  }
  return wire;
}

// Runs `code` against a server that greets with the first recording, and answers each command with the next one, whatever
// it is asked. A line without a tag of the client's is no command.
void against(const std::vector<std::string>& names, const std::function<void(net::Stream)>& code) {
  auto [mine, peer] = net::memory_pipe(1 << 20);
  std::thread server([&, peer = std::move(peer)]() mutable {
    try {
      peer.write(recorded(names.front(), ""));
      for (std::size_t i = 1; i < names.size();) {
        const auto line = peer.read_line();
        if (!line) {
          return;
        }
        if (line->starts_with('A')) {
          peer.write(recorded(names[i++], line->substr(0, line->find(' '))));
        }
      }
      peer.shutdown_write();
      while (peer.read_line()) {
      }
    } catch (const net::Error&) {
      // The client has gone.
    }
  });
  code(std::move(mine));
  server.join();
}

void against(const std::vector<std::string>& names, const std::function<void(Client&)>& code,
             const ClientOptions& options = clear_text()) {
  against(names, [&](net::Stream stream) {
    Client client(std::move(stream), "", options);
    code(client);
  });
}

class ImapClientCorpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(corpus)) {
      GTEST_SKIP() << "no recordings in " << corpus;
    }
  }
};

TEST_F(ImapClientCorpus, Dovecot) {
  against({"dovecot/greeting.txt",
           "dovecot/authenticate.txt",
           "dovecot/enable-qresync.txt",
           "dovecot/namespace.txt",
           "dovecot/list-special-use.txt",
           "dovecot/list-special-use.txt",
           "dovecot/status-unittests-destination.txt",
           "dovecot/select-unittests-messages-qresync.txt",
           "dovecot/search-uids.txt",
           "dovecot/fetch1.txt",
           "dovecot/store-answered.txt",
           "dovecot/setflags-unchangedsince.txt",
           "dovecot/copy.txt",
           "dovecot/move.txt",
           "dovecot/getbodypart.txt",
           "dovecot/getmessageheaders.txt",
           "dovecot/noop+alert.txt",
           "dovecot/sort-by-date.txt",
           "dovecot/append.1.txt",
           "dovecot/expunge.txt"},
          [](Client& client) {
            client.login("user", "password");
            EXPECT_TRUE(client.enabled("QRESYNC"));
            EXPECT_EQ(client.namespaces().personal.at(0).delimiter, ".");
            EXPECT_EQ(client.list("*", {.special_use = true}).size(), 4U);
            EXPECT_EQ(client.mailbox_for("\\Sent"), "Sent Messages");
            EXPECT_EQ(client.status("UnitTests.Destination").number(StatusItem::messages), 14U);
            const auto changes = client.changes_since(
                "UnitTests.Messages",
                {.uid_validity = 1436832084, .uid_next = 9, .modseq = 5, .uids = *NumberSet::parse("1:8")});
            EXPECT_EQ(changes.way, SyncWay::qresync);
            EXPECT_EQ(changes.vanished.to_string(), "8");
            EXPECT_EQ(changes.messages.size(), 7U);
            EXPECT_EQ(changes.state.modseq, 6U);
            EXPECT_EQ(client.search(everything()).count(), 14U);
            EXPECT_EQ(client.fetch(NumberSet::all(), {.flags = true}).size(), 7U);
            EXPECT_TRUE(client.add_flags(*NumberSet::parse("1:3"), SystemFlag::answered).empty());
            EXPECT_EQ(client.add_flags(*NumberSet::parse("1:9"), SystemFlag::seen, 4).to_string(), "7,9");
            EXPECT_EQ(client.copy(*NumberSet::parse("1:7"), "x").to.to_string(), "1:7");
            const Moved moved = client.move(*NumberSet::parse("1:7"), "x");
            EXPECT_EQ(moved.copied.to.to_string(), "8:14");
            EXPECT_EQ(client.selected()->exists, 0U);
            EXPECT_EQ(client.selected()->highest_modseq, 7U);
            EXPECT_EQ(client.retrieve(1).size(), 253U);
            EXPECT_EQ(client.retrieve(1, {.what = SectionText::header}).size(), 226U);
            client.events();
            client.noop();
            EXPECT_EQ(client.events().size(), 1U) << "the alert";
            EXPECT_THAT(client.sort(everything(), {{.key = SortKey::date}}),
                        testing::ElementsAre(7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8));
            EXPECT_EQ(client.append("INBOX", "x").uid, 1U);
            client.expunge();
          });
}

TEST_F(ImapClientCorpus, CyrusAndLowerCase) {
  against({"cyrus/greeting.txt", "cyrus/authenticate.txt", "common/select-inbox.txt"}, [](Client& client) {
    client.login("user", "password");
    EXPECT_TRUE(client.supports("UIDPLUS"));
    EXPECT_EQ(client.select("INBOX").exists, 8U);
  });
  against({"lowercase/greeting.txt", "lowercase/authenticate.txt", "lowercase/capability.txt", "lowercase/list.txt"},
          [](Client& client) {
            client.login("user", "password");
            EXPECT_TRUE(client.supports("SPECIAL-USE"));
            EXPECT_EQ(client.list().size(), 2U);
          });
  ClientOptions options = clear_text();
  options.enable.clear();
  against({"common/preauth-greeting.txt"}, [](Client& client) { EXPECT_TRUE(client.logged_in()); }, options);
}

// Every recording, whatever it is, as the answer to every command: the client answers or throws, and goes on or ends.
TEST_F(ImapClientCorpus, AnythingMayComeBack) {
  std::size_t files = 0;
  ClientOptions options = clear_text();
  options.enable.clear();
  const std::function<void(Client&)> asked[] = {
      [](Client& c) { c.list(); },
      [](Client& c) { c.status("INBOX"); },
      [](Client& c) { c.search(seen()); },
      [](Client& c) { c.fetch(NumberSet::all(), {.flags = true, .envelope = true}); },
      [](Client& c) { c.retrieve(1); },
      [](Client& c) { c.add_flags(1, SystemFlag::seen); },
      [](Client& c) { c.move(1, "x"); },
      [](Client& c) { c.changes_since("INBOX", {.uid_validity = 1436832084, .modseq = 1, .uids = 5}); },
      [](Client& c) { c.append("INBOX", "x"); },
      [](Client& c) { c.id(); },
      [](Client& c) { c.idle(std::chrono::milliseconds(1)); },
      [](Client& c) { c.logout(); }};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    ++files;
    const std::string name = std::filesystem::relative(entry.path(), corpus).string();
    for (const auto& ask : asked) {
      const std::vector<std::string> names{"dovecot/greeting-preauth.txt", "common/select-inbox.txt", name};
      against(
          names,
          [&](Client& client) {
            try {
              client.select("INBOX");
              ask(client);
            } catch (const posthouse::Error& error) {
              EXPECT_STRNE(error.what(), "");
            }
          },
          options);
    }
  }
  std::printf("%zu recordings\n", files);
  EXPECT_GT(files, 100U);
}

}  // namespace
}  // namespace posthouse::imap
