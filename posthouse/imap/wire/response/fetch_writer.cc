#include "posthouse/imap/wire/response/response_writer.h"
#include "posthouse/imap/wire/text/date.h"

namespace posthouse::imap {

FetchWriter::FetchWriter(std::string& out, std::uint32_t number, const ResponseStyle& style, bool by_uid)
    : out_(out), style_(style) {
  out_ += "* " + std::to_string(number) + (by_uid ? " UIDFETCH (" : " FETCH (");
}

void FetchWriter::name(std::string_view name) {
  if (!first_) {
    out_ += ' ';
  }
  first_ = false;
  out_ += name;
  out_ += ' ';
}

void FetchWriter::ready(std::string_view item, std::string_view text) {
  name(item);
  out_ += text;
}

void FetchWriter::uid(std::uint32_t uid) {
  ready("UID", std::to_string(uid));
}

void FetchWriter::flags(const Flags& flags) {
  if (flags.has(SystemFlag::recent) && !style_.recent) {
    Flags others = flags;
    others.remove(SystemFlag::recent);
    return ready("FLAGS", '(' + others.to_string() + ')');
  }
  ready("FLAGS", '(' + flags.to_string() + ')');
}

void FetchWriter::internal_date(const mime::Date& date) {
  ready("INTERNALDATE", '"' + format_date_time(date) + '"');
}

void FetchWriter::size(std::uint64_t octets) {
  ready("RFC822.SIZE", std::to_string(octets));
}

void FetchWriter::modseq(std::uint64_t modseq) {
  ready("MODSEQ", '(' + std::to_string(modseq) + ')');
}

void FetchWriter::body_name(const response::BodyData& body) {
  constexpr std::string_view names[] = {"BODY", "BINARY", "RFC822", "RFC822.HEADER", "RFC822.TEXT"};
  std::string item(names[static_cast<std::size_t>(body.name)]);
  if (body.name <= response::BodyData::Name::binary) {
    item += '[' + body.section.to_string() + ']';
    if (body.origin) {
      item += '<' + std::to_string(*body.origin) + '>';
    }
  }
  name(item);
}

void FetchWriter::begin_body(const response::BodyData& body, bool binary) {
  body_name(body);
  out_ += (binary ? "~{" : "{") + std::to_string(body.size) + "}\r\n";
}

void FetchWriter::body(const response::BodyData& body) {
  if (!body.octets) {
    body_name(body);
    out_ += "NIL";
    return;
  }
  response::BodyData sized{
      .name = body.name, .section = body.section, .origin = body.origin, .size = body.octets->size()};
  begin_body(sized, body.name == response::BodyData::Name::binary && body.octets->find('\0') != std::string::npos);
  out_ += *body.octets;
}

void FetchWriter::binary_size(const response::BinarySize& size) {
  ready("BINARY.SIZE[" + size.section.to_string() + ']', std::to_string(size.size));
}

void FetchWriter::email_id(std::string_view id) {
  name("EMAILID");
  out_ += '(';
  out_ += id;
  out_ += ')';
}

void FetchWriter::thread_id(const std::optional<std::string>& id) {
  ready("THREADID", id ? '(' + *id + ')' : "NIL");
}

void FetchWriter::save_date(const std::optional<mime::Date>& date) {
  ready("SAVEDATE", date ? '"' + format_date_time(*date) + '"' : "NIL");
}

void FetchWriter::preview(const std::optional<std::string>& text) {
  name("PREVIEW");
  append_nstring(out_, text, style_.strings);
}

void FetchWriter::end() {
  out_ += ")\r\n";
}

}  // namespace posthouse::imap
