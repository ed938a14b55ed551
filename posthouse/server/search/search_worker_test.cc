// SEARCH by the index finds what a linear scan finds, at any moment of the index's life.
#include "posthouse/server/search/search_worker.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/utf8.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/server/imap/store_account.h"
#include "posthouse/server/search/indexed_message.h"
#include "posthouse/store/testing.h"

namespace posthouse::server {
namespace {

const std::filesystem::path corpus = POSTHOUSE_CORPUS;

/// Letters in several scripts and encodings.
std::vector<std::string> made_letters() {
  return {
      "From: =?UTF-8?B?5byg5LiJ?= <zhang@one.test>\r\nSubject: =?GB2312?B?u+HS6c2o1qo=?=\r\n"
      "Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "w/fM7M/CzufI/bXjv6q74aOsx+u088e5u7u74dLpoaM=\r\n",
      "From: \"Renée Müller\" <renee@two.test>\r\nTo: Team: ann@one.test, Bob <bob@one.test>;\r\n"
      "Subject: =?ISO-8859-1?Q?Caf=E9_cr=E8me?=\r\nContent-Type: text/html; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Soft=\r\nly <b>bo</b>ld &amp; na=C3=AFve</p>\r\n",
      "From: kim@three.test\r\nCc: \xC7\xD1\xB1\xDB <a@b.test>\r\nSubject: \xEC\x95\x88\xEB\x85\x95\r\n"
      "Content-Type: text/plain; charset=euc-kr\r\n\r\n\xB0\xA1\xB0\xA2 \xC7\xD1\xB1\xDB\r\n",
      "From: thai@one.test\r\nSubject: e\xCC\x81t\xC3\xA9\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
      "สวัสดีครับ ﬁne メールが届きました\r\n",
      "From: files@one.test\r\nBcc: hidden@one.test\r\nSubject: files\r\nX-Note: per\r\n haps\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\nContent-Type: application/pdf\r\n"
      "Content-Disposition: attachment; filename*=UTF-8''%E4%BC%9A%E8%AE%AE.pdf\r\n\r\nopaque\r\n--b\r\n"
      "Content-Type: message/rfc822\r\n\r\nSubject: inner letter\r\n\r\ninner words\r\n--b--\r\n"};
}

class IndexedSearch : public store::StoreOnEachEngine {
 protected:
  void prepare() override {
    for (const std::string& text : made_letters()) {
      append(text);
    }
    append_corpus();
    for (int i = 0; i < 40; ++i) {
      append(random_letter());
    }
    append(
        "Subject: large\r\nContent-Type: multipart/mixed; boundary=of-a-large-one\r\n\r\n--of-a-large-one\r\n"
        "Content-Type: application/octet-stream; name=file\r\n\r\n" +
        std::string(imap::Message::most_content, 'x') +
        "\r\n--of-a-large-one\r\n\r\nfar behind\r\n"
        "--of-a-large-one--\r\n");
  }

  void append(const std::string& text) {
    deliver(*store, {inbox}, text, {.prefix = "Received: by one.test\r\n", .return_path = "sender@two.test"});
    letters_.push_back(text);
  }

  void append_corpus() {
    if (!std::filesystem::exists(corpus)) {
      std::cerr << corpus << " is not there: made letters alone\n";
      return;
    }
    std::vector<std::filesystem::path> files;
    for (const char* const folder : {"flanker", "james-eml", "mailcore2", "mimekit"}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus / folder)) {
        if (entry.path().extension() == ".eml" || entry.path().extension() == ".msg") {
          files.push_back(entry.path());
        }
      }
    }
    std::sort(files.begin(), files.end());
    for (std::size_t i = 0; i < files.size(); i += 3) {
      std::ifstream file(files[i], std::ios::binary);
      append(std::string(std::istreambuf_iterator<char>(file), {}));
    }
  }

