#include "posthouse/mime/compose/message_builder.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/compose/build_world.h"
#include "posthouse/mime/compose/entity_writer.h"
#include "posthouse/mime/compose/field.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/header_writer.h"

namespace posthouse::mime {
namespace {

struct ExtraField {
  std::string name;
  std::string value;
};

Address checked(const Address& address) {
  check_header_text(address.name);
  wire_address(address.addr);
  return address;
}

void append(std::vector<Address>& to, std::vector<Address> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Throws Errc::header also for the fields the builder sets itself.
void check_extra_name(std::string_view name) {
  check_field_name(name);
  if (istarts_with(name, "Content-") || iequals(name, "MIME-Version")) {
    throw Error(Errc::header, "the builder sets this field itself: " + printable(name));
  }
}

}  // namespace

struct MessageBuilder::State {
  BuildOptions options{};
  std::vector<Address> from{}, to{}, cc{}, bcc{}, reply_to{};
  std::optional<std::string> subject{};
  std::optional<Date> date{};
  std::string message_id{};
  std::vector<ExtraField> extra{};
  EntityPtr text{}, html{};  // null: there is none
  std::vector<EntityPtr> alternatives{};
  std::size_t before_html = 0;  // how many of the alternatives
  std::vector<EntityPtr> inline_files{}, attachments{};

