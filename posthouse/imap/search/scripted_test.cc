// ImapTest's scripts that search, sort and thread, played against the functions themselves.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/imap/search/sort.h"
#include "posthouse/imap/search/thread.h"
#include "posthouse/imap/testing/search_text.h"
#include "posthouse/imap/testing/searched_box.h"
#include "posthouse/imap/wire/response/response_writer.h"
#include "posthouse/mime/mailbox/mbox.h"

namespace posthouse::imap {
namespace {

const std::filesystem::path scripts = std::filesystem::path(POSTHOUSE_CORPUS) / "imaptest/scripted";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Words, and each of "(", ")", ":" and "," by itself; lower case.
std::vector<std::string> tokens_of(std::string_view line) {
  std::vector<std::string> tokens;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) {
      tokens.push_back(std::exchange(word, {}));
    }
  };
  for (const char c : line) {
    if (c == ' ' || c == '\r' || c == '\n') {
      end_word();
    } else if (std::string_view("():,").find(c) != std::string_view::npos) {
      end_word();
      tokens.emplace_back(1, c);
    } else {
      word += to_lower(c);
    }
  }
  end_word();
  return tokens;
}

// One script.
class Script {
 public:
  explicit Script(const std::string& name) : name_(name) {
    std::istringstream lines(content_of(scripts / name));
    std::string line;
    while (std::getline(lines, line) && !line.empty()) {
      const std::size_t colon = line.find(": ");
      header_[line.substr(0, colon)] = line.substr(colon + 2);
    }
    while (std::getline(lines, line)) {
      if (!line.empty() && line.front() != '#') {
        lines_.push_back(line);
      }
    }
    const auto own = scripts / (name + ".mbox");
    const std::string mbox = content_of(std::filesystem::exists(own) ? own : scripts / "default.mbox");
    mime::MboxReader reader(mbox);
    while (const auto entry = reader.next()) {
      messages_.emplace_back(entry->message(), from_line_date(entry->from_line));
    }
    if (header_["state"] != "created") {
      const std::string count = header_["messages"];
      const std::size_t wanted = count.empty() || count == "all" ? messages_.size() : std::stoul(count);
      for (std::size_t i = 0; i < wanted; ++i) {
        append();
      }
    }
    mailbox_ = box_.open();
  }

  // Returns how many commands were played.
  std::size_t play() {
    std::size_t played = 0;
    for (std::size_t i = 0; i < lines_.size();) {
      const std::string command = lines_[i++];
      std::vector<std::string> wanted;
      while (i < lines_.size() && lines_[i].starts_with("* ")) {
        wanted.push_back(lines_[i++].substr(2));
      }
      SCOPED_TRACE(name_ + ": " + command);
      run(command, wanted);
      ++played;
    }
    return played;
  }

 private:
  void append() {
    const std::size_t at = appended_++ % messages_.size();
    box_.append(messages_[at].first, {.flags = SystemFlag::recent, .date = messages_[at].second});
  }

  void run(const std::string& line, const std::vector<std::string>& wanted) {
    const std::size_t space = line.find(' ');
    const std::string condition = line.substr(0, space);
    const std::string text = expand(line.substr(space + 1));
    if (istarts_with(text, "append")) {
      append();
      mailbox_->sync(true);
      return;
    }
    if (istarts_with(text, "select") || istarts_with(text, "status")) {
      mailbox_ = box_.open();
      told_ = "status imaptest (uidnext " + std::to_string(mailbox_->uid_next()) + ")\n";
      compare(istarts_with(text, "status") ? wanted : std::vector<std::string>());
      return;
    }
    if (condition == "bad") {
      EXPECT_THROW(read_command(text), std::runtime_error);
      return;
    }
    ASSERT_EQ(condition, "ok");
    told_.clear();
    Command command = read_command(text);
    std::visit([&](const auto& arguments) { perform(arguments, command.uid); }, command.arguments);
    mailbox_->sync(true);
    compare(wanted);
  }

