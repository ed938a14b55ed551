// What the index for searches costs and gives: octets and microseconds a message, and how long searches take by it and
// without it.
//
//   search_index [MESSAGES [OCTETS-OR-FOLDER [DATABASE-URL]]]
//
// Letters are those of the folder, a file each, again and again; or made of 30,000 words, the frequent ones far more often than the others, with the headers
// that mail has; one in 50 bodies has "haystackpin".
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "posthouse/imap/search/indexed_text.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/server/imap/store_account.h"
#include "posthouse/server/search/indexed_message.h"
#include "posthouse/server/search/search_worker.h"
#include "posthouse/server/summaries.h"
#include "posthouse/store/mailboxes/bulk.h"
#include "posthouse/store/search/indexer.h"
#include "posthouse/store/store.h"

namespace {

using namespace posthouse;

class Letters {
 public:
  explicit Letters(const std::string& octets_or_folder)
      : octets_(std::strtoull(octets_or_folder.c_str(), nullptr, 10)) {
    if (octets_ == 0) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(octets_or_folder)) {
        if (entry.is_regular_file()) {
          std::ifstream file(entry.path(), std::ios::binary);
          files_.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
      }
    }
    for (int i = 0; i < 30'000; ++i) {
      std::string word;
      for (auto size = 2 + random_() % 9; size != 0; --size) {
        word += "etaoinshrdlucmfwypvbgkjqxz"[static_cast<std::size_t>(26 * std::pow(uniform_(random_), 1.7))];
      }
      words_.push_back(word);
    }
  }

  std::string next() {
    const auto number = count_++;
    if (!files_.empty()) {
      return files_[number % files_.size()];
    }
    std::string text = fmt::format(
        "Received: from mail{0}.example.net (mail{0}.example.net [192.0.2.{0}])\r\n\tby mx.one.test with ESMTPS id "
        "{1};\r\n"
        "\tMon, 30 Nov 2026 10:{2:02}:{3:02} +0000\r\n"
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=s1; h=from:to:subject;\r\n bh={4};\r\n b={5}\r\n"
        "From: \"{6} {7}\" <{6}.{7}{8}@example{0}.net>\r\nTo: Ann <ann@one.test>\r\nSubject: {9} {10} {11} {12}\r\n"
        "Date: Mon, 30 Nov 2026 10:{2:02}:{3:02} +0000\r\nMessage-ID: <{1}@example{0}.net>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n",
        random_() % 200, base64(16), number / 60 % 60, number % 60, base64(44), base64(344), word(), word(),
        random_() % 1000, word(), word(), word(), word());
    if (random_() % 50 == 0) {
      text += "haystackpin ";
    }
    for (std::size_t line = text.size(); text.size() < octets_;) {
      text += word();
      text += text.size() - line > 70 ? "\r\n" : " ";
      line = text.ends_with('\n') ? text.size() : line;
    }
    return text + "\r\n";
  }

 private:
  const std::string& word() {
    return words_[static_cast<std::size_t>(
        std::exp(uniform_(random_) * std::log(static_cast<double>(words_.size() - 1))))];
  }
  std::string base64(std::size_t size) {
    std::string text;
    while (text.size() < size) {
      text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[random_() % 64];
    }
    return text;
  }

