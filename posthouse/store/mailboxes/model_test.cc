// Random operations beside a plain model in memory: after each, the rows, the counts, and what listeners were told are
// those of the model.
#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/recount.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::IsEmpty;

struct ModelMessage {
  MessageId message = 0;
  std::uint64_t size = 0;
  Flags system = 0;
  std::set<std::string> keywords{};
  std::uint64_t modseq = 0;
};

struct ModelMailbox {
  MailboxId id = 0;
  std::map<Uid, ModelMessage> messages{};
  Uid uidnext = 1;
  std::uint64_t highestmodseq = 0;
  std::uint32_t uidvalidity = 0;
  std::map<Uid, std::uint64_t> expunged{};  // and with which MODSEQ
};

/// What a session would know that listens and never looks.
class ModelWatcher {
 public:
  void operator()(const MessageAdded& c) {
    grow(c.modseq);
    EXPECT_TRUE(seen[c.mailbox].try_emplace(c.uid, c.flags).second);
  }
  void operator()(const FlagsChanged& c) {
    grow(c.modseq);
    for (const auto& [uid, flags] : c.messages) {
      seen[c.mailbox].at(uid) = flags;
    }
  }
  void operator()(const MessagesExpunged& c) {
    grow(c.modseq);
    for (const Uid uid : c.uids) {
      EXPECT_EQ(seen[c.mailbox].erase(uid), 1U);
    }
  }
  void operator()(const KeywordsNamed& c) { EXPECT_TRUE(seen.contains(c.mailbox)); }
  void operator()(const MailboxCreated& c) {
    grow(c.modseq);
    names[c.mailbox] = c.name;
    seen[c.mailbox];
  }
  void operator()(const MailboxRenamed& c) {
    grow(c.modseq);
    EXPECT_EQ(names[c.mailbox], c.from);
    names[c.mailbox] = c.to;
  }
  void operator()(const MailboxRemoved& c) {
    grow(c.modseq);
    names.erase(c.mailbox);
    seen.erase(c.mailbox);
  }
  template <class Other>
  void operator()(const Other&) {
    ADD_FAILURE() << "nothing else happens here";
  }

  std::mutex mutex;
  std::map<MailboxId, std::string> names;
  std::map<MailboxId, std::map<Uid, Flags>> seen;

 private:
  void grow(std::uint64_t modseq) {
    EXPECT_GE(modseq, last_);
    last_ = modseq;
  }
  std::uint64_t last_ = 0;
};

