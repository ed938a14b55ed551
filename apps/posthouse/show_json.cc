// posthouse show --json: one document a message, for programs.
#include "apps/posthouse/show_json.h"

#include <array>
#include <optional>
#include <vector>

#include <boost/json.hpp>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"

namespace {

namespace json = boost::json;
using namespace posthouse;

std::string hex_sha256(std::string_view octets) {
  return hex_encode(sha256(octets));
}

// Length of the white space at text[at], Unicode's too; 0 when there is none.
std::size_t white_space(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31)) {
    return 1;
  }
  for (const std::string_view space :
       {"\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
        "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"}) {
    if (c >= 0x80 && text.substr(at).starts_with(space)) {
      return space.size();
    }
  }
  return 0;
}

// Runs of white space as one blank, none at the ends.
std::string collapsed(std::string_view text) {
  std::string out;
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t length = white_space(text, at); length != 0) {
      space = true;
      at += length;
      continue;
    }
    if (space && !out.empty()) {
      out += ' ';
    }
    space = false;
    out += text[at++];
  }
  return out;
}

// What programs read is what the labels say; what was guessed stands beside it (charset_guess).
json::value addresses(const mime::Message& message, std::string_view name) {
  json::array out;
  for (const mime::Field& field : message.headers().all(name)) {
    for (const mime::Address& address : mime::parse_addresses(field.raw_value())) {
      out.push_back({{"name", address.name}, {"addr", address.addr.empty() ? "<>" : address.addr}});
    }
  }
  return out;
}

std::optional<std::string> declared_filename(const mime::Part& part) {
  const mime::ParameterizedValue disposition = part.content_disposition();
  const mime::ParameterizedValue type = part.content_type();
  const std::string* name = disposition.find("filename");
  if (name == nullptr || trim(*name).empty()) {
    if (const std::string* other = type.find("name")) {
      name = other;
    }
  }
  return name == nullptr ? std::nullopt : std::optional(std::string(trim(*name)));
}

json::object guess_json(const mime::Text& text) {
  return {{"charset", text.charset},
          {"source", mime::name_of(text.source)},
          {"confidence", text.confidence},
          {"text_sha256", hex_sha256(mime::with_lf(text.utf8))}};
}

json::object headers(const mime::Message& message) {
  json::object out;
  for (const char* name : {"From", "To", "Cc", "Reply-To"}) {
    if (message.headers().contains(name)) {
      out[to_lower(name)] = addresses(message, name);
    }
  }
  if (message.headers().contains("Subject")) {
    out["subject"] = collapsed(message.headers().text("Subject"));
  }
  if (message.headers().contains("Message-ID")) {
    out["message-id"] = collapsed(message.header("Message-ID"));
  }
  if (const auto date = message.date()) {
    out["date"] = mime::format_utc(*date);
    out["date_offset"] = mime::format_offset(*date);
  }
  return out;
}

json::array defects(const mime::Message& message) {
  json::array out;
  for (const mime::Defect& defect : message.all_defects()) {
    out.push_back({{"code", mime::code_name(defect.code)}, {"offset", defect.offset}, {"text", defect.text()}});
  }
  return out;
}

json::object part_json(const mime::Part& part) {
  json::object out;
  const auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) {
      out[key] = value;
    }
  };
  out["path"] = part.path();
  out["type"] = mime::repair_utf8(part.type());
  set("charset", mime::repair_utf8(part.charset()));
  set("disposition", mime::repair_utf8(part.disposition()));
  if (const auto name = declared_filename(part)) {
    out["filename"] = *name;
  }
  set("cid", collapsed(part.content_id()));
  set("cte", to_lower(collapsed(part.header("Content-Transfer-Encoding"))));
  if (!part.is_leaf()) {
    out["children"] = json::array();
    return out;
  }
  if (part.is("message/delivery-status") || part.is("message/global-delivery-status")) {
    out["opaque"] = true;
    return out;
  }
  const std::string content = part.content();
  out["size"] = content.size();
  out["sha256"] = hex_sha256(content);
  out["sha256_lf"] = hex_sha256(mime::with_lf(content));
  if (part.is("text/")) {
    const mime::Text text = mime::to_utf8(content, part.charset());
    out["text_sha256"] = hex_sha256(mime::with_lf(text.utf8));
    if (text.lossy || !text.known_charset) {
      out["text_lossy"] = true;
    }
    const mime::Text read = part.decoded_text();
    if (read.source != mime::CharsetSource::declared) {
      out["charset_guess"] = guess_json(read);
    }
  }
  return out;
}

// Parts come depth first: each goes into the children of the last one of lower depth.
json::object tree_json(const mime::Message& message) {
  json::object root;
  std::vector<json::object*> open;  // by depth
  for (const mime::Part part : message.walk()) {
    const std::size_t depth = part.depth();
    open.resize(depth);
    if (depth == 0) {
      root = part_json(part);
      open.push_back(&root);
    } else {
      json::array& children = open.back()->at("children").as_array();
      children.push_back(part_json(part));
      open.push_back(&children.back().as_object());
    }
  }
  return root;
}

}  // namespace

std::string posthouse::app::json_line(const std::string& file, const mime::Message& message) {
  json::object out;
  out["file"] = mime::repair_utf8(file);
  out["headers"] = headers(message);
  out["defects"] = defects(message);
  out["parts"] = message.part_count();
  out["root"] = tree_json(message);
  return json::serialize(out);
}
