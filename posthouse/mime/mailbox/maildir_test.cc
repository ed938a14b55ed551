#include "posthouse/mime/mailbox/maildir.h"

#include <set>

#include "tests/support/temporary_folder.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "posthouse/mime/error.h"
#include "posthouse/mime/mailbox/python_testing.h"
#include "posthouse/mime/testing/code_of.h"

namespace posthouse::mime {
namespace {

TEST(Maildir, DeliversReadsFlagsAndRemoves) {
  const test::TemporaryFolder folder;
  const Maildir box = Maildir::create(folder / "box");
  const MaildirEntry first = box.deliver("A: 1\r\n\r\n\0x");
  const MaildirEntry second = box.deliver("A: 2\n\n", {.seen = true, .flagged = true});
  EXPECT_TRUE(first.fresh);
  EXPECT_EQ(box.read(first), "A: 1\r\n\r\n\0x");
  EXPECT_TRUE(second.name.ends_with(",S=6:2,FS")) << second.name;
  EXPECT_TRUE(std::filesystem::is_empty(folder / "box/tmp"));
  EXPECT_EQ(box.list(), (std::vector<MaildirEntry>{first, second}));

  const MaildirEntry seen = box.set_flags(first, {.replied = true, .seen = true});
  EXPECT_TRUE(seen.name.ends_with(":2,RS"));
  EXPECT_EQ(seen.unique(), first.unique());
  EXPECT_EQ(box.read(first), box.read(seen)) << "found although it has moved";
  box.remove(second);
  EXPECT_EQ(code_of([&] { box.read(second); }), "mime.gone");
  EXPECT_EQ(code_of([&] { box.remove(second); }), "mime.gone");
  EXPECT_EQ(box.list(), std::vector<MaildirEntry>{seen});
}

TEST(Maildir, ForeignLettersOfFlagsStay) {
  const test::TemporaryFolder folder;
  const Maildir box = Maildir::create(folder / "box");
  folder.write("box/cur/1.x:2,Sab", "A: b\n\n");
  folder.write("box/cur/.hidden", "no message");
  ASSERT_EQ(box.list().size(), 1U);
  const MaildirEntry entry = box.list().front();
  EXPECT_EQ(entry.flags, MaildirFlags{.seen = true});
  EXPECT_EQ(box.set_flags(entry, {.draft = true}).name, "1.x:2,Dab");
}

TEST(Maildir, NamesAreUniqueAndListedByTime) {
  const test::TemporaryFolder folder;
  const Maildir box = Maildir::create(folder / "box");
  folder.write("box/new/999.a", "");
  folder.write("box/cur/1000.a:2,", "");
  std::set<std::string> names;
  for (int i = 0; i < 50; ++i) {
    names.insert(box.deliver("x").name);
  }
  EXPECT_EQ(names.size(), 50U);
  const auto list = box.list();
  EXPECT_EQ(list[0].name, "999.a");
  EXPECT_EQ(list[1].name, "1000.a:2,");
}

TEST(Maildir, Folders) {
  const test::TemporaryFolder folder;
  const Maildir box = Maildir::create(folder / "box");
  box.create_folder("Work.2026").deliver("A: b\n\n");
  box.create_folder("Work");
  box.create_folder("Work");
  folder.write("box/.nofolder", "");
  EXPECT_EQ(box.folders(), (std::vector<std::string>{"Work", "Work.2026"}));
  EXPECT_EQ(box.folder("Work.2026").list().size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(folder / "box/.Work/maildirfolder"));
  EXPECT_TRUE(box.list().empty());
  for (const char* name : {"", ".", "..", "a/b", "../x", "a..b", ".a", "a.", "a\nb"}) {
    EXPECT_EQ(code_of([&] { box.create_folder(name); }), "mime.folder") << name;
    EXPECT_EQ(code_of([&] { box.folder(name); }), "mime.folder") << name;
  }
  EXPECT_EQ(code_of([&] { box.folder("None"); }), "mime.folder");
}

TEST(Maildir, Failures) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { Maildir::open(folder.path()); }), "mime.folder");
  EXPECT_EQ(code_of([&] { Maildir::create(folder / "a" / "b"); }), "mime.file");
  const Maildir box = Maildir::create(folder / "box");
  std::filesystem::remove(folder / "box/new");
  EXPECT_EQ(code_of([&] { box.deliver("x"); }), "mime.file");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "box/tmp")) << "what could not be delivered is not left behind";
}

TEST(Maildir, OldLeftoversAreCleaned) {
  const test::TemporaryFolder folder;
  const Maildir box = Maildir::create(folder / "box");
  folder.write("box/tmp/old", "x");
  folder.write("box/tmp/young", "x");
  const timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder / "box/tmp/old").c_str(), times, 0), 0);
  box.clean();
  EXPECT_FALSE(std::filesystem::exists(folder / "box/tmp/old"));
  EXPECT_TRUE(std::filesystem::exists(folder / "box/tmp/young"));
}

TEST(Maildir, PythonReadsAndWritesTheSame) {
  const test::TemporaryFolder folder;
  if (!has_python()) {
    GTEST_SKIP() << "no python3";
  }
  const Maildir box = Maildir::create(folder / "box");
  box.deliver("Subject: ours\n\ntext\n");
  box.deliver("Subject: seen\n\n", {.replied = true, .seen = true});
  box.create_folder("Sub");
  ASSERT_TRUE(python(R"(
import mailbox, sys
box = mailbox.Maildir(sys.argv[1] + '/box', factory=None, create=False)
found = {m['Subject']: (m.get_subdir(), m.get_flags()) for m in box}
assert found == {'ours': ('new', ''), 'seen': ('cur', 'RS')}, found
assert box.list_folders() == ['Sub']
message = mailbox.MaildirMessage(b'Subject: theirs\n\nhello\n')
message.set_subdir('cur')
message.set_flags('FS')
box.get_folder('Sub').add(message)
)",
                     folder));
  const Maildir sub = box.folder("Sub");
  ASSERT_EQ(sub.list().size(), 1U);
  EXPECT_EQ(sub.list()[0].flags, (MaildirFlags{.seen = true, .flagged = true}));
  EXPECT_EQ(sub.read(sub.list()[0]), "Subject: theirs\n\nhello\n");
}

}  // namespace
}  // namespace posthouse::mime