class ModelTest : public StoreOnEachEngine {
 protected:
  void prepare() override {
    model["INBOX"] = {.id = inbox, .highestmodseq = 1, .uidvalidity = 1};
    watcher.names[inbox] = "INBOX";
    watcher.seen[inbox];
    listening = store->listen([this](std::span<const Change> changes) {
      const std::lock_guard lock(watcher.mutex);
      for (const Change& change : changes) {
        std::visit([this](const auto& each) { watcher(each); }, change);
      }
    });
  }

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random); }
  bool one_in(std::size_t times) { return below(times) == 0; }
  std::string any_name() {
    auto at = model.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(model.size())));
    return at->first;
  }
  std::string some_name() {
    static constexpr const char* names[] = {"a", "b", "a/x", "a/x/y", "b/x", "\u8349\u7A3F"};
    return names[below(std::size(names))];
  }
  /// Some UIDs, of which most are there.
  std::vector<Uid> some_uids(const ModelMailbox& mailbox) {
    std::vector<Uid> uids;
    const bool all = one_in(4);
    for (const auto& [uid, message] : mailbox.messages) {
      if (all || one_in(3)) {
        uids.push_back(uid);
      }
    }
    if (one_in(3)) {
      uids.push_back(mailbox.uidnext + 5);
    }
    std::ranges::shuffle(uids, random);
    return uids;
  }
  Flags some_flags() { return below(flag::system + 1); }
  std::vector<std::string> some_keywords() {
    std::vector<std::string> names;
    for (std::size_t i = below(4); i > 0; --i) {
      names.push_back("k" + std::to_string(below(80)));
    }
    return names;
  }

  void note(ModelMailbox& mailbox, std::uint64_t modseq) {
    EXPECT_GT(modseq, last_modseq);
    last_modseq = modseq;
    mailbox.highestmodseq = modseq;
  }

  void deliver_some() {
    ModelMailbox& mailbox = model.at(any_name());
    for (std::size_t i = below(4) + 1; i > 0; --i) {
      const std::string octets(below(50), 'x');
      const MessageId message = deliver(*store, {mailbox.id}, octets);
      note(mailbox, last_modseq + 1);
      mailbox.messages[mailbox.uidnext++] = {
          .message = message, .size = octets.size(), .modseq = mailbox.highestmodseq};
    }
  }

  void append_one() {
    ModelMailbox& mailbox = model.at(any_name());
    const std::string octets(below(50), 'x');
    const StoredBody body = body_of(*store, octets);
    const NewAppend details{.system = some_flags(), .keywords = some_keywords()};
    const Appended appended = store->write([&](Write& write) { return append(write, mailbox.id, body, details); });
    EXPECT_EQ(appended.uid, mailbox.uidnext);
    note(mailbox, appended.modseq);
    mailbox.messages[mailbox.uidnext++] = {.message = appended.message,
                                           .size = octets.size(),
                                           .system = details.system,
                                           .keywords = {details.keywords.begin(), details.keywords.end()},
                                           .modseq = appended.modseq};
  }

  void store_some_flags() {
    ModelMailbox& mailbox = model.at(any_name());
    const std::vector<Uid> uids = some_uids(mailbox);
    const FlagChange change{
        .how = static_cast<FlagChange::How>(below(3)), .system = some_flags(), .keywords = some_keywords()};
    const auto unchangedsince =
        one_in(3) ? std::optional<std::uint64_t>(last_modseq - below(std::min<std::size_t>(last_modseq, 30)))
                  : std::nullopt;
    const FlagsStored stored =
        store->write([&](Write& write) { return store_flags(write, mailbox.id, uids, change, unchangedsince); });
    std::vector<Uid> changed;
    std::vector<Uid> failed;
    for (auto& [uid, message] : mailbox.messages) {
      if (std::ranges::find(uids, uid) == uids.end()) {
        continue;
      }
      if (unchangedsince && message.modseq > *unchangedsince) {
        failed.push_back(uid);
        continue;
      }
      const ModelMessage before = message;
      if (change.how == FlagChange::How::replace) {
        message.system = 0;
        message.keywords.clear();
      }
      if (change.how == FlagChange::How::remove) {
        message.system &= ~change.system;
        for (const std::string& keyword : change.keywords) {
          message.keywords.erase(keyword);
        }
      } else {
        message.system |= change.system;
        message.keywords.insert(change.keywords.begin(), change.keywords.end());
      }
      if (message.system != before.system || message.keywords != before.keywords) {
        message.modseq = stored.modseq;
        changed.push_back(uid);
      }
    }
    EXPECT_EQ(stored.failed, failed);
    ASSERT_EQ(stored.changed.size(), changed.size());
    for (std::size_t i = 0; i < changed.size(); ++i) {
      EXPECT_EQ(stored.changed[i].uid, changed[i]);
    }
    if (!changed.empty()) {
      note(mailbox, stored.modseq);
    }
  }

  void expunge_some() {
    ModelMailbox& mailbox = model.at(any_name());
    const std::vector<Uid> uids = some_uids(mailbox);
    const Flags with = one_in(2) ? flag::deleted : 0;
    const Expunged expunged = store->write([&](Write& write) { return expunge(write, mailbox.id, uids, with); });
    std::vector<Uid> gone;
    for (const Uid uid : uids) {
      const auto at = mailbox.messages.find(uid);
      if (at != mailbox.messages.end() && (at->second.system & with) == with) {
        gone.push_back(uid);
        mailbox.messages.erase(at);
        mailbox.expunged[uid] = expunged.modseq;
      }
    }
    std::ranges::sort(gone);
    EXPECT_EQ(expunged.uids, gone);
    if (!gone.empty()) {
      note(mailbox, expunged.modseq);
    }
  }

  void copy_or_move_some() {
    ModelMailbox& from = model.at(any_name());
    ModelMailbox& to = model.at(any_name());
    const std::vector<Uid> uids = some_uids(from);
    const bool moving = one_in(2);
    const Copied copied = store->write([&](Write& write) {
      return moving ? move_messages(write, from.id, uids, to.id) : copy_messages(write, from.id, uids, to.id);
    });
    if (copied.uids.empty()) {
      EXPECT_TRUE(std::ranges::none_of(uids, [&](Uid uid) { return from.messages.contains(uid); }));
      return;
    }
    EXPECT_EQ(copied.uidvalidity, to.uidvalidity);
    note(to, copied.modseq);
    for (const CopiedUid& uid : copied.uids) {
      EXPECT_EQ(uid.to, to.uidnext);
      ModelMessage copy = from.messages.at(uid.from);
      copy.modseq = copied.modseq;
      to.messages[to.uidnext++] = copy;
    }
    if (moving) {
      note(from, copied.expunged_modseq);
      for (const CopiedUid& uid : copied.uids) {
        from.messages.erase(uid.from);
        from.expunged[uid.from] = copied.expunged_modseq;
      }
    }
  }

  /// The mailbox of that name has been made just now; so may those above it have been.
  void learn_new(const std::string& name) {
    for (const Mailbox& mailbox : store->read([&](Read& read) { return list_mailboxes(read, account); })) {
      if ((name == mailbox.name || name.starts_with(mailbox.name + "/")) && !model.contains(mailbox.name)) {
        model[mailbox.name] = {
            .id = mailbox.id, .highestmodseq = mailbox.highestmodseq, .uidvalidity = mailbox.uidvalidity};
        EXPECT_GT(mailbox.uidvalidity, last_uidvalidity[mailbox.name]);
        last_uidvalidity[mailbox.name] = mailbox.uidvalidity;
        EXPECT_EQ(mailbox.highestmodseq, last_modseq + 1);
      }
    }
    ++last_modseq;
  }

  void create_one() {
    const std::string name = some_name();
    const std::string error =
        error_of([&] { store->write([&](Write& write) { create_mailbox(write, account, name); }); });
    EXPECT_EQ(error, model.contains(name) ? "store.exists" : "no error");
    if (!model.contains(name)) {
      learn_new(name);
    }
  }

  void remove_one() {
    const std::string name = any_name();
    if (name == "INBOX") {
      return;
    }
    store->write([&](Write& write) { remove_mailbox(write, account, name); });
    ++last_modseq;
    model.erase(name);
  }

  void rename_one() {
    const std::string from = any_name();
    const std::string to = some_name();
    const std::string error =
        error_of([&] { store->write([&](Write& write) { rename_mailbox(write, account, from, to); }); });
    if (error != "no error") {
      return;
    }
    std::map<std::string, ModelMailbox> renamed;
    for (auto at = model.begin(); at != model.end();) {
      if (at->first == from || (from != "INBOX" && at->first.starts_with(from + "/"))) {
        const std::string name = to + at->first.substr(from.size());
        EXPECT_FALSE(renamed.contains(name));
        ModelMailbox mailbox = std::move(at->second);
        mailbox.uidvalidity =
            store->read([&](Read& read) { return find_mailbox(read, account, name).value().uidvalidity; });
        EXPECT_GE(mailbox.uidvalidity, last_uidvalidity[name]);
        last_uidvalidity[name] = mailbox.uidvalidity;
        renamed[name] = std::move(mailbox);
        at = model.erase(at);
      } else {
        ++at;
      }
    }
    for (auto& [name, mailbox] : renamed) {
      EXPECT_TRUE(model.try_emplace(name, std::move(mailbox)).second) << name;
    }
    learn_new(to);
    if (from == "INBOX") {
      --last_modseq;
      learn_new(from);
    }
  }

  /// As if many messages had come and gone: the next UIDs are at the end of their chunk.
  void skip_uids() {
    ModelMailbox& mailbox = model.at(any_name());
    const std::uint64_t end = first_uid_of(chunk_of(mailbox.uidnext) + 1);
    if (mailbox.uidnext + 3 < end) {
      mailbox.uidnext = static_cast<Uid>(end) - 2;
      write_sql(*store, [&](sql::Connection& db) {
        db.exec("UPDATE mailbox SET uidnext = ? WHERE id = ?", mailbox.uidnext, mailbox.id);
      });
    }
  }

  void step() {
    switch (below(16)) {
      case 0:
        return create_one();
      case 1:
        return rename_one();
      case 2:
        return one_in(2) ? remove_one() : skip_uids();
      case 3:
      case 4:
      case 5:
        return append_one();
      case 6:
      case 7:
      case 8:
        return store_some_flags();
      case 9:
      case 10:
        return expunge_some();
      case 11:
      case 12:
        return copy_or_move_some();
      default:
        return deliver_some();
    }
  }

  void compare() {
    store->read([&](Read& read) {
      std::map<std::string, Mailbox> there;
      for (const Mailbox& mailbox : list_mailboxes(read, account)) {
        there[mailbox.name] = mailbox;
      }
      ASSERT_EQ(there.size(), model.size());
      for (const auto& [name, expected] : model) {
        SCOPED_TRACE(name);
        ASSERT_TRUE(there.contains(name));
        compare(read, there[name], expected);
      }
    });
    const std::lock_guard lock(watcher.mutex);
    EXPECT_EQ(watcher.names.size(), model.size());
  }

  void compare(Read& read, const Mailbox& mailbox, const ModelMailbox& expected) {
    EXPECT_EQ(mailbox.id, expected.id);
    EXPECT_EQ(mailbox.uidnext, expected.uidnext);
    EXPECT_EQ(mailbox.highestmodseq, expected.highestmodseq);
    EXPECT_EQ(mailbox.uidvalidity, expected.uidvalidity);
    EXPECT_EQ(mailbox.messages, expected.messages.size());
    EXPECT_THAT(miscounted(own_tables(read), mailbox.id), IsEmpty());
    const std::vector<MailboxEntry> entries = list_mailbox(read, mailbox.id);
    ASSERT_EQ(entries.size(), expected.messages.size());
    std::map<KeywordNumber, std::string> names;
    for (const Keyword& keyword : keywords(read, mailbox.id)) {
      names[keyword.number] = keyword.name;
    }
    std::vector<Uid> uids;
    std::map<Uid, Flags> flags;
    for (const MailboxEntry& entry : entries) {
      uids.push_back(entry.uid);
      flags[entry.uid] = entry.flags;
    }
    std::map<Uid, std::vector<KeywordNumber>> beyond;
    for (const KeywordsBeyond& each : keywords_beyond(read, mailbox.id, uids)) {
      beyond[each.uid] = each.numbers;
    }
    const std::uint64_t since = last_modseq - below(std::min<std::size_t>(last_modseq, 40));
    std::set<Uid> changed;
    std::uint64_t sequence_number = 0;
    auto entry = entries.begin();
    for (const auto& [uid, message] : expected.messages) {
      EXPECT_EQ(entry->uid, uid);
      EXPECT_EQ(entry->message, message.message);
      EXPECT_EQ(entry->size, message.size);
      EXPECT_EQ(entry->modseq, message.modseq);
      EXPECT_EQ(entry->flags & flag::system, message.system);
      EXPECT_EQ((entry->flags & flag::more_keywords) != 0, !beyond[uid].empty());
      std::set<std::string> has;
      for (const auto& [number, name] : names) {
        if (number <= last_keyword_with_bit ? (entry->flags >> number & 1) != 0
                                            : std::ranges::binary_search(beyond[uid], number)) {
          has.insert(name);
        }
      }
      EXPECT_EQ(has, message.keywords);
      ++sequence_number;
      if (one_in(5)) {
        EXPECT_EQ(sequence_number_of(read, mailbox.id, uid), sequence_number);
        EXPECT_EQ(uid_of(read, mailbox.id, sequence_number), uid);
      }
      if (message.modseq > since) {
        changed.insert(uid);
      }
      ++entry;
    }
    EXPECT_EQ(uid_of(read, mailbox.id, sequence_number + 1), std::nullopt);
    std::set<Uid> told;
    for (const MailboxEntry& each : changed_since(read, mailbox.id, since, 10'000)) {
      told.insert(each.uid);
    }
    EXPECT_EQ(told, changed);
    compare_expunged(read, mailbox, expected, since);
    const std::lock_guard lock(watcher.mutex);
    EXPECT_EQ(watcher.names[mailbox.id], mailbox.name);
    EXPECT_EQ(watcher.seen[mailbox.id], flags);
  }

  static void compare_expunged(Read& read, const Mailbox& mailbox, const ModelMailbox& expected, std::uint64_t since) {
    const auto ranges = expunged_since(read, mailbox.id, since);
    if (since < mailbox.expunge_floor) {
      EXPECT_EQ(ranges, std::nullopt);
      return;
    }
    ASSERT_TRUE(ranges);
    std::set<Uid> gone;
    for (const UidRange& range : *ranges) {
      for (Uid uid = range.first; uid <= range.last; ++uid) {
        EXPECT_TRUE(gone.insert(uid).second);
      }
    }
    std::set<Uid> should_be;
    for (const auto& [uid, modseq] : expected.expunged) {
      if (modseq > since) {
        should_be.insert(uid);
      }
    }
    EXPECT_EQ(gone, should_be);
  }

  std::mt19937 random{13};
  std::map<std::string, ModelMailbox> model;
  std::map<std::string, std::uint32_t> last_uidvalidity;
  std::uint64_t last_modseq = 1;
  ModelWatcher watcher;
  Subscription listening;
};

POSTHOUSE_ON_EACH_ENGINE(ModelTest);

TEST_P(ModelTest, TheRowsAreThoseOfAPlainModel) {
  const int steps = is_sqlite() ? 600 : 150;
  for (int i = 0; i < steps && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step();
    compare();
  }
  listening = Subscription();
  store.reset();
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
