#include "posthouse/mime/mailbox/mbox.h"

#include <fstream>
#include <iterator>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/mime/error.h"
#include "posthouse/mime/mailbox/python_testing.h"

namespace posthouse::mime {
namespace {

using namespace std::chrono_literals;

const auto moment = std::chrono::system_clock::time_point(1'767'225'600s);  // 2026-01-01 00:00 UTC, a Thursday

std::vector<std::string> read(std::string_view octets, MboxFormat format = MboxFormat::automatic) {
  std::vector<std::string> out;
  MboxReader reader(octets, format);
  while (const auto entry = reader.next()) {
    out.push_back(entry->message());
  }
  return out;
}

std::string written(const std::vector<std::string>& messages, MboxFormat format, bool crlf = false) {
  std::string out;
  for (const std::string& message : messages) {
    write_mbox_entry([&](std::string_view piece) { out += piece; }, message, "ann@one.test", moment,
                     {.format = format, .crlf = crlf});
  }
  return out;
}

const std::vector<std::string> letters = {
    "Subject: 1\n\nFrom here on\n>From there\n>>From far\nFrom x Thu Jan  1 00:00:00 2026\nSubject: no\n",
    "Subject: 2\n\n", "Subject: 3\n\n\n\nFrom\n\n", "", "Subject: 5\n\nlast"};

TEST(Mbox, EntryAsRfc4155HasIt) {
  EXPECT_EQ(written({"A: b\r\n\r\nFrom me\r\n"}, MboxFormat::mboxrd),
            "From ann@one.test Thu Jan  1 00:00:00 2026\nA: b\n\n>From me\n\n");
  EXPECT_EQ(written({"A: b\ncontent-length: 7\nC: d\n\nx"}, MboxFormat::mboxcl2, true),
            "From ann@one.test Thu Jan  1 00:00:00 2026\r\nA: b\r\nC: d\r\nContent-Length: 3\r\n\r\nx\r\n\r\n");
}

TEST(Mbox, ExactFormsGiveBackWhatWasWritten) {
  const std::vector<std::string> expected = {letters[0], letters[1], letters[2], letters[3], letters[4] + "\n"};
  EXPECT_EQ(read(written(letters, MboxFormat::mboxrd), MboxFormat::mboxrd), expected);
  EXPECT_EQ(read(written(letters, MboxFormat::mboxrd)), expected);
}

TEST(Mbox, ContentLengthIsFollowed) {
  const std::vector<std::string> some = {letters[0], letters[1], letters[2]};
  for (const auto format : {MboxFormat::mboxcl, MboxFormat::mboxcl2}) {
    for (const auto as : {format, MboxFormat::automatic}) {
      for (const bool crlf : {false, true}) {
        const std::vector<std::string> got = read(written(some, format, crlf), as);
        ASSERT_EQ(got.size(), 3U) << int(format) << int(as) << crlf;
        const bool doubled = format == MboxFormat::mboxcl;  // ">From" is not marked there: reading takes the mark off
        EXPECT_NE(got[0].find(doubled ? "\nFrom there" : "\n>From there"), std::string::npos);
        EXPECT_NE(got[0].find("\nFrom here on"), std::string::npos);
        EXPECT_NE(got[0].find("\n>>From far"), std::string::npos);
      }
    }
  }
}

// One message that has "From " unmarked says of all others that their ">From " is text.
TEST(Mbox, LengthsAloneOrWithMarks) {
  const auto bodies = [](const std::vector<std::string>& texts, MboxFormat format) {
    std::vector<std::string> messages;
    for (const std::string& text : texts) {
      messages.push_back("A: b\n\n" + text);
    }
    std::vector<std::string> out = read(written(messages, format));
    for (std::string& message : out) {
      message.erase(0, message.find("\n\n") + 2);
    }
    return out;
  };
  const std::string quoting = ">From the start\n", bare = "From me\n", plain = "x\n";
  const std::vector<std::string> late = {plain, quoting, bare}, early = {bare, quoting}, none = {bare, plain};
  EXPECT_EQ(bodies(late, MboxFormat::mboxcl2), late);
  EXPECT_EQ(bodies(early, MboxFormat::mboxcl2), early);
  EXPECT_EQ(bodies(none, MboxFormat::mboxcl), none);
}

// What ends the header for the writer ends it for the reader, in messages too whose lines are no fields.
TEST(Mbox, MalformedHeadersKeepTheirLength) {
  const std::vector<std::string> odd = {"From - \n",
                                        "From - \nFrom - \nA: b\n\nFrom - \n",
                                        "A: b\nFrom - \n\nFrom - \nC: d\n",
                                        "no field\nContent-Length: 3\n 4\n\nFrom x\n",
                                        ">From - \ncontent-length : 9\n\nFrom x\n",
                                        "A: b\r\r\n\r\r\nFrom x\r\r\n\r",
                                        "\r",
                                        "\n\nFrom x\n",
                                        "Content-Length: 7"};
  for (const auto format : {MboxFormat::mboxcl, MboxFormat::mboxcl2}) {
    for (const bool crlf : {false, true}) {
      for (const std::string& message : odd) {
        const std::string box = written({message, message}, format, crlf);
        const auto entries = read(box, format);
        ASSERT_EQ(entries.size(), 2U) << message;
        EXPECT_EQ(entries[0], entries[1]);
        const bool exact = format == MboxFormat::mboxcl2 && message.find("\r\r") == std::string::npos;
        if (exact) {
          EXPECT_EQ(written(entries, format, crlf), box) << message;  // the next writing changes nothing
        }
      }
    }
  }
}

TEST(Mbox, WrongContentLengthIsNotBelieved) {
  for (const char* length : {"5", "0", "99999", "-1", "x", "18446744073709551615"}) {
    EXPECT_EQ(read("From a Thu Jan  1 00:00:00 2026\nContent-Length: " + std::string(length) +
                   "\n\nsome body\n\nFrom b Thu Jan  1 00:00:00 2026\nA: 2\n\n\n")
                  .size(),
              2U)
        << length;
  }
}

TEST(Mbox, PlainTextFromIsNoEntry) {
  const std::string text =
      "From a Thu Jan  1 00:00:00 2026\nA: b\n\nHello\n\nFrom the start of the day\nthings went\n\nFrom me\nwrong\n";
  EXPECT_EQ(read(text).size(), 1U);
  EXPECT_EQ(read(text, MboxFormat::mboxo).size(), 3U);  // who names the form gets its rule
  EXPECT_EQ(
      read("From a Thu Jan  1 00:00:00 2026\nA: b\n\nno empty line\nFrom a@b.c Thu Jan  1 00:00:00 2026\nA: c\n\n")
          .size(),
      2U);
  EXPECT_EQ(read("From - Sat Jan 31 10:00:00 2026\nA: b\n\nx\n\nFrom nobody\nA: b\n\ny\n").size(), 2U);
}

TEST(Mbox, OddFiles) {
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("\n\r\n\n").empty());
  EXPECT_EQ(read("A: b\n\nno From line"), std::vector<std::string>{"A: b\n\nno From line"});
  EXPECT_EQ(read("From "), std::vector<std::string>{""});
  EXPECT_EQ(read("\n\nFrom a Thu Jan  1 00:00:00 2026\nA: b\n\nx\n\n"), std::vector<std::string>{"A: b\n\nx\n"});
  EXPECT_EQ(read("From a Thu Jan  1 00:00:00 2026\r\nA: b\r\n\r\nx\r\n\r\n"),
            std::vector<std::string>{"A: b\r\n\r\nx\r\n"});
  MboxReader reader("From  ann@one.test  Thu Jan  1 00:00:00 2026\nA: b\n\n\nFrom b Thu Jan  1 00:00:00 2026\n");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.next()->offset, 52U);
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_TRUE(looks_like_mbox("From a Thu Jan  1 00:00:00 2026\n"));
  EXPECT_FALSE(looks_like_mbox("From: a@b.test\n"));
  EXPECT_FALSE(looks_like_mbox("From time to time"));
}

TEST(Mbox, FromLineCannotBeBroken) {
  std::string out;
  write_mbox_entry([&](std::string_view piece) { out += piece; }, "", "a b\nFrom c", moment);
  EXPECT_EQ(out, "From a-b-From-c Thu Jan  1 00:00:00 2026\n\n");
}

TEST(MboxWriter, AppendsUnderLock) {
  const test::TemporaryFolder folder;
  const auto path = folder / "box";
  folder.write("box", "From a Thu Jan  1 00:00:00 2026\nA: 1\n\nno line end");
  {
    MboxWriter writer(path, {.lock_patience = 20ms});
    EXPECT_TRUE(std::filesystem::exists(path.string() + ".lock"));
    try {
      MboxWriter second(path, {.lock_patience = 20ms});
      FAIL() << "locked twice";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "mime.locked");
      EXPECT_TRUE(error.retryable());
    }
    writer.add("A: 2\r\n\r\nFrom b\r\n", "ann@one.test", moment);
    writer.close();
    EXPECT_THROW(writer.add("A: 3\n\n"), Error);
  }
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".lock"));
  auto reader = MboxReader::open(path);
  EXPECT_EQ(reader.next()->message(), "A: 1\n\nno line end\n");
  const auto second = reader.next();
  EXPECT_EQ(second->message(), "A: 2\n\nFrom b\n");
  EXPECT_EQ(second->sender(), "ann@one.test");
  EXPECT_FALSE(reader.next());
}

