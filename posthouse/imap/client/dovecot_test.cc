// The client against Dovecot, over TLS.
#include "posthouse/imap/testing/dovecot.h"

#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string message(const std::string& subject, std::size_t lines = 1) {
  std::string text = "From: Bob <bob@one.test>\r\nTo: ann@two.test\r\nSubject: " + subject + "\r\nMessage-ID: <" +
                     subject + "@one.test>\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\n\r\n";
  for (std::size_t i = 0; i < lines; ++i) {
    text += "This is line " + std::to_string(i) + " of " + subject + ".\r\n";
  }
  return text;
}

class ImapDovecot : public DovecotTest {
 protected:
  static ClientOptions options(Tls tls = Tls::implicit) {
    ClientOptions options;
    options.tls = tls;
    options.tls_options.ca_file = server->certificate();
    return options;
  }
  static Client connected(const ClientOptions& options) {
    return Client::connect("localhost", options.tls == Tls::implicit ? server->tls_port() : server->port(), options);
  }
  // Logged in as `user`, whose account is new.
  static Client logged_in(const std::string& user, const ClientOptions& options) {
    Client client = connected(options);
    client.login(user, "secret");
    return client;
  }
  static Client logged_in(const std::string& user) { return logged_in(user, options()); }
};

TEST_F(ImapDovecot, LogsInByEveryKindOfTls) {
  for (const Tls tls : {Tls::implicit, Tls::starttls}) {
    Client client = connected(options(tls));
    EXPECT_TRUE(client.secure());
    EXPECT_TRUE(client.supports("AUTH=SCRAM-SHA-256"));
    const Error error = error_of([&] { client.login("ann", "wrong"); });
    EXPECT_EQ(error.errc(), Errc::auth_failed);
    EXPECT_EQ(error.response_code(), "AUTHENTICATIONFAILED");
    client.login("ann", "secret");
    EXPECT_TRUE(client.enabled("QRESYNC"));
    EXPECT_TRUE(client.supports("MOVE")) << "the capabilities of whoever is logged in";
    EXPECT_FALSE(client.id({{"name", "posthouse"}}).fields.empty());
    client.logout();
  }
  ClientOptions plain = options(Tls::none);
  plain.insecure_auth = true;
  Client client = connected(plain);
  EXPECT_TRUE(client.supports("STARTTLS"));
}

