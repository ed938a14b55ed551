#include "posthouse/mime/message_builder.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/mime/build/field.h"
#include "posthouse/mime/header_writer.h"
#include "posthouse/mime/message_id.h"
#include "posthouse/mime/parser/entity.h"

namespace posthouse::mime {
namespace {

struct File {
  std::string name;
  std::string bytes;
  std::string type;
  std::string cid;  // with "<" and ">"; empty for attachments
};

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

// \throws posthouse::Error also for the fields the builder sets itself.
void check_extra_name(std::string_view name) {
  check_field_name(name);
  if (istarts_with(name, "Content-") || iequals(name, "MIME-Version"))
    throw Error("the builder sets this field itself: " + printable(name), {.code = "mime.header"});
}

std::string read_file(const std::filesystem::path& path) {
  const auto failed = [&](int error) {
    return Error("cannot read " + path.string() + ": " + std::generic_category().message(error),
                 {.code = "mime.file", .statement = path.string()});
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw failed(EISDIR);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw failed(errno);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) throw failed(errno);
  return bytes;
}

}  // namespace

struct MessageBuilder::State {
  BuildOptions options{};
  std::vector<Address> from{}, to{}, cc{}, bcc{}, reply_to{};
  std::optional<std::string> subject{};
  std::optional<Date> date{};
  std::string message_id{};
  std::vector<ExtraField> extra{};
  std::optional<std::string> text{}, html{};
  std::vector<File> inline_files{}, attachments{};

  bool has_extra(std::string_view name) const {
    return std::any_of(extra.begin(), extra.end(), [&](const ExtraField& field) { return iequals(field.name, name); });
  }
  Entity body() const;
  std::string header() const;
  std::string new_message_id() const;
};

// alternative ⊃ related ⊃ mixed, as far as there is something to put into each.
Entity MessageBuilder::State::body() const {
  std::vector<Entity> parts;
  const bool related = html && !inline_files.empty();
  std::optional<Entity> main;
  if (html) main = text_entity(*html, "html");
  if (related) {
    std::vector<Entity> members;
    members.push_back(std::move(*main));
    for (const File& file : inline_files)
      members.push_back(file_entity(file.name, file.bytes, file.type, "inline", file.cid));
    main = multipart_entity("related", std::move(members), {"type=\"text/html\""});
  }
  if (text && main) {
    std::vector<Entity> choices;
    choices.push_back(text_entity(*text, "plain"));
    choices.push_back(std::move(*main));
    main = multipart_entity("alternative", std::move(choices));
  } else if (text) {
    main = text_entity(*text, "plain");
  }
  if (main) parts.push_back(std::move(*main));
  if (!related)
    for (const File& file : inline_files)
      parts.push_back(file_entity(file.name, file.bytes, file.type, "inline", file.cid));
  for (const File& file : attachments)
    parts.push_back(file_entity(file.name, file.bytes, file.type, "attachment", file.cid));
  if (parts.empty()) return text_entity("", "plain");
  const bool alone = parts.size() == 1 && main;
  return alone ? std::move(parts.front()) : multipart_entity("mixed", std::move(parts));
}

std::string MessageBuilder::State::new_message_id() const {
  std::string domain = options.domain;
  if (domain.empty()) {
    const std::string sender = wire_address(from.front().addr);
    domain = sender.substr(sender.rfind('@') + 1);
    if (!is_ascii(domain)) domain = "localhost";
  }
  if (!options.random) return make_message_id(domain);
  std::string octets;
  for (int word = 0; word < 2; ++word)
    for (std::uint64_t bits = options.random(), i = 0; i < 8; ++i, bits >>= 8) octets += static_cast<char>(bits & 255);
  return "<" + hex_encode(octets) + "@" + domain + ">";
}

std::string MessageBuilder::State::header() const {
  std::string out;
  const Date when = date ? *date
                    : options.now
                        ? options.now()
                        : Date{.utc = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  out.append("Date: ").append(format_date(when)).append("\r\n");
  append_addresses(out, "From", from);
  // RFC 5322 section 3.6.2: several authors need one sender.
  if (from.size() > 1 && !has_extra("Sender")) append_addresses(out, "Sender", {from.front()});
  append_addresses(out, "Reply-To", reply_to);
  append_addresses(out, "To", to);
  append_addresses(out, "Cc", cc);
  out.append("Message-ID: ").append(message_id.empty() ? new_message_id() : message_id).append("\r\n");
  if (subject) append_field(out, "Subject", *subject);
  for (const ExtraField& field : extra) append_typed_field(out, field.name, field.value);
  out.append("MIME-Version: 1.0\r\n");
  return out;
}

MessageBuilder::MessageBuilder(BuildOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
MessageBuilder::MessageBuilder(const MessageBuilder& other) : state_(std::make_unique<State>(*other.state_)) {}
MessageBuilder::MessageBuilder(MessageBuilder&&) noexcept = default;
MessageBuilder& MessageBuilder::operator=(const MessageBuilder& other) {
  if (this != &other) state_ = std::make_unique<State>(*other.state_);
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
  if (iequals(name, "From")) return from(value);
  if (iequals(name, "To")) return to(value);
  if (iequals(name, "Cc")) return cc(value);
  if (iequals(name, "Bcc")) return bcc(value);
  if (iequals(name, "Reply-To")) return reply_to(value);
  if (iequals(name, "Subject")) return subject(value);
  if (iequals(name, "Message-ID")) return message_id(value);
  if (iequals(name, "Date")) {
    const std::optional<Date> parsed = parse_date(value);
    if (!parsed) throw Error("not a date: " + printable(value), {.code = "mime.header"});
    return date(*parsed);
  }
  check_extra_name(name);
  std::string trial;
  append_typed_field(trial, name, value);  // refuses what cannot be written now rather than in build()
  state_->extra.push_back({std::string(name), std::string(value)});
  return *this;
}

MessageBuilder& MessageBuilder::text(std::string_view utf8) {
  state_->text = utf8;
  return *this;
}
MessageBuilder& MessageBuilder::html(std::string_view utf8) {
  state_->html = utf8;
  return *this;
}

MessageBuilder& MessageBuilder::inline_bytes(std::string_view name, std::string bytes, std::string_view cid,
                                             std::string_view type) {
  file_entity(name, {}, type, "inline", {});  // refuses what cannot be written now rather than in build()
  state_->inline_files.push_back({std::string(name), std::move(bytes), std::string(type), checked_id(cid)});
  return *this;
}
MessageBuilder& MessageBuilder::inline_file(const std::filesystem::path& path, std::string_view cid,
                                            std::string_view type) {
  return inline_bytes(path.filename().string(), read_file(path), cid, type);
}
MessageBuilder& MessageBuilder::attach(std::string_view name, std::string bytes, std::string_view type) {
  file_entity(name, {}, type, "attachment", {});
  state_->attachments.push_back({std::string(name), std::move(bytes), std::string(type), {}});
  return *this;
}
MessageBuilder& MessageBuilder::attach(const std::filesystem::path& path) {
  return attach(path.filename().string(), read_file(path));
}

std::string MessageBuilder::build() const {
  if (state_->from.empty()) throw Error("a message needs a From address", {.code = "mime.incomplete"});
  std::string out = state_->header();
  append_entity(out, state_->body(), state_->options.random ? state_->options.random : Random(system_random));
  return out;
}

std::vector<std::string> MessageBuilder::recipients() const {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const std::vector<Address>* list : {&state_->to, &state_->cc, &state_->bcc})
    for (const Address& address : *list) {
      std::string spec = wire_address(address.addr);
      if (seen.insert(spec).second) out.push_back(std::move(spec));
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