TEST(Mbox, FileCutShortEndsThere) {
  const test::TemporaryFolder folder;
  const std::string small = written({"A: 1\n\nx\n"}, MboxFormat::mboxrd);
  const std::string large = written({"A: 2\n\n" + std::string(std::size_t{3} << 20, 'x') + "\n"}, MboxFormat::mboxrd);
  folder.write("box", small + small + large + small);
  auto reader = MboxReader::open(folder / "box");
  ASSERT_TRUE(reader.next());
  std::filesystem::resize_file(folder / "box", 2 * small.size() + 4'096);
  ASSERT_TRUE(reader.next());
  const auto rest = reader.next();
  ASSERT_TRUE(rest);
  EXPECT_LT(rest->message().size(), 4'096U);
  std::filesystem::resize_file(folder / "box", 0);
  EXPECT_FALSE(reader.next());
}

TEST(MboxWriter, FailuresLeaveNothing) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(MboxWriter(folder / "no" / "box"), Error);
  EXPECT_THROW(MboxWriter(folder.path()), Error);
  EXPECT_THROW(MboxReader::open(folder / "none"), Error);
  folder.write("stale.lock", "");
  const timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder / "stale.lock").c_str(), times, 0), 0);
  MboxWriter(folder / "stale", {.lock_patience = 2s}).add("A: b\n\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "stale.lock"));
}

