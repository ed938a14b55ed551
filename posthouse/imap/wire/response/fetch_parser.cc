#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/response/response_parser.h"
#include "posthouse/imap/wire/text/date.h"

namespace posthouse::imap {
namespace {

// Reads the items of one message.
class FetchParser {
 public:
  FetchParser(Cursor& in, const ResponseContext& context, response::Fetch& out)
      : in_(in), context_(context), out_(out) {}

  bool run() {
    take_spaces(in_);
    if (!in_.take('(')) {
      return false;
    }
    for (take_spaces(in_); !in_.take(')'); take_spaces(in_)) {
      if (in_.at_end() || !read_item()) {
        return false;
      }
    }
    return true;
  }

 private:
  bool read_item() {
    const std::size_t begin = in_.position();
    if (auto body = read_body_name(in_)) {
      take_spaces(in_);
      return read_body_octets(std::move(*body));
    }
    in_.seek(begin);
    const std::string_view name = in_.take_while([](char c) { return c != ' ' && c != '(' && c != ')' && c != '['; });
    if (iequals(name, "BINARY.SIZE")) {
      return read_binary_size();
    }
    take_spaces(in_);
    for (const auto& [known, read] : items) {
      if (iequals(known, name)) {
        return (this->*read)();
      }
    }
    return !name.empty() && read_other(name);
  }

  bool read_body_octets(response::BodyData body) {
    const std::size_t begin = in_.position();
    auto octets = take_lenient_nstring(in_);
    if (!octets) {
      return false;
    }
    // A streamed body stands as an empty literal: of those, in order, there are as many as were streamed.
    const bool literal = in_.text()[begin] == '{';
    if (literal && octets->has_value() && (*octets)->empty() && streamed_ < context_.streamed.size()) {
      body.streamed = true;
      body.size = context_.streamed[streamed_++];
    } else if (*octets) {
      body.size = (*octets)->size();
      body.octets = std::move(*octets);
    }
    out_.bodies.push_back(std::move(body));
    return true;
  }

  bool read_binary_size() {
    auto section = read_section(in_);
    take_spaces(in_);
    const auto size = in_.take_number64();
    if (!section || !size) {
      return false;
    }
    out_.binary_sizes.push_back({std::move(*section), *size});
    return true;
  }

  bool read_uid() { return (out_.uid = in_.take_number()).has_value(); }
  bool read_size() { return (out_.size = in_.take_number64()).has_value(); }
  bool read_flags() { return (out_.flags = take_lenient_flags(in_)).has_value(); }
  bool read_envelope_item() { return (out_.envelope = read_envelope(in_)).has_value(); }
  bool read_body() { return (out_.body = read_body_structure(in_)).has_value(); }
  bool read_structure() { return (out_.structure = read_body_structure(in_)).has_value(); }

  // A date that cannot be read is left out.
  bool read_date(std::optional<mime::Date>& out) {
    const auto text = take_lenient_nstring(in_);
    if (!text) {
      return false;
    }
    out = *text ? parse_date_time(**text) : std::nullopt;
    return true;
  }
  bool read_internal_date() { return read_date(out_.internal_date); }
  bool read_save_date() { return read_date(out_.save_date.emplace()); }

  bool read_modseq() {
    const bool parenthesis = in_.take('(');
    out_.modseq = in_.take_number64();
    return out_.modseq && (!parenthesis || in_.take(')'));
  }

  // "(" id ")" or NIL
  bool read_object_id(std::optional<std::string>& out) {
    if (in_.take_word("NIL")) {
      return true;
    }
    if (!in_.take('(')) {
      return false;
    }
    auto id = take_lenient_nstring(in_);
    if (!id) {
      return false;
    }
    out = std::move(*id);
    return in_.take(')');
  }
  bool read_email_id() { return read_object_id(out_.email_id); }
  bool read_thread_id() { return read_object_id(out_.thread_id.emplace()); }

  bool read_preview() {
    auto text = take_lenient_nstring(in_);
    if (!text) {
      return false;
    }
    out_.preview = std::move(*text);
    return true;
  }

  bool read_other(std::string_view name) {
    const std::size_t begin = in_.position();
    if (!take_any_value(in_)) {
      return false;
    }
    out_.others.emplace_back(name, in_.text().substr(begin, in_.position() - begin));
    return true;
  }

  using Read = bool (FetchParser::*)();
  static constexpr std::pair<std::string_view, Read> items[] = {{"UID", &FetchParser::read_uid},
                                                                {"FLAGS", &FetchParser::read_flags},
                                                                {"RFC822.SIZE", &FetchParser::read_size},
                                                                {"INTERNALDATE", &FetchParser::read_internal_date},
                                                                {"ENVELOPE", &FetchParser::read_envelope_item},
                                                                {"BODYSTRUCTURE", &FetchParser::read_structure},
                                                                {"BODY", &FetchParser::read_body},
                                                                {"MODSEQ", &FetchParser::read_modseq},
                                                                {"EMAILID", &FetchParser::read_email_id},
                                                                {"THREADID", &FetchParser::read_thread_id},
                                                                {"SAVEDATE", &FetchParser::read_save_date},
                                                                {"PREVIEW", &FetchParser::read_preview}};

  Cursor& in_;
  const ResponseContext& context_;
  response::Fetch& out_;
  std::size_t streamed_ = 0;
};

}  // namespace

std::optional<response::BodyData> read_body_name(Cursor& in) {
  using Name = response::BodyData::Name;
  response::BodyData body;
  if (in.take_prefix("BODY[")) {
    body.name = Name::body;
  } else if (in.take_prefix("BINARY[")) {
    body.name = Name::binary;
  } else if (in.take_word("RFC822.HEADER")) {
    body.name = Name::rfc822_header;
    return body;
  } else if (in.take_word("RFC822.TEXT")) {
    body.name = Name::rfc822_text;
    return body;
  } else if (in.take_prefix("RFC822[]") || in.take_word("RFC822")) {
    body.name = Name::rfc822;
    return body;
  } else {
    return std::nullopt;
  }
  in.seek(in.position() - 1);
  auto section = read_section(in, {.depth = 1'000, .fields = 100'000});
  if (!section) {
    return std::nullopt;
  }
  body.section = std::move(*section);
  if (in.take('<')) {
    body.origin = in.take_number64();
    if (!body.origin || !in.take('>')) {
      return std::nullopt;
    }
  }
  return body;
}

bool read_fetch_data(Cursor& in, const ResponseContext& context, response::Fetch& out) {
  return FetchParser(in, context, out).run();
}

}  // namespace posthouse::imap