  std::string random_letter() {
    constexpr const char* words[] = {"invoice", "Réunion", "会议", "メール", "안녕", "สวัสดี", "1234-5678", "a", "the"};
    std::string text = "From: " + std::to_string(any(9)) + "@one.test\r\nSubject:";
    for (std::size_t i = 0; i < 4; ++i) {
      text += std::string(" ") + words[any(9)];
    }
    text += "\r\n\r\n";
    for (std::size_t i = 0; i < 60; ++i) {
      text += words[any(9)] + std::string(any(4) == 0 ? "\r\n" : any(3) == 0 ? "" : " ");
    }
    return text;
  }

  std::uint32_t any(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

  /// A piece of what stands somewhere in a letter.
  std::string piece() {
    const mime::Message message = mime::Message::view(letters_[any(letters_.size())]);
    std::string text = any(2) == 0 ? message.subject() : message.root().header("From");
    std::size_t wanted = any(message.walk().size() * 2);
    for (const mime::Part part : message.walk()) {
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

  void add_leaf(imap::SearchKeys& keys) {
    constexpr const char* fields[] = {"Subject", "From", "To", "Cc", "Bcc", "Received", "Message-ID", "X-Note"};
    switch (any(5)) {
      case 0:
        keys.push_back({.term = imap::SearchTerm::larger, .number = any(5'000)});
        break;
      case 1:
      case 2:
        keys.push_back({.term = imap::SearchTerm::header, .field = fields[any(8)], .text = any(6) == 0 ? "" : piece()});
        break;
      case 3:
        keys.push_back({.term = imap::SearchTerm::text, .text = piece()});
        break;
      default:
        keys.push_back({.term = imap::SearchTerm::body, .text = piece()});
    }
  }

  imap::SearchKeys keys() {
    imap::SearchKeys keys;
    for (std::uint32_t i = any(2) + 1; i != 0; --i) {
      switch (any(4)) {
        case 0:
          keys.push_back({.term = imap::SearchTerm::none_of, .size = 2});
          add_leaf(keys);
          break;
        case 1:
          keys.push_back({.term = imap::SearchTerm::any_of, .size = 3});
          add_leaf(keys);
          add_leaf(keys);
          break;
        default:
          add_leaf(keys);
      }
    }
    return keys;
  }

  std::vector<imap::SearchKeys> asked(std::size_t count) {
    std::vector<imap::SearchKeys> all;
    for (const char* const text :
         {"会议",    "会",       "明天",         "Müller",      "MULLER",     "naïve",    "softly bold",
          "가각",    "글",       "สวัสดี",         "ﬁ",           "fine",       "が",       "届",
          "hidden@", "team",     "inner letter", "inner words", "会议.pdf",   "perhaps",  "per haps",
          "opaque",  "preamble", "far behind",   "Return-Path", "sender@two", "received", "nowhere at all",
          "e"}) {
      all.push_back({{.term = imap::SearchTerm::text, .text = text}});
      all.push_back({{.term = imap::SearchTerm::body, .text = text}});
    }
    while (all.size() < count) {
      all.push_back(keys());
    }
    return all;
  }

  /// What each search finds, by UID.
  std::vector<std::string> found(SearchWorker& worker, const std::vector<imap::SearchKeys>& all) {
    store::Views views(*store);
    ImapCommons commons{.store = *store, .views = views, .search = worker};
    StoreAccount user(commons, account, Reader{.peer = "127.0.0.1", .user = "ann"});
    const auto mailbox = user.open("INBOX", true);
    std::vector<std::string> found;
    proposals_ = proposed_ = 0;
    for (const imap::SearchKeys& each : all) {
      found.push_back(imap::search(*mailbox, each).uids.to_string());
      if (const auto some = mailbox->candidates(each)) {
        ++proposals_;
        proposed_ += mailbox->numbers_of(*some).count();
      }
    }
    return found;
  }

  std::mt19937 random_{20261130};
  std::vector<std::string> letters_{};
  std::size_t proposals_ = 0;   // of the searches found() was asked last
  std::uint64_t proposed_ = 0;  // messages in these
};
POSTHOUSE_ON_EACH_ENGINE(IndexedSearch);

TEST_P(IndexedSearch, FindsWhatALinearScanFinds) {
  const auto all = asked(300);
  SearchWorker idle(*store);
  idle.stop();
  const auto scanned = found(idle, all);
  ASSERT_EQ(proposals_, 0U) << "nothing is indexed yet";
  EXPECT_GT(std::ranges::count_if(scanned, [](const std::string& uids) { return !uids.empty(); }), 50);

  // Half of it, in small pieces.
  store::Indexer indexer(
      *store, {.format = index_format(),
               .texts = [&](store::MessageId message, const auto& sink) { return each_text_of(*store, message, sink); },
               .batch = 7});
  for (int i = 0; i < 9; ++i) {
    indexer.index_some(account);
  }
  EXPECT_EQ(found(idle, all), scanned);
  EXPECT_GT(proposals_, 0U);
  while (indexer.merge_some(account)) {
  }
  EXPECT_EQ(found(idle, all), scanned);

  SearchWorker worker(*store, {.few = 1});
  worker.settle();
  EXPECT_EQ(found(worker, all), scanned);
  EXPECT_GT(proposals_, 100U);
  EXPECT_LT(proposed_, proposals_ * letters_.size() / 2) << "most messages need not be looked at";
}

TEST_P(IndexedSearch, ADamagedIndexIsMadeAnew) {
  const auto all = asked(60);
  SearchWorker worker(*store, {.few = 1});
  worker.settle();
  const auto before = found(worker, all);
  EXPECT_GT(proposals_, 0U);
  store::write_sql(*store, [](sql::Connection& db) { db.exec("UPDATE search_block SET data = x'00'"); });
  EXPECT_EQ(found(worker, all), before);
  worker.settle();
  EXPECT_EQ(found(worker, all), before);
  EXPECT_GT(proposals_, 0U) << "there is an index again";
}

TEST_P(IndexedSearch, OnAFullDiskNothingIsIndexed) {
  const std::vector<imap::SearchKeys> needle = {{{.term = imap::SearchTerm::body, .text = "needle"}}};
  append("Subject: pin\r\n\r\nhay and a needle\r\n");
  SearchWorker worker(*store, {.few = 1, .free_space = std::uint64_t{1} << 62});
  worker.settle();
  EXPECT_NE(found(worker, needle).front(), "") << "messages are read";
  EXPECT_EQ(proposals_, 0U);
  SearchWorker with_room(*store, {.few = 1});
  with_room.settle();
  EXPECT_NE(found(with_room, needle).front(), "");
  EXPECT_EQ(proposals_, 1U);
}

TEST_P(IndexedSearch, WhatComesIsIndexedWhileOthersLook) {
  SearchWorker worker(*store, {.few = 1, .quiet = std::chrono::milliseconds(1)});
  for (int i = 0; i < 30; ++i) {
    append("Subject: pin " + std::to_string(i) + "\r\n\r\nhay and a needle" + std::to_string(i) + "\r\n");
    const auto uids = found(worker, {{{.term = imap::SearchTerm::body, .text = "needle" + std::to_string(i)}},
                                     {{.term = imap::SearchTerm::header, .field = "Subject", .text = "pin"}}});
    EXPECT_EQ(uids[0].find(':'), std::string::npos);
    EXPECT_NE(uids[0], "") << "what has just come is found";
    EXPECT_EQ(imap::NumberSet::parse(uids[1])->count(), static_cast<std::uint64_t>(i) + 1);
  }
  worker.settle();
  found(worker, {{{.term = imap::SearchTerm::body, .text = "nowhere at all"}}});
  EXPECT_EQ(proposals_, 1U);
  EXPECT_EQ(proposed_, 0U) << "all are indexed";
  worker.stop();
  worker.stop();
}

}  // namespace
}  // namespace posthouse::server
