// Reports and messages in pieces, of several projects.
#include <boost/json.hpp>

#include "posthouse/base/text.h"
#include "posthouse/mime/mime.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mime {
namespace {

TEST(CorpusReports, OfDelivery) {
  POSTHOUSE_NEEDS_CORPUS("flanker");
  for (const char* name : {"mailparser/delivery-status.eml", "flanker/messages/bounce/mailbox-full.eml",
                           "flanker/messages/bounce/no-mx.eml", "flanker/messages/bounce/delayed-broken.eml",
                           "mimekit/messages/delivery-status-no-blank-line.txt", "cpython-email/msg_43.txt"}) {
    const auto report = parse_delivery_report(Message::parse(read_file(corpus() / name)));
    ASSERT_TRUE(report) << name;
    EXPECT_FALSE(report->recipients.empty()) << name;
    for (const RecipientReport& recipient : report->recipients) {
      EXPECT_NE(recipient.final_recipient.find('@'), std::string::npos) << name << " " << recipient.final_recipient;
      EXPECT_TRUE(recipient.status.empty() || recipient.status.size() == 5) << name << " " << recipient.status;
      EXPECT_NE(recipient.action, DeliveryAction::delivered) << name;
    }
  }
}

TEST(CorpusReports, OfDisposition) {
  POSTHOUSE_NEEDS_CORPUS("mimekit");
  for (const char* name :
       {"mimekit/messages/disposition-notification.txt", "flanker/messages/disposition-notification.eml"}) {
    const auto report = parse_disposition_notification(Message::parse(read_file(corpus() / name)));
    ASSERT_TRUE(report) << name;
    EXPECT_EQ(report->disposition, "displayed") << name;
    EXPECT_NE(report->final_recipient.find('@'), std::string::npos) << name;
    EXPECT_FALSE(report->original_message_id.empty()) << name;
  }
}

TEST(CorpusReports, OfAbuse) {
  POSTHOUSE_NEEDS_CORPUS("mail-auth");
  for (const char* name : {"001", "003", "004", "005"}) {
    const std::string path = std::string("mail-auth/arf/") + name;
    const auto report = parse_feedback_report(Message::parse(read_file(corpus() / (path + ".eml"))));
    ASSERT_TRUE(report) << name;
    const boost::json::object theirs = boost::json::parse(read_file(corpus() / (path + ".json"))).as_object();
    const auto text = [&](const char* key) {
      return theirs.at(key).is_string() ? std::string(theirs.at(key).as_string()) : std::string();
    };
    std::string type = report->feedback_type;  // theirs is a name without "-"
    std::erase(type, '-');
    EXPECT_EQ(type, to_lower(text("feedback_type"))) << name;
    EXPECT_EQ(report->user_agent, text("user_agent")) << name;
    EXPECT_EQ(report->source_ip, text("source_ip")) << name;
    EXPECT_EQ(report->dkim_domain, text("dkim_domain")) << name;
    EXPECT_EQ(report->incidents, theirs.at("incidents").to_number<std::uint64_t>()) << name;
    EXPECT_EQ(report->reported_domains.size(), theirs.at("reported_domain").as_array().size()) << name;
    EXPECT_EQ(report->authentication_results.size(), theirs.at("authentication_results").as_array().size()) << name;
    EXPECT_EQ(report->arrival.has_value(), !theirs.at("arrival_date").is_null()) << name;
    EXPECT_FALSE(report->original_message.empty()) << name;
  }
}

TEST(CorpusPartial, PiecesMakeTheMessage) {
  POSTHOUSE_NEEDS_CORPUS("mimekit");
  const auto read = [](const std::string& name) {
    return Message::parse(read_file(corpus() / "mimekit" / "partial" / name));
  };
  const auto rfc = join_partial({read("rfc2046.1.eml"), read("rfc2046.0.eml")});
  const auto larger =
      join_partial({read("message-partial.0.eml"), read("message-partial.1.eml"), read("message-partial.2.eml")});
  ASSERT_TRUE(rfc);
  ASSERT_TRUE(larger);
  for (const auto& [joined, name] : {std::pair(*rfc, "rfc2046.eml"), std::pair(*larger, "message-partial.eml")}) {
    const Message ours = Message::parse(joined);
    const Message theirs = read(name);
    EXPECT_EQ(ours.subject(), theirs.subject()) << name;
    EXPECT_EQ(ours.message_id(), theirs.message_id()) << name;
    EXPECT_EQ(without_cr(std::string(ours.root().raw_body())), without_cr(std::string(theirs.root().raw_body())))
        << name;
    EXPECT_EQ(ours.part_count(), theirs.part_count()) << name;
  }
}

}  // namespace
}  // namespace posthouse::mime