  // Variables that are known; "$$" is "$".
  std::string expand(const std::string& text) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$' || i + 1 == text.size()) {
        out += text[i];
      } else if (text[i + 1] == '$') {
        out += text[i++];
      } else {
        std::size_t end = i + 1;
        while (end < text.size() && (isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
          ++end;
        }
        const auto known = variables_.find(text.substr(i, end - i));
        out += known != variables_.end() ? known->second : text.substr(i, end - i);
        i = end - 1;
      }
    }
    return out;
  }

  // Each wanted line must be one that was told, in any order.
  void compare(const std::vector<std::string>& wanted) {
    for (const std::string& line : wanted) {
      bool found = false;
      for (const std::string_view told : split(told_, '\n')) {
        found = found || matches(tokens_of(line), tokens_of(told));
      }
      EXPECT_TRUE(found) << line << "\nfrom:\n" << told_;
    }
  }

  bool matches(const std::vector<std::string>& wanted, const std::vector<std::string>& told) {
    if (wanted.size() != told.size()) {
      return false;
    }
    auto variables = variables_;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i].starts_with('$')) {
        if (wanted[i] != told[i]) {
          return false;
        }
      } else if (wanted[i].size() > 1 && wanted[i] != "$tag" &&
                 variables.try_emplace(wanted[i], told[i]).first->second != told[i]) {
        return false;
      }
    }
    variables_ = std::move(variables);
    return true;
  }

  void tell(const response::Data& data) {
    std::string line;
    ResponseWriter(line).untagged(data);
    told_ += line.substr(2, line.size() - 4) + '\n';
  }

  void tell_each(const NumberSet& numbers, const std::function<std::string(const Message&)>& items) {
    mailbox_->fetch(mailbox_->uids_of(numbers), Wants{} | Want::size, [&](const Message& message) {
      told_ += std::to_string(message.number) + " fetch (" + items(message) + ")\n";
      return true;
    });
  }

  static std::string modseq_of(const Message& message) { return "modseq (" + std::to_string(message.modseq) + ')'; }

  void perform(const command::Store& store, bool) {
    const NumberSet numbers = store.set.resolve(mailbox_->count());
    mailbox_->store(mailbox_->uids_of(numbers), {.mode = store.mode, .flags = store.flags});
    mailbox_->sync(true);
    tell_each(numbers, modseq_of);
  }
  void perform(const command::Expunge&, bool) {
    mailbox_->expunge(std::nullopt);
    for (const auto& gone : mailbox_->sync(true).expunged) {
      told_ += std::to_string(gone.number) + " expunge\n";
    }
  }
  void perform(const command::Fetch& fetch, bool) {
    const NumberSet numbers = fetch.set.resolve(mailbox_->count());
    told_ += "ok [highestmodseq " + std::to_string(mailbox_->highest_modseq()) + "]\n";
    tell_each(numbers, [](const Message& message) { return "uid " + std::to_string(message.uid); });
    tell_each(numbers, [](const Message& message) { return "rfc822.size " + std::to_string(message.size); });
  }
  void perform(const command::Search& command, bool uid) {
    const SearchResult result = search(*mailbox_, command.keys, command.charset);
    const NumberSet numbers = uid ? result.uids : mailbox_->numbers_of(result.uids);
    if (!command.want.given) {
      tell(response::Search{.numbers = {numbers.begin(), numbers.end()}, .modseq = result.modseq});
      return;
    }
    const SearchReturn& want = command.want;
    response::ExtendedSearch answer = extended({numbers.begin(), numbers.end()}, want, uid);
    if (want.all || want.count) {
      answer.modseq = result.modseq;
    } else {
      answer.modseq =
          std::max(want.min ? result.first_modseq : std::nullopt, want.max ? result.last_modseq : std::nullopt);
    }
    tell(answer);
  }
  void perform(const command::Sort& command, bool uid) {
    const SearchResult result = search(*mailbox_, command.search.keys, command.search.charset);
    const Sorted sorted = sort(*mailbox_, result.uids, command.criteria, uid ? Numbering::uid : Numbering::sequence);
    if (command.search.want.given) {
      tell(extended(sorted.numbers, command.search.want, uid));
    } else {
      tell(response::Search{.sort = true, .numbers = sorted.numbers});
    }
  }
  void perform(const command::Thread& command, bool uid) {
    const SearchResult result = search(*mailbox_, command.search.keys, command.search.charset);
    tell(thread(*mailbox_, result.uids, thread_algorithm(command.algorithm).value(),
                uid ? Numbering::uid : Numbering::sequence)
             .thread);
  }
  template <class Other>
  void perform(const Other&, bool) {
    ADD_FAILURE() << "a command that is not played";
  }

  static response::ExtendedSearch extended(const std::vector<std::uint32_t>& numbers, const SearchReturn& want,
                                           bool uid) {
    response::ExtendedSearch answer{.tag = "a", .uid = uid};
    if (want.count) {
      answer.count = numbers.size();
    }
    if (want.partial) {
      const PartialRange range{std::min(want.partial->first, want.partial->last),
                               std::max(want.partial->first, want.partial->last)};
      const std::size_t first = std::min<std::size_t>(numbers.size(), std::size_t(range.first - 1));
      const std::size_t last = std::min<std::size_t>(numbers.size(), std::size_t(range.last));
      answer.partial = range;
      if (first < last) {
        answer.partial_found = in_order(std::span(numbers).subspan(first, last - first));
      }
    }
    if (!numbers.empty()) {
      answer.min = want.min ? std::optional(numbers.front()) : std::nullopt;
      answer.max = want.max ? std::optional(numbers.back()) : std::nullopt;
      answer.all = want.all ? std::optional(in_order(numbers)) : std::nullopt;
    }
    return answer;
  }

  std::string name_;
  std::map<std::string, std::string> header_{};
  std::vector<std::string> lines_{};
  std::vector<std::pair<std::string, std::optional<mime::Date>>> messages_{};
  std::size_t appended_ = 0;
  SearchedBox box_{};
  std::unique_ptr<OpenMailbox> mailbox_{};
  std::map<std::string, std::string> variables_{};
  std::string told_{};
};

TEST(Scripted, SearchesSortsAndThreadsAsImapTestWants) {
  if (!std::filesystem::exists(scripts)) {
    GTEST_SKIP() << scripts << " is not there";
  }
  std::size_t played = 0;
  for (const char* const name : {"search-addresses",
                                 "search-body",
                                 "search-date",
                                 "search-flags",
                                 "search-header",
                                 "search-partial",
                                 "search-sets",
                                 "search-size",
                                 "esearch",
                                 "esearch-condstore",
                                 "esort",
                                 "sort-addresses",
                                 "sort-arrival",
                                 "sort-date",
                                 "sort-display-from",
                                 "sort-display-to",
                                 "sort-partial",
                                 "sort-size",
                                 "sort-subject",
                                 "thread",
                                 "thread2",
                                 "thread3",
                                 "thread4",
                                 "thread5",
                                 "thread6",
                                 "thread7",
                                 "thread8",
                                 "thread-orderedsubject",
                                 "thread-orderedsubject2"}) {
    played += Script(name).play();
  }
  EXPECT_EQ(played, 292U);
}

}  // namespace
}  // namespace posthouse::imap