TEST_F(ImapDovecot, TalksCompressed) {
  ClientOptions compressing = options();
  compressing.compress = true;
  Client client = logged_in("zoe", compressing);
  EXPECT_TRUE(client.compressed());
  const std::string text = message("long", 20'000);
  client.append("INBOX", text);
  client.select("INBOX");
  EXPECT_EQ(client.retrieve(1), text);
  client.logout();
}

TEST_F(ImapDovecot, ManagesMailboxes) {
  Client client = logged_in("bob");
  EXPECT_EQ(client.mailbox_for("\\trash"), "Trash");
  client.create("台北/日本語");
  client.create("with \"quotes\" & more");
  client.subscribe("台北/日本語");
  client.rename("台北", "taipei");
  std::vector<std::string> names;
  for (const auto& entry : client.list("taipei*")) {
    names.push_back(entry.mailbox.name);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("taipei", "taipei/日本語"));
  EXPECT_EQ(client.list("with*").size(), 1U);
  client.unsubscribe("台北/日本語");
  client.subscribe("INBOX");
  const auto subscribed = client.list("*", {.subscribed = true});
  ASSERT_EQ(subscribed.size(), 1U);
  EXPECT_EQ(subscribed[0].mailbox.name, "INBOX");
  client.remove("with \"quotes\" & more");
  EXPECT_EQ(error_of([&] { client.select("with \"quotes\" & more"); }).errc(), Errc::refused);
  EXPECT_EQ(client.selected(), nullptr);
  EXPECT_EQ(client.namespaces().personal.size(), 1U);
  EXPECT_EQ(client.status("INBOX").number(StatusItem::messages), 0U);
  EXPECT_EQ(client.status("INBOX", {StatusItem::highest_modseq}).number(StatusItem::highest_modseq), 1U);
}

TEST_F(ImapDovecot, CarriesMessages) {
  Client client = logged_in("cleo");
  const std::string large = message("large", 100'000);
  const Appended first = client.append("INBOX", message("rain"), {.flags = Flags::of({"\\Flagged", "$work"})});
  EXPECT_EQ(first.uid, 1U);
  const Appended second = client.append("INBOX", large.size(), [&](const auto& write) {
    for (std::size_t at = 0; at < large.size(); at += 10'000) {
      write(std::string_view(large).substr(at, 10'000));
    }
  });
  client.append("INBOX", message("雨"));
  const Error error = error_of([&] { client.append("none", message("x")); });
  EXPECT_EQ(error.response_code(), "TRYCREATE");

  const Selected& inbox = client.select("INBOX");
  EXPECT_EQ(inbox.exists, 3U);
  EXPECT_EQ(inbox.uid_next, 4U);
  EXPECT_EQ(inbox.uid_validity, second.uid_validity);
  EXPECT_GT(inbox.highest_modseq, 0U);

  EXPECT_EQ(client.search(flagged()).to_string(), "1");
  EXPECT_EQ(client.search(unseen() && !subject("rain")).to_string(), "2:3");
  EXPECT_EQ(client.search(has_flag("$work") || larger(100'000)).to_string(), "1:2");
  EXPECT_EQ(client.search(body("line 99999 of")).to_string(), "2");
  EXPECT_EQ(client.search(subject("雨")).to_string(), "3");
  EXPECT_EQ(client.search(subject("nothing")).to_string(), "");
  EXPECT_EQ(client.count(everything()), 3U);
  EXPECT_THAT(client.sort(everything(), {{.key = SortKey::size, .reverse = true}}).front(), 2U);

  const auto all = client.fetch(NumberSet::all(), {.flags = true,
                                                   .envelope = true,
                                                   .structure = true,
                                                   .size = true,
                                                   .internal_date = true,
                                                   .modseq = true,
                                                   .header_fields = {"Message-ID"}});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].envelope->subject, "rain");
  EXPECT_EQ(all[1].size, large.size());
  EXPECT_EQ(all[1].structure->parts.at(0).lines, 100'000U);
  EXPECT_EQ(all[0].bodies.at(0).octets, "Message-ID: <rain@one.test>\r\n\r\n");
  EXPECT_TRUE(all[0].flags->has("$work"));
  EXPECT_TRUE(all[0].internal_date.has_value());
  EXPECT_TRUE(all[0].modseq.has_value());

  EXPECT_EQ(client.retrieve(1), message("rain"));
  EXPECT_TRUE(client.retrieve(2) == large);
  EXPECT_EQ(client.retrieve(2, {.what = SectionText::text}, Partial{0, 20}), "This is line 0 of la");
  EXPECT_EQ(client.retrieve(1, {.part = {1}}), "This is line 0 of rain.\r\n");
  EXPECT_EQ(error_of([&] { client.retrieve(9); }).errc(), Errc::no_message);
  EXPECT_EQ(client.retrieve(1, {.part = {7}}), "") << "to Dovecot a part that is not there is empty";
  EXPECT_EQ(client.search(seen()).to_string(), "") << "nothing was marked by reading it";
}

TEST_F(ImapDovecot, StoresMovesAndRemoves) {
  Client client = logged_in("dora");
  for (const char* subject : {"one", "two", "three", "four"}) {
    client.append("INBOX", message(subject));
  }
  client.select("INBOX");
  EXPECT_TRUE(client.add_flags(*NumberSet::parse("1:3"), SystemFlag::seen).empty());
  client.remove_flags(2, SystemFlag::seen);
  client.set_flags(3, Flags::of({"$Junk", "\\Answered"}));
  EXPECT_EQ(client.search(seen()).to_string(), "1");
  EXPECT_EQ(client.search(has_flag("$Junk") && answered()).to_string(), "3");
  const std::uint64_t modseq = *client.fetch_one(3, {.modseq = true}).modseq;
  EXPECT_EQ(client.add_flags(3, SystemFlag::flagged, modseq - 1).to_string(), "3") << "it changed since";
  EXPECT_TRUE(client.add_flags(3, SystemFlag::flagged, modseq).empty());

  const Copied copied = client.copy(*NumberSet::parse("1,4"), "Sent");
  EXPECT_EQ(copied.to.to_string(), "1:2");
  const Moved moved = client.move(*NumberSet::parse("1:2"), "Trash");
  EXPECT_EQ(moved.way, MoveWay::moved);
  EXPECT_EQ(moved.copied.from.to_string(), "1:2");
  EXPECT_EQ(client.selected()->exists, 2U);
  client.add_flags(NumberSet::all(), SystemFlag::deleted);
  client.expunge(4);
  EXPECT_EQ(client.search(everything()).to_string(), "3");
  client.expunge();
  EXPECT_EQ(client.selected()->exists, 0U);
  client.examine("Trash");
  EXPECT_TRUE(client.selected()->read_only);
  EXPECT_EQ(error_of([&] { client.copy(1, "none"); }).response_code(), "TRYCREATE");
  client.add_flags(1, SystemFlag::flagged);
  EXPECT_EQ(client.count(flagged()), 0U) << "it was opened to look only";
  client.unselect();
  EXPECT_EQ(client.status("Sent").number(StatusItem::messages), 2U);
}

TEST_F(ImapDovecot, TellsOfChangesWhileItIdles) {
  net::run([] {
    Client client = logged_in("eve");
    client.select("INBOX");
    client.events();
    net::Scope scope;
    scope.spawn([] {
      Client other = logged_in("eve");
      other.append("INBOX", message("news"));
    });
    const auto until = net::Deadline::after(60s);
    while (client.selected()->exists == 0 && !until.expired()) {
      client.idle(until);
    }
    EXPECT_EQ(client.selected()->exists, 1U);
    scope.join();

    // Another fiber's call ends the waiting; what it does is told, and the watcher goes on.
    bool flags_changed = false;
    scope.spawn([&] {
      while (!flags_changed && !until.expired()) {
        for (const Event& event : client.idle(until)) {
          const auto* fetch = std::get_if<response::Fetch>(&event);
          flags_changed = flags_changed || (fetch != nullptr && fetch->flags && fetch->flags->has(SystemFlag::flagged));
        }
      }
    });
    net::yield();
    EXPECT_EQ(client.search(everything()).to_string(), "1");
    Client other = logged_in("eve");
    other.select("INBOX");
    other.add_flags(1, SystemFlag::flagged);
    scope.join();
    EXPECT_TRUE(flags_changed);
  });
}

class ImapDovecotSync : public ImapDovecot, public testing::WithParamInterface<SyncWay> {};

TEST_P(ImapDovecotSync, TellsWhatBecameOfAMailbox) {
  const SyncWay way = GetParam();
  const std::string user = "sync" + std::to_string(static_cast<int>(way));
  ClientOptions how = options();
  if (way != SyncWay::qresync) {
    how.enable.clear();
  }
  // For a server that had no CONDSTORE the state has no MODSEQ.
  const auto as_known = [&](MailboxState state) {
    if (way == SyncWay::compare) {
      state.modseq = 0;
    }
    return *MailboxState::parse(state.to_string());
  };
  Client writer = logged_in(user);
  Client reader = logged_in(user, how);
  for (int i = 0; i < 20; ++i) {
    writer.append("INBOX", message(std::to_string(i)));
  }
  auto changes = reader.changes_since("INBOX");
  EXPECT_TRUE(changes.anew);
  EXPECT_EQ(changes.messages.size(), 20U);
  EXPECT_EQ(changes.state.uids.to_string(), "1:20");

  changes = reader.changes_since("INBOX", as_known(changes.state));
  EXPECT_FALSE(changes.anew);
  EXPECT_EQ(changes.way, way);
  EXPECT_THAT(changes.vanished.to_string(), IsEmpty());
  EXPECT_EQ(changes.messages.size(), way == SyncWay::compare ? 20U : 0U);

  writer.select("INBOX");
  writer.add_flags(*NumberSet::parse("3,5"), SystemFlag::flagged);
  writer.add_flags(*NumberSet::parse("7:9"), SystemFlag::deleted);
  writer.expunge();
  writer.append("INBOX", message("new"), {.flags = SystemFlag::seen});
  writer.append("INBOX", message("newer"));

  const MailboxState before = as_known(changes.state);
  changes = reader.changes_since("INBOX", before);
  EXPECT_EQ(changes.way, way);
  EXPECT_EQ(changes.vanished.to_string(), "7:9");
  NumberSet added, flagged_now;
  for (const ChangedMessage& changed : changes.messages) {
    if (changed.is_new) {
      added.add(changed.uid);
    }
    if (changed.flags.has(SystemFlag::flagged)) {
      flagged_now.add(changed.uid);
    }
  }
  EXPECT_EQ(added.to_string(), "21:22");
  EXPECT_EQ(flagged_now.to_string(), "3,5");
  EXPECT_EQ(changes.state.uids.to_string(), "1:6,10:22");
  if (way != SyncWay::compare) {
    EXPECT_EQ(changes.messages.size(), 4U);
  }

  writer.remove("Sent");
  writer.create("Sent");
  const auto other = reader.changes_since("Sent", {.uid_validity = 1, .modseq = 9, .uids = 5});
  EXPECT_TRUE(other.anew);
  EXPECT_TRUE(other.state.uids.empty());
}

INSTANTIATE_TEST_SUITE_P(Ways, ImapDovecotSync,
                         testing::Values(SyncWay::qresync, SyncWay::condstore, SyncWay::compare));

}  // namespace
}  // namespace posthouse::imap
