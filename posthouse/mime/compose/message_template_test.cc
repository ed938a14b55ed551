#include "posthouse/mime/compose/message_template.h"

#include <unordered_map>

#include "posthouse/mime/compose/compose_testing.h"
#include "posthouse/mime/compose/merge_text.h"

namespace posthouse::mime {
namespace {

MessageTemplate offer() {
  return MessageTemplate(MessageBuilder(fixed()).from("shop@one.test").attach("prices.pdf", "%PDF-1.7"))
      .to("{{name}}", "{{email}}")
      .subject("{{name}}, the new prices")
      .text("Dear {{name}},\nyou had {{ orders }} orders.\n")
      .html("<p>Dear {{name}},</p>{{{greeting}}}")
      .header("List-Unsubscribe", "<https://one.test/off/{{token}}>");
}

MergeRow zhang() {
  return {{"name", "张 <三> & \"Co\""},
          {"email", "zhang@two.test"},
          {"orders", "3"},
          {"token", "a1"},
          {"greeting", "<b>Hi</b>"}};
}

TEST(MessageTemplate, FillsInEveryPlace) {
  const MessageBuilder builder = offer().merge(zhang());
  EXPECT_EQ(builder.recipients(), std::vector<std::string>{"zhang@two.test"});
  const std::string bytes = builder.build();
  expect_strict(bytes);
  const Message message = Message::parse(bytes);
  EXPECT_EQ(message.to(), (std::vector<Address>{{"张 <三> & \"Co\"", "zhang@two.test"}}));
  EXPECT_EQ(message.subject(), "张 <三> & \"Co\", the new prices");
  EXPECT_EQ(message.header("List-Unsubscribe"), "<https://one.test/off/a1>");
  EXPECT_EQ(message.text_part()->text(), "Dear 张 <三> & \"Co\",\r\nyou had 3 orders.\r\n");
  EXPECT_EQ(message.html_part()->text(), "<p>Dear 张 &lt;三&gt; &amp; &quot;Co&quot;,</p><b>Hi</b>\r\n");
  EXPECT_EQ(message.attachments().at(0).content(), "%PDF-1.7");
}

TEST(MessageTemplate, OneMessageAfterTheOther) {
  const MessageTemplate letter = offer();
  for (int i = 0; i < 100; ++i) {
    MergeRow row = zhang();
    row["email"] = "r" + std::to_string(i) + "@two.test";
    const MessageBuilder builder = letter.merge(row);
    EXPECT_EQ(builder.recipients(), std::vector<std::string>{row["email"]});
    EXPECT_EQ(Message::parse(builder.build()).to().at(0).addr, row["email"]);
  }
}

TEST(MessageTemplate, TakesRowsOfAnyKind) {
  struct Guest {
    std::string name, email;
    int table;
  };
  const auto invitation =
      MessageTemplate(MessageBuilder(fixed()).from("a@one.test")).to("{{email}}").text("{{name}}: table {{table}}");
  const Guest guest{"Bob", "bob@two.test", 7};
  const auto text_of = [](const MessageBuilder& builder) {
    return Message::parse(builder.build()).text_part()->text();
  };
  EXPECT_EQ(
      text_of(invitation.merge({{"name", guest.name}, {"email", guest.email}, {"table", std::to_string(guest.table)}})),
      "Bob: table 7\r\n");
  const std::unordered_map<std::string, std::string> row = {{"name", "Al"}, {"email", "al@two.test"}, {"table", "1"}};
  EXPECT_EQ(text_of(invitation.merge([&](std::string_view field) -> std::optional<std::string> {
              const auto found = row.find(std::string(field));
              return found == row.end() ? std::nullopt : std::optional(found->second);
            })),
            "Al: table 1\r\n");
}

TEST(MessageTemplate, AMissingFieldIsSaidInWords) {
  MergeRow row = zhang();
  row.erase("orders");
  try {
    offer().merge(row);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "mime.merge_field");
    EXPECT_STREQ(error.what(), "no value for the field \"orders\", which the text asks for");
  }
}

TEST(MessageTemplate, ValuesCannotAddToTheHeader) {
  for (const char* name : {"name", "token", "email"}) {
    for (const char* value : {"x\r\nBcc: evil@x.test", "x\ny", "x\ry"}) {
      MergeRow row = zhang();
      row[name] = value;
      EXPECT_EQ(code_of([&] { offer().merge(row).build(); }), "mime.header_injection") << name;
    }
  }
  MergeRow row = zhang();
  for (const char* value : {"a@x.test, b@y.test", "<a@x.test>", "", "a@x.test>, <b@y.test"}) {
    row["email"] = value;
    EXPECT_EQ(code_of([&] { offer().merge(row); }), "mime.address") << value;
  }
  row = zhang();
  row["name"] = "\xFF";
  EXPECT_EQ(code_of([&] { offer().merge(row); }), "mime.charset");
}

TEST(MessageTemplate, Syntax) {
  const MergeLookup name_of = [](std::string_view field) { return "[" + std::string(field) + "]"; };
  const auto filled = [&](std::string_view text) { return MergeText(text, "the text").filled(name_of, false); };
  EXPECT_EQ(filled(""), "");
  EXPECT_EQ(filled("no fields { } }} {x}"), "no fields { } }} {x}");
  EXPECT_EQ(filled("{{a}}{{b}} {{  c.d-e_1  }}"), "[a][b] [c.d-e_1]");
  EXPECT_EQ(filled("{{姓名}}{{{raw}}}"), "[姓名][raw]");
  EXPECT_EQ(filled("\\{{a}} {{a}}}"), "{{a}} [a]}");
  EXPECT_EQ(filled("@media print{p{color:red}}"), "@media print{p{color:red}}");
  for (const char* bad : {"{{", "{{a", "{{a}", "{{}}", "{{ }}", "{{a b}}", "{{{a}}", "{{a{b}}", "x {{<}}"}) {
    EXPECT_EQ(code_of([&] { filled(bad); }), "mime.merge_syntax") << bad;
  }
  EXPECT_EQ(MergeText("{{a}} {{{a}}}", "x").filled([](std::string_view) { return std::string("<'>"); }, true),
            "&lt;&#39;&gt; <'>");
}

TEST(MessageTemplate, TellsItsFields) {
  EXPECT_EQ(offer().fields(), (std::vector<std::string>{"name", "email", "token", "orders", "greeting"}));
}

TEST(MessageTemplate, ValuesAreNotLookedThroughForFields) {
  const auto letter = MessageTemplate(MessageBuilder(fixed()).from("a@one.test")).to("b@two.test").text("{{x}}");
  EXPECT_EQ(Message::parse(letter.merge({{"x", "{{y}}"}}).build()).text_part()->text(), "{{y}}\r\n");
}

}  // namespace
}  // namespace posthouse::mime