  EntityStyle style() const {
    return {.eight_bit = options.eight_bit, .flowed = options.flowed, .encoded_word_names = options.encoded_word_names};
  }
  bool has_extra(std::string_view name) const {
    return std::any_of(extra.begin(), extra.end(), [&](const ExtraField& field) { return iequals(field.name, name); });
  }
  EntityPtr html_with_files() const;
  EntityPtr words() const;
  EntityPtr body() const;
  void append_header(std::string& out, const BuildWorld& world) const;
  void write(MessageOutput& out) const;
};

EntityPtr MessageBuilder::State::html_with_files() const {
  if (!html || inline_files.empty()) {
    return html;
  }
  std::vector<EntityPtr> members = {html};
  members.insert(members.end(), inline_files.begin(), inline_files.end());
  return multipart_entity("related", std::move(members), "type=\"text/html\"");
}

// What is to be read, in all its forms; null where there is none.
EntityPtr MessageBuilder::State::words() const {
  std::vector<EntityPtr> choices;
  if (text) {
    choices.push_back(text);
  }
  const auto html_place = alternatives.begin() + static_cast<std::ptrdiff_t>(before_html);
  choices.insert(choices.end(), alternatives.begin(), html_place);
  if (html) {
    choices.push_back(html_with_files());
  }
  choices.insert(choices.end(), html_place, alternatives.end());
  if (choices.size() > 1) {
    return multipart_entity("alternative", std::move(choices));
  }
  return choices.empty() ? nullptr : choices.front();
}

// alternative ⊃ related ⊃ mixed, as far as there is something to put into each.
EntityPtr MessageBuilder::State::body() const {
  const EntityPtr main = words();
  std::vector<EntityPtr> parts;
  if (main) {
    parts.push_back(main);
  }
  if (!html) {
    parts.insert(parts.end(), inline_files.begin(), inline_files.end());
  }
  parts.insert(parts.end(), attachments.begin(), attachments.end());
  if (parts.empty()) {
    return text_entity("", "text/plain", {});
  }
  return parts.size() == 1 && main ? main : multipart_entity("mixed", std::move(parts));
}

void MessageBuilder::State::append_header(std::string& out, const BuildWorld& world) const {
  out.append("Date: ").append(format_date(date ? *date : world.now())).append("\r\n");
  append_addresses(out, "From", from);
  // RFC 5322 section 3.6.2: several authors need one sender.
  if (from.size() > 1 && !has_extra("Sender")) {
    append_addresses(out, "Sender", {from.front()});
  }
  append_addresses(out, "Reply-To", reply_to);
  append_addresses(out, "To", to);
  append_addresses(out, "Cc", cc);
  const std::string id = message_id.empty() ? world.new_message_id(wire_address(from.front().addr)) : message_id;
  out.append("Message-ID: ").append(id).append("\r\n");
  if (subject) {
    append_field(out, "Subject", *subject);
  }
  for (const ExtraField& field : extra) {
    append_typed_field(out, field.name, field.value);
  }
  out.append("MIME-Version: 1.0\r\n");
}

void MessageBuilder::State::write(MessageOutput& out) const {
  if (from.empty()) {
    throw Error(Errc::incomplete, "a message needs a From address");
  }
  const BuildWorld world(options);
  const EntityPtr root = body();
  std::string header;
  header.reserve(1024);  // of most messages
  append_header(header, world);
  out.expect(header.size() + written_size(*root));
  out.append(header);
  write_entity(out, *root, world.random());
}

MessageBuilder::MessageBuilder(BuildOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
MessageBuilder::MessageBuilder(const MessageBuilder& other) : state_(std::make_unique<State>(*other.state_)) {}
MessageBuilder::MessageBuilder(MessageBuilder&&) noexcept = default;
MessageBuilder& MessageBuilder::operator=(const MessageBuilder& other) {
  if (this != &other) {
    state_ = std::make_unique<State>(*other.state_);
  }
  return *this;
}
MessageBuilder& MessageBuilder::operator=(MessageBuilder&&) noexcept = default;
MessageBuilder::~MessageBuilder() = default;

MessageBuilder& MessageBuilder::from(std::string_view list) {
  append(state_->from, checked_list(list));
  return *this;
}
MessageBuilder& MessageBuilder::from(const Address& address) {
  state_->from.push_back(checked(address));
  return *this;
}
MessageBuilder& MessageBuilder::from(std::string_view name, std::string_view addr) {
  return from(Address{.name = std::string(name), .addr = std::string(addr)});
}
MessageBuilder& MessageBuilder::to(std::string_view list) {
  append(state_->to, checked_list(list));
  return *this;
}
MessageBuilder& MessageBuilder::to(const Address& address) {
  state_->to.push_back(checked(address));
  return *this;
}
MessageBuilder& MessageBuilder::to(std::string_view name, std::string_view addr) {
  return to(Address{.name = std::string(name), .addr = std::string(addr)});
}
MessageBuilder& MessageBuilder::cc(std::string_view list) {
  append(state_->cc, checked_list(list));
  return *this;
}
MessageBuilder& MessageBuilder::cc(const Address& address) {
  state_->cc.push_back(checked(address));
  return *this;
}
MessageBuilder& MessageBuilder::cc(std::string_view name, std::string_view addr) {
  return cc(Address{.name = std::string(name), .addr = std::string(addr)});
}
MessageBuilder& MessageBuilder::bcc(std::string_view list) {
  append(state_->bcc, checked_list(list));
  return *this;
}
MessageBuilder& MessageBuilder::bcc(std::string_view name, std::string_view addr) {
  return bcc(Address{.name = std::string(name), .addr = std::string(addr)});
}
MessageBuilder& MessageBuilder::bcc(const Address& address) {
  state_->bcc.push_back(checked(address));
  return *this;
}
MessageBuilder& MessageBuilder::reply_to(std::string_view list) {
  append(state_->reply_to, checked_list(list));
  return *this;
}
MessageBuilder& MessageBuilder::reply_to(std::string_view name, std::string_view addr) {
  return reply_to(Address{.name = std::string(name), .addr = std::string(addr)});
}
MessageBuilder& MessageBuilder::reply_to(const Address& address) {
  state_->reply_to.push_back(checked(address));
  return *this;
}

MessageBuilder& MessageBuilder::subject(std::string_view text) {
  check_header_text(text);
  state_->subject = text;
  return *this;
}
MessageBuilder& MessageBuilder::date(const Date& date) {
  state_->date = date;
  return *this;
}
MessageBuilder& MessageBuilder::date(std::chrono::system_clock::time_point moment) {
  return date(Date{.utc = std::chrono::floor<std::chrono::seconds>(moment)});
}
MessageBuilder& MessageBuilder::message_id(std::string_view id) {
  state_->message_id = checked_id(id);
  return *this;
}

MessageBuilder& MessageBuilder::header(std::string_view name, std::string_view value) {
  check_header_text(value);
  if (iequals(name, "From")) {
    return from(value);
  }
  if (iequals(name, "To")) {
    return to(value);
  }
  if (iequals(name, "Cc")) {
    return cc(value);
  }
  if (iequals(name, "Bcc")) {
    return bcc(value);
  }
  if (iequals(name, "Reply-To")) {
    return reply_to(value);
  }
  if (iequals(name, "Subject")) {
    return subject(value);
  }
  if (iequals(name, "Message-ID")) {
    return message_id(value);
  }
  if (iequals(name, "Date")) {
    const std::optional<Date> parsed = parse_date(value);
    if (!parsed) {
      throw Error(Errc::header, "not a date: " + printable(value));
    }
    return date(*parsed);
  }
  check_extra_name(name);
  std::string trial;
  append_typed_field(trial, name, value);  // refuses what cannot be written now rather than in build()
  state_->extra.push_back({std::string(name), std::string(value)});
  return *this;
}

MessageBuilder& MessageBuilder::text(std::string_view utf8) {
  state_->text = text_entity(utf8, "text/plain", state_->style());
  return *this;
}
MessageBuilder& MessageBuilder::html(std::string_view utf8) {
  state_->html = text_entity(utf8, "text/html", state_->style());
  state_->before_html = state_->alternatives.size();
  return *this;
}
MessageBuilder& MessageBuilder::alternative(std::string_view type, std::string content) {
  state_->alternatives.push_back(
      istarts_with(type, "text/")
          ? text_entity(content, type, state_->style())
          : file_entity({.type = std::string(type)}, Content(std::move(content)), state_->style()));
  return *this;
}

MessageBuilder& MessageBuilder::add_file(std::string_view name, Content content, std::string_view type,
                                         std::string_view cid) {
  std::vector<EntityPtr>& files = cid.empty() ? state_->attachments : state_->inline_files;
  files.push_back(file_entity({.name = std::string(name),
                               .type = std::string(type),
                               .disposition = cid.empty() ? "attachment" : "inline",
                               .cid = std::string(cid)},
                              content, state_->style()));
  return *this;
}
MessageBuilder& MessageBuilder::inline_bytes(std::string_view name, std::string bytes, std::string_view cid,
                                             std::string_view type) {
  return add_file(name, Content(std::move(bytes)), type, checked_id(cid));
}
MessageBuilder& MessageBuilder::inline_file(const std::filesystem::path& path, std::string_view cid,
                                            std::string_view type) {
  return add_file(path.filename().string(), Content(path), type, checked_id(cid));
}
MessageBuilder& MessageBuilder::attach(std::string_view name, std::string bytes, std::string_view type) {
  return add_file(name, Content(std::move(bytes)), type, {});
}
MessageBuilder& MessageBuilder::attach(const std::filesystem::path& path) {
  return add_file(path.filename().string(), Content(path), {}, {});
}

MessageBuilder& MessageBuilder::encode_files() {
  for (std::vector<EntityPtr>* files : {&state_->alternatives, &state_->inline_files, &state_->attachments}) {
    for (EntityPtr& file : *files) {
      file = encoded_once(file);
    }
  }
  return *this;
}

std::string MessageBuilder::build() const {
  MessageOutput out;
  state_->write(out);
  return std::move(out.buffer());
}

void MessageBuilder::write_to(const std::function<void(std::string_view)>& sink) const {
  MessageOutput out(sink);
  state_->write(out);
  out.flush();
}

std::vector<std::string> MessageBuilder::recipients() const {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const std::vector<Address>* list : {&state_->to, &state_->cc, &state_->bcc}) {
    for (const Address& address : *list) {
      std::string spec = wire_address(address.addr);
      if (seen.insert(spec).second) {
        out.push_back(std::move(spec));
      }
    }
  }
  return out;
}

std::string MessageBuilder::sender() const {
  return state_->from.empty() ? std::string() : wire_address(state_->from.front().addr);
}

bool MessageBuilder::needs_smtputf8() const {
  const std::vector<Address>* lists[] = {&state_->from, &state_->to, &state_->cc, &state_->bcc, &state_->reply_to};
  return std::any_of(std::begin(lists), std::end(lists), [](const std::vector<Address>* list) {
    return std::any_of(list->begin(), list->end(), [](const Address& a) { return !is_ascii(a.local_part()); });
  });
}

}  // namespace posthouse::mime
