#pragma once
// One letter to many people, each with a few words of its own.
#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/compose/message_builder.h"

namespace posthouse::mime {

/// What one recipient's letter says where the template has fields: by name.
using MergeRow = std::map<std::string, std::string, std::less<>>;
/// The same asked for one by one: nothing where there is no such field.
using MergeLookup = std::function<std::optional<std::string>(std::string_view field)>;

/// A letter with fields "{{name}}" in it, and the messages made from it, one at a time.
///
///     const auto letter = mime::MessageTemplate(mime::MessageBuilder().from("shop@one.test").attach("prices.pdf"))
///         .to("{{name}}", "{{email}}").subject("{{name}}, the new prices")
///         .text("Dear {{name}},\n…").html("<p>Dear {{name}},</p>…");
///     for (const Customer& customer : customers)
///       client.send(letter.merge({{"name", customer.name}, {"email", customer.email}}));
///
/// A field is "{{name}}", blanks around the name allowed; a name is made of letters of any script, digits, "_", "-" and
/// ".". In the HTML a value has &, <, >, " and ' escaped, so that it is text wherever it stands;
/// "{{{name}}}" puts it there as it is. In a header a value cannot end the line or become another address. "\{{" is
/// "{{" itself.
///
/// The functions throw as those of MessageBuilder do, and Errc::merge_syntax for a field that is not closed or whose name
/// is none. Only one message is in memory at a time; files are encoded once and shared by all.
class MessageTemplate {
 public:
  /// `common` has what all messages have: From, files, other fields; and texts and a subject, if they have no fields.
  explicit MessageTemplate(MessageBuilder common);
  MessageTemplate(const MessageTemplate&);
  MessageTemplate(MessageTemplate&&) noexcept;
  MessageTemplate& operator=(const MessageTemplate&);
  MessageTemplate& operator=(MessageTemplate&&) noexcept;
  ~MessageTemplate();

  /// The recipient; several calls make several.
  MessageTemplate& to(std::string_view addr);
  MessageTemplate& to(std::string_view name, std::string_view addr);  ///< The same with a display name.
  MessageTemplate& subject(std::string_view text);                    ///< As MessageBuilder::subject(), with fields.
  MessageTemplate& text(std::string_view utf8);                       ///< As MessageBuilder::text(), with fields.
  MessageTemplate& html(std::string_view utf8);                       ///< As MessageBuilder::html(), with fields.
  /// As MessageBuilder::header, but only the value has fields: "List-Unsubscribe", "<https://one.test/off/{{token}}>".
  MessageTemplate& header(std::string_view name, std::string_view value);

  /// The names of all fields, each once, in the order of their first appearance.
  std::vector<std::string> fields() const;

  /// The message of one recipient: it has recipients(), build() and write_to(), and may be changed further.
  /// Throws Errc::merge_field where the row lacks a field; as MessageBuilder where a value does not fit
  /// its place (CR or LF in a header, no address, not UTF-8).
  MessageBuilder merge(const MergeRow& row) const { return merged(lookup_in(row)); }
  /// The same with a function from names to values, for rows that are no maps:
  ///
  ///     letter.merge([&](std::string_view field) { return customer.find_text(field); })
  template <std::invocable<std::string_view> F>
  MessageBuilder merge(const F& value_of) const {
    return merged(MergeLookup(std::cref(value_of)));
  }

 private:
  struct State;
  MessageBuilder merged(const MergeLookup& value_of) const;
  static MergeLookup lookup_in(const MergeRow& row);
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::mime
