// What clients write down about accounts and mailboxes.
#include "posthouse/store/mailboxes/annotations.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

constexpr std::string_view address = "ann@one.test";

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AnnotationsTest : public StoreOnEachEngine {
 protected:
  std::vector<Annotation> of_account() {
    return store->read([&](Read& read) { return annotations_of_account(read, account); });
  }
  std::vector<Annotation> of(MailboxId mailbox) {
    return store->read([&](Read& read) { return annotations_of_mailbox(read, mailbox); });
  }
  void set(MailboxId mailbox, const std::vector<AnnotationChange>& changes) {
    store->write([&](Write& write) { annotate_mailbox(write, mailbox, changes); });
  }
};

POSTHOUSE_ON_EACH_ENGINE(AnnotationsTest);

TEST_P(AnnotationsTest, AreSetChangedAndRemoved) {
  const std::string octets(
      "a\0\xFF"
      "b",
      4);
  set(inbox, {{"/private/Comment", "mine"}, {"/shared/x", octets}, {"/private/empty", ""}});
  EXPECT_THAT(of(inbox), ElementsAre(Annotation{"/private/comment", "mine"}, Annotation{"/private/empty", ""},
                                     Annotation{"/shared/x", octets}));
  set(inbox, {{"/PRIVATE/comment", "other"}, {"/shared/X", {}}, {"/private/none", {}}});
  EXPECT_THAT(of(inbox), ElementsAre(Annotation{"/private/comment", "other"}, Annotation{"/private/empty", ""}));
  EXPECT_THAT(of_account(), IsEmpty());
  store->write([&](Write& write) {
    const std::vector<AnnotationChange> one = {{"/private/vendor/a", "b"}};
    annotate_account(write, account, one);
  });
  EXPECT_THAT(of_account(), ElementsAre(Annotation{"/private/vendor/a", "b"}));
}

TEST_P(AnnotationsTest, AreBounded) {
  std::vector<AnnotationChange> many;
  for (std::size_t i = 0; i < most_annotations; ++i) {
    many.push_back({"/private/" + std::to_string(i), "x"});
  }
  set(inbox, many);
  EXPECT_EQ(error_of([&] { set(inbox, {{"/private/more", "x"}}); }), "store.too_many");
  set(inbox, {{"/private/0", {}}, {"/private/more", std::string(most_annotation_octets, 'x')}});
  EXPECT_EQ(error_of([&] { set(inbox, {{"/private/more", std::string(most_annotation_octets + 1, 'x')}}); }),
            "store.too_large");
  for (const std::string& bad : {std::string(), std::string(256, 'x'), std::string("/private/\xC3\xBC")}) {
    EXPECT_EQ(error_of([&] { set(inbox, {{bad, "x"}}); }), "store.invalid_name");
  }
  EXPECT_EQ(error_of([&] { set(4711, {{"/private/a", "x"}}); }), "store.no_such_mailbox");
  EXPECT_EQ(of(inbox).size(), most_annotations);
}

TEST_P(AnnotationsTest, GoWithTheirMailboxAndAccount) {
  const MailboxId other = store->write([&](Write& write) { return create_mailbox(write, account, "other").id; });
  set(other, {{"/private/a", "x"}});
  store->write([&](Write& write) {
    const std::vector<AnnotationChange> one = {{"/private/a", "b"}};
    annotate_account(write, account, one);
    rename_mailbox(write, account, "other", "another");
  });
  EXPECT_THAT(of(other), ElementsAre(Annotation{"/private/a", "x"}));
  store->accounts().remove_account(address);
  EXPECT_EQ(connect().query_one<int>("SELECT (SELECT count(*) FROM account_annotation) + "
                                     "(SELECT count(*) FROM mailbox_annotation)"),
            0);
}

}  // namespace
}  // namespace posthouse::store
