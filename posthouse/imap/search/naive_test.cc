// search() against a search that saves no step, over letters of the corpus.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/imap/search/indexed_text.h"
#include "posthouse/imap/search/message_text.h"
#include "posthouse/imap/testing/naive_search.h"
#include "posthouse/imap/testing/search_text.h"
#include "posthouse/imap/testing/searched_box.h"
#include "posthouse/mime/charset/casemap.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {
namespace {

const std::filesystem::path letters = POSTHOUSE_CORPUS;

class NaiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(letters)) {
      GTEST_SKIP() << letters << " is not there";
    }
    std::vector<std::filesystem::path> files;
    for (const char* const folder : {"flanker", "james-eml", "mailcore2", "mimekit"}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(letters / folder)) {
        if (entry.path().extension() == ".eml" || entry.path().extension() == ".msg") {
          files.push_back(entry.path());
        }
      }
    }
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
      std::ifstream file(path, std::ios::binary);
      box_.append(std::string(std::istreambuf_iterator<char>(file), {}),
                  {.flags = random_() % 2 == 0 ? Flags(SystemFlag::seen) : Flags()});
    }
    for (std::size_t i = 0; i < files.size(); i += 40) {
      append_large(files[i]);
    }
    mailbox_ = box_.open();
  }

  // The letter beside a large file in another one.
  void append_large(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    box_.append(
        "Subject: large\nContent-Type: multipart/mixed; boundary=of-a-large-one\n\n"
        "--of-a-large-one\nContent-Type: application/octet-stream; name=file\n\n" +
        std::string(Message::most_content, 'x') + "\n--of-a-large-one\nContent-Type: message/rfc822\n\n" +
        std::string(std::istreambuf_iterator<char>(file), {}) + "\n--of-a-large-one--\n");
  }

  std::uint32_t any(std::uint64_t below) { return static_cast<std::uint32_t>(random_() % below); }

  // A piece of a text of a letter: some characters that stand somewhere in it.
  std::string piece() {
    std::string octets;
    while (octets.empty()) {
      mailbox_->read(1 + any(mailbox_->count()), 0, 300'000, [&](std::string_view some) {
        octets += some;
        return true;
      });
    }
    const mime::Message message = mime::Message::view(octets);
    std::string text = message.subject();
    const auto parts = message.walk();
    std::size_t wanted = any(parts.size() * 3);
    for (const mime::Part part : parts) {
      if (wanted-- == 0) {
        text = part.is_leaf() && part.is("text/") ? part.text() : part.header("Content-Type");
      }
    }
    text = text.substr(any(text.size() + 1), 1 + any(12));
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
      text.erase(0, 1);
    }
    while (!text.empty() && !is_utf8(text)) {
      text.pop_back();
    }
    return text;
  }

  void add_leaf(SearchKeys& keys) {
    constexpr const char* fields[] = {"Subject",  "From",       "To",           "Cc",
                                      "Received", "Message-ID", "Content-Type", "X-None"};
    switch (any(8)) {
      case 0:
        keys.push_back({.term = SearchTerm::flag, .text = "\\Seen"});
        break;
      case 1:
        keys.push_back({.term = SearchTerm::larger, .number = any(20'000)});
        break;
      case 2:
        keys.push_back(
            {.term = SearchTerm::sent_since, .day = std::chrono::year(2000 + static_cast<int>(any(20))) / 1 / 1});
        break;
      case 3:
        keys.push_back(
            {.term = SearchTerm::numbers, .set = SequenceSet::parse(std::to_string(1 + any(200)) + ":*").value()});
        break;
      case 4:
        keys.push_back({.term = SearchTerm::header, .field = fields[any(8)], .text = any(4) == 0 ? "" : piece()});
        break;
      case 5:
        keys.push_back({.term = SearchTerm::text, .text = piece()});
        break;
      default:
        keys.push_back({.term = SearchTerm::body, .text = piece()});
    }
  }

  SearchKeys keys() {
    SearchKeys keys;
    const std::size_t terms = 1 + any(2);
    for (std::size_t i = 0; i < terms; ++i) {
      const std::uint32_t kind = any(4);
      if (kind == 0) {
        keys.push_back({.term = SearchTerm::none_of, .size = 2});
        add_leaf(keys);
      } else if (kind == 1) {
        keys.push_back({.term = SearchTerm::any_of, .size = 3});
        add_leaf(keys);
        add_leaf(keys);
      } else {
        add_leaf(keys);
      }
    }
    return keys;
  }

  std::mt19937 random_{20261130};
  SearchedBox box_{};
  std::unique_ptr<OpenMailbox> mailbox_{};
};

std::string show(const SearchKeys& keys) {
  std::string out;
  for (const SearchKey& key : keys) {
    out += std::to_string(static_cast<int>(key.term)) + ' ' + key.field + " \"" + key.text + "\" " +
           std::to_string(key.number) + ' ' + key.set.to_string() + "; ";
  }
  return out;
}

TEST_F(NaiveTest, FindsWhatALinearScanFinds) {
  std::size_t found = 0, some = 0;
  for (int round = 0; round < 40; ++round) {
    const SearchKeys asked = keys();
    const NumberSet wanted = NaiveSearch(*mailbox_, asked).run();
    EXPECT_EQ(search(*mailbox_, asked).uids.to_string(), wanted.to_string()) << show(asked);
    found += wanted.count();
    some += wanted.empty() || wanted.count() == mailbox_->count() ? 0 : 1;
  }
  EXPECT_GT(found, 500U);
  EXPECT_GT(some, 10U);
}

TEST_F(NaiveTest, FindsChineseJapaneseAndKorean) {
  std::size_t found = 0;
  for (const char* const text : {"中", "的", "测试", "テスト", "の", "日本", "한", "안녕", "é", "ü"}) {
    for (const char* const key : {"TEXT", "SUBJECT", "FROM"}) {
      const SearchKeys asked = search_keys(std::string(key) + ' ' + text);
      const NumberSet wanted = NaiveSearch(*mailbox_, asked).run();
      EXPECT_EQ(search(*mailbox_, asked).uids.to_string(), wanted.to_string()) << show(asked);
      found += wanted.count();
    }
  }
  EXPECT_GT(found, 10U);
}

// White space is compared as one blank.
std::string compared(std::string_view text) {
  std::string folded;
  for (const char c : mime::casemapped(text)) {
    if (!is_space(c) || folded.empty() || folded.back() != ' ') {
      folded += is_space(c) ? ' ' : c;
    }
  }
  return folded;
}

TEST_F(NaiveTest, AnIndexOfAllTextsMissesNothing) {
  std::map<std::uint32_t, std::map<IndexedPlace, std::string>> texts;
  for (std::uint32_t uid = 1; uid <= mailbox_->count(); ++uid) {
    mailbox_->fetch(uid, Want::size | Want::envelope | Want::content | Want::parts, [&](const Message& message) {
      each_indexed_text(
          {.size = message.size,
           .envelope = message.envelope,
           .parts = message.parts,
           .content = message.content,
           .read = octets_of(*mailbox_, uid)},
          [&](IndexedPlace place, std::string_view text) { (texts[uid][place] += compared(text)) += '\0'; });
      return true;
    });
  }
  std::size_t found = 0;
  for (int round = 0; round < 200; ++round) {
    SearchKeys asked;
    add_leaf(asked);
    const auto places = indexed_places(asked.front());
    if (places.empty()) {
      continue;
    }
    const std::string needle = compared(asked.front().text);
    for (const std::uint32_t uid : search(*mailbox_, asked).uids) {
      ++found;
      EXPECT_TRUE(std::any_of(places.begin(), places.end(),
                              [&](IndexedPlace place) { return texts[uid][place].find(needle) != std::string::npos; }))
          << show(asked) << " uid " << uid;
    }
  }
  EXPECT_GT(found, 500U);
}

}  // namespace
}  // namespace posthouse::imap
