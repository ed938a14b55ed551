// Commands of other people's tests, from the corpus beside this repository.
#include "posthouse/mime/testing/corpus/corpus.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/testing.h"

namespace posthouse::imap {
namespace {

using mime::corpus;
using mime::files_in;
using mime::read_file;

// "ok fetch 1 envelope" without what it expects; the connection's number in front of it goes too.
std::string_view scripted_command(std::string_view line, std::string_view& expected) {
  std::string_view word = take_word(line);
  if (word == "1" || word == "2" || word == "3") {
    word = take_word(line);
  }
  expected = word;
  return line;
}

std::string with_variables(std::string text) {
  for (const auto& [name, value] : {std::pair<std::string, std::string>("${mailbox}", "x"),
                                    {"$mailbox", "x"},
                                    {"${sep}", "/"},
                                    {"$sep", "/"},
                                    {"$$", "$"},
                                    {"${user}", "ann"},
                                    {"$user", "ann"},
                                    {"$uidvalidity", "1"}}) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

TEST(CommandCorpus, ImapTest) {
  POSTHOUSE_NEEDS_CORPUS("imaptest/scripted");
  std::size_t count = 0;
  std::set<std::string> refused;
  for (const auto& file : files_in("imaptest/scripted")) {
    if (file.extension() == ".mbox" || file.filename().string().starts_with("urlauth")) {
      continue;
    }
    const std::string text = read_file(file);
    for (std::string_view line : split(text, '\n')) {
      std::string_view expected;
      const std::string command = with_variables(std::string(scripted_command(line, expected)));
      const bool plain = command.find_first_of("{$") == std::string::npos;
      const bool command_line = !command.starts_with("[") && !istarts_with(command, "append");
      if (!plain || !command_line || (expected != "ok" && expected != "no")) {
        continue;
      }
      ++count;
      const auto events = play("t " + command + "\r\n");
      if (events.empty() || !events[0].starts_with("> t ")) {
        refused.insert(command + ": " + (events.empty() ? "nothing" : events[0]));
      }
    }
  }
  std::printf("%zu commands\n", count);
  EXPECT_GT(count, 300U);
  EXPECT_THAT(refused, testing::IsEmpty());
}

// The client's lines of one dialogue of James, and the tags that its server answers with BAD.
struct Dialogue {
  std::string client{};
  std::set<std::string> bad{};
};

Dialogue dialogue_of(const std::string& text) {
  Dialogue dialogue;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.starts_with("C:")) {
      line.remove_prefix(line.starts_with("C: ") ? 3 : 2);
      dialogue.client += line;
      dialogue.client += "\r\n";
    } else if (line.starts_with("S: ")) {
      line.remove_prefix(3);
      const std::string_view tag = take_word(line);
      if (line.starts_with("BAD")) {
        dialogue.bad.emplace(tag);
      }
    }
  }
  return dialogue;
}

// Where James says yes to what is no IMAP, or no in other words than a tagged BAD: an empty list of items to fetch,
// GETMETADATA without entries, XLIST, no space before RETURN; a response of AUTHENTICATE that its command did not ask for;
// a literal whose size is that of another line end; commands without a name and lines without a tag.
const std::set<std::string> of_james_alone = {
    "AuthenticatePlain.test", "BogusCommand.test", "FetchSimpleBodyStructure.test", "FetchStructureComplex.test",
    "IllegalTag.test",        "JustTag.test",      "ListWithSharedMailbox.test",    "Metadata.test",
    "NoCommand.test",         "XList.test"};

TEST(CommandCorpus, James) {
  POSTHOUSE_NEEDS_CORPUS("james-mpt/imap");
  std::size_t count = 0;
  std::set<std::string> differs;
  for (const auto& file : files_in("james-mpt/imap", ".test")) {
    if (of_james_alone.contains(file.filename().string())) {
      continue;
    }
    const Dialogue dialogue = dialogue_of(read_file(file));
    for (const std::string& event : play(dialogue.client)) {
      ++count;
      const std::size_t bad = event.find(" BAD ");
      if (bad == std::string::npos || event.starts_with("> ") || event.starts_with("octets ")) {
        continue;
      }
      if (!dialogue.bad.contains(event.substr(0, bad))) {
        differs.insert(file.filename().string() + ": " + event);
      }
    }
  }
  std::printf("%zu events\n", count);
  EXPECT_GT(count, 1000U);
  EXPECT_THAT(differs, testing::IsEmpty());
}

}  // namespace
}  // namespace posthouse::imap
