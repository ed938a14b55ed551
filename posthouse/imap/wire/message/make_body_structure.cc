#include "posthouse/imap/wire/message/make_body_structure.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/message/part_view.h"
#include "posthouse/mime/fields/as_written.h"

namespace posthouse::imap {
namespace {

std::optional<std::string> part_text(const mime::Headers& headers, std::string_view name) {
  const auto field = headers.find(name);
  if (!field) {
    return std::nullopt;
  }
  std::string text = field->unfolded();
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

BodyParameters parameters_of(mime::ParameterizedValue&& value) {
  BodyParameters out;
  for (mime::Parameter& parameter : value.parameters) {
    out.emplace_back(to_upper(parameter.name), std::move(parameter.value));
  }
  return out;
}

std::uint64_t count_lines(std::string_view body) {
  std::uint64_t lines = 0;
  // Quicker than std::count, which looks at each octet by itself.
  for (std::size_t at = body.find('\n'); at != std::string_view::npos; at = body.find('\n', at + 1)) {
    ++lines;
  }
  return lines;
}

// "type/subtype" and its parameters. The parser's type counts: it knows what is assumed where the field is absent or
// makes no sense.
void set_type(BodyPart& out, const mime::Part& part) {
  const std::string type = part.type();
  const std::size_t slash = type.find('/');
  out.type = to_upper(std::string_view(type).substr(0, slash));
  out.subtype = slash == std::string::npos ? "" : to_upper(std::string_view(type).substr(slash + 1));
  if (const auto field = part.headers().find("Content-Type")) {
    mime::ParameterizedValue value = mime::parse_written_parameters(field->raw_value());
    if (iequals(value.value, type)) {
      out.parameters = parameters_of(std::move(value));
      return;
    }
  }
  if (type == "text/plain") {
    out.parameters = {{"CHARSET", "US-ASCII"}};
  }
}

void set_encoding(BodyPart& out, const mime::Part& part) {
  if (const auto field = part.headers().find("Content-Transfer-Encoding")) {
    const std::string word = mime::parse_written_parameters(field->raw_value()).value;
    if (!word.empty()) {
      out.encoding = to_upper(word);
    }
  }
}

void set_extension(BodyPart& out, const mime::Headers& headers) {
  out.location = part_text(headers, "Content-Location");
  if (const auto field = headers.find("Content-Disposition")) {
    mime::ParameterizedValue value = mime::parse_written_parameters(field->raw_value());
    if (!value.value.empty() || !value.parameters.empty()) {
      BodyDisposition& disposition = out.disposition.emplace();
      disposition.type = value.value.empty() ? "ATTACHMENT" : to_upper(value.value);  // RFC 2183 section 2.8
      disposition.parameters = parameters_of(std::move(value));
    }
  }
  if (const auto field = headers.find("Content-Language")) {
    const std::string languages = field->unfolded();
    for (const std::string_view language : split(languages, ',')) {
      if (!trim(language).empty()) {
        out.languages.emplace_back(trim(language));
      }
    }
  }
}

BodyPart described(const mime::Part& part) {
  BodyPart out;
  const mime::Headers headers = part.headers();
  set_type(out, part);
  set_extension(out, headers);
  if (out.is_multipart()) {
    return out;
  }
  set_encoding(out, part);
  out.md5 = part_text(headers, "Content-MD5");
  out.id = part_text(headers, "Content-ID");
  out.description = part_text(headers, "Content-Description");
  const std::string_view body = part.raw_body();
  out.size = body.size();
  if (out.type == "TEXT") {
    out.lines = count_lines(body);
  }
  return out;
}

// The text that stands in for a body without parts; `body` is what it has.
BodyPart plain_text(std::string_view body) {
  BodyPart out;
  out.type = "TEXT";
  out.subtype = "PLAIN";
  out.parameters = {{"CHARSET", "US-ASCII"}};
  out.size = body.size();
  out.lines = count_lines(body);
  return out;
}

bool is_message_type(const BodyPart& part) {
  return part.type == "MESSAGE" && (part.subtype == "RFC822" || part.subtype == "GLOBAL");
}

}  // namespace

BodyStructure make_body_structure(const mime::Message& message) {
  const std::vector<PartView> views = view_parts(message);
  BodyStructure structure;
  std::vector<std::size_t> index_of(views.size());  // of a view, in the structure: stand-ins move those behind them
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const PartView& view = views[i];
    const std::size_t index = structure.parts.size();
    index_of[i] = index;
    BodyPart& part = structure.parts.emplace_back(view.part ? described(*view.part)
                                                            : plain_text(views[view.parent].part->raw_body()));
    part.parent = i == 0 ? 0 : index_of[view.parent];
    part.ordinal = view.ordinal;
    part.children = view.children;
    open.push_back(i);
    if (view.form == PartForm::message) {
      part.envelope = make_envelope(view.part->children().front().headers());
      part.lines = count_lines(view.part->raw_body());
    } else if (is_message_type(part)) {
      part.envelope.emplace();
      part.lines = count_lines(view.part->raw_body());
      part.children = 1;
      BodyPart& empty = structure.parts.emplace_back(plain_text({}));
      empty.parent = index;
      empty.subtree_end = index + 2;
    }
    while (!open.empty() && views[open.back()].subtree_end == i + 1) {
      structure.parts[index_of[open.back()]].subtree_end = structure.parts.size();
      open.pop_back();
    }
  }
  return structure;
}

}  // namespace posthouse::imap