  const std::size_t octets_;
  std::mt19937 random_{13};
  std::uniform_real_distribution<double> uniform_{0, 1};
  std::vector<std::string> words_{};
  std::vector<std::string> files_{};
  std::size_t count_ = 0;
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void deliver(store::Store& store, store::MailboxId mailbox, Letters& letters, std::size_t count) {
  while (count != 0) {
    const std::size_t some = std::min<std::size_t>(count, 500);
    std::vector<store::StoredBody> bodies;
    std::vector<std::optional<store::MessageSummary>> summaries;
    for (std::size_t i = 0; i < some; ++i) {
      store::BodyWriter writer = store.new_body();
      writer.append(letters.next());
      bodies.push_back(writer.finish());
      summaries.push_back(server::summary_of(bodies.back()));
    }
    store.write([&](store::Write& write) {
      std::vector<store::IncomingMessage> incoming;
      for (std::size_t i = 0; i < bodies.size(); ++i) {
        incoming.push_back({.body = bodies[i], .summary = summaries[i] ? &*summaries[i] : nullptr});
      }
      std::vector<store::Delivery> deliveries;
      for (const store::AddedMessage& message : store::add_messages(write, incoming)) {
        deliveries.push_back({.mailbox = mailbox, .message = message});
      }
      store::add_to_mailboxes(write, deliveries);
    });
    count -= some;
  }
}

imap::SearchKeys key_of(imap::SearchTerm term, const std::string& field, const std::string& text) {
  return {{.term = term, .field = field, .text = text}};
}

struct Asked {
  std::string name;
  imap::SearchKeys keys;
};

std::vector<Asked> asked() {
  using imap::SearchTerm;
  return {{"BODY haystackpin", key_of(SearchTerm::body, "", "haystackpin")},
          {"BODY \"nowhere at all\"", key_of(SearchTerm::body, "", "nowhere at all")},
          {"TEXT haystackpin", key_of(SearchTerm::text, "", "haystackpin")},
          {"FROM 77@example177", key_of(SearchTerm::header, "From", "77@example177")},
          {"FROM nobody@else", key_of(SearchTerm::header, "From", "nobody@else")},
          {"SUBJECT zzyx", key_of(SearchTerm::header, "Subject", "zzyx")}};
}

void search(store::Store& store, store::AccountId account, const char* how) {
  server::SearchWorker worker(store);
  worker.stop();
  store::Views views(store);
  server::ImapCommons commons{.store = store, .views = views, .search = worker};
  server::StoreAccount user(commons, account, server::Reader{.peer = "bench", .user = "ann"});
  const auto mailbox = user.open("INBOX", true);
  for (const Asked& each : asked()) {
    double best = 1e9;
    std::uint64_t found = 0;
    for (int round = 0; round < 3; ++round) {
      const double begin = wall_seconds();
      found = imap::search(*mailbox, each.keys).uids.count();
      best = std::min(best, wall_seconds() - begin);
    }
    fmt::print("  {:9} {:24} {:9.2f} ms, {} found\n", how, each.name, best * 1e3, found);
  }
}

void measure(std::size_t messages, const std::string& octets, const std::string& database) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("search_index.{}", std::rand());
  {
    const auto store = store::Store::open({.data_dir = folder.string(), .database = database, .server = true});
    store->accounts().add_domain("one.test");
    store->accounts().add_account("ann@one.test", "secret words");
    const auto account = store->accounts().find_account("ann@one.test");
    Letters letters(octets);
    deliver(*store, account->inbox, letters, messages);
    fmt::print("{} messages of {}\n", messages, octets);
    if (messages <= 20'000) {
      search(*store, account->id, "scanned");
    }
    store::Indexer indexer(
        *store, {.format = imap::indexed_text_format(), .texts = [&](store::MessageId message, const auto& sink) {
                   return server::each_text_of(*store, message, sink);
                 }});
    const double begin = cpu_seconds();
    const double begin_wall = wall_seconds();
    bool more = true;
    while (more) {
      more = indexer.index_some(account->id);
      while (indexer.merge_some(account->id)) {
      }
      while (indexer.clean_some(account->id)) {
      }
    }
    const auto per_message = [&](double value) { return value / static_cast<double>(messages); };
    const auto [blocks, size] = store->read([](store::Read& read) {
      return store::own_tables(read).query_one<std::uint64_t, std::uint64_t>(
          "SELECT count(*), sum(length(data)) FROM search_block");
    });
    fmt::print("  indexed: {:.0f} us of CPU a message, {:.0f} us; {:.0f} octets a message in {} blocks\n",
               per_message((cpu_seconds() - begin) * 1e6), per_message((wall_seconds() - begin_wall) * 1e6),
               per_message(static_cast<double>(size)), blocks);
    search(*store, account->id, "by index");
  }
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at, std::size_t otherwise) {
    return argc > at ? static_cast<std::size_t>(std::atoll(argv[at])) : otherwise;
  };
  measure(number(1, 2'000), argc > 2 ? argv[2] : "4096", argc > 3 ? argv[3] : "");
}