TEST(MboxWriter, PythonReadsAndWritesTheSame) {
  const test::TemporaryFolder folder;
  if (!has_python()) {
    GTEST_SKIP() << "no python3";
  }
  MboxWriter writer(folder / "ours", {.format = MboxFormat::mboxo});
  for (int i = 1; i <= 3; ++i) {
    writer.add("Subject: " + std::to_string(i) + "\r\n\r\nFrom one\r\n\r\ntext " + std::to_string(i) + "\r\n");
  }
  writer.close();
  ASSERT_TRUE(python(R"(
import mailbox, sys
ours = mailbox.mbox(sys.argv[1] + '/ours')
theirs = mailbox.mbox(sys.argv[1] + '/theirs')
assert [m['Subject'] for m in ours] == ['1', '2', '3'], [m['Subject'] for m in ours]
for number, message in enumerate(ours, 1):
    assert message.get_payload() == f'>From one\n\ntext {number}\n', message.get_payload()
    message.set_payload(f'From two {number}\n')
    theirs.add(message)
theirs.close()
)",
                     folder));
  auto reader = MboxReader::open(folder / "theirs");
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(reader.next()->message(), "Subject: " + std::to_string(i) + "\n\nFrom two " + std::to_string(i) + "\n");
  }
  EXPECT_FALSE(reader.next());
}

// Each octet is looked at a bounded number of times, whatever the From lines and lengths are.
TEST(Mbox, HostileFilesTakeLinearTime) {
  const auto entries = [](std::size_t count, std::string_view entry) {
    std::string octets;
    for (std::size_t i = 0; i < count; ++i) {
      octets += entry;
    }
    return read(octets).size();
  };
  EXPECT_EQ(entries(200'000, "From a 00:00 2026\nA: b\n"), 200'000U);
  EXPECT_EQ(entries(200'000, "From a\n"), 1U);
  EXPECT_EQ(entries(200'000, "From a 00:00 2026\nContent-Length: 1000000\n\n"), 200'000U);
}

}  // namespace
}  // namespace posthouse::mime
