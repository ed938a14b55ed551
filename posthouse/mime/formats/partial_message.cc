#include "posthouse/mime/formats/partial_message.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

bool is_of_inner_message(const Field& field) {
  return istarts_with(field.name(), "Content-") || field.is("Subject") || field.is("Message-ID") ||
         field.is("Encrypted") || field.is("MIME-Version");
}

void append_fields(std::string& out, const Headers& headers, bool of_inner_message) {
  for (const Field field : headers) {
    if (is_of_inner_message(field) == of_inner_message) {
      out += field.raw();
    }
  }
}

}  // namespace

std::optional<PartialMessage> partial_of(const Message& message) {
  if (!message.root().is("message/partial")) {
    return std::nullopt;
  }
  const ParameterizedValue type = message.root().content_type();
  PartialMessage partial{type.get("id"), number_of<unsigned>(type.get("number")).value_or(0),
                         number_of<unsigned>(type.get("total")).value_or(0)};
  if (partial.id.empty() || partial.number == 0) {
    return std::nullopt;
  }
  return partial;
}

std::optional<std::string> join_partial(const std::vector<Message>& pieces) {
  struct Piece {
    unsigned number;
    std::string_view body;
    const Message* message;
  };
  std::vector<Piece> ordered;
  std::string id;
  unsigned total = 0;
  for (const Message& message : pieces) {
    const std::optional<PartialMessage> partial = partial_of(message);
    if (!partial || (!id.empty() && partial->id != id)) {
      return std::nullopt;
    }
    id = partial->id;
    if (partial->total != 0 && total != 0 && partial->total != total) {
      return std::nullopt;
    }
    total = std::max(total, partial->total);
    ordered.push_back({partial->number, message.root().raw_body(), &message});
  }
  const auto by_number = [](const Piece& a, const Piece& b) { return a.number < b.number; };
  std::stable_sort(ordered.begin(), ordered.end(), by_number);
  ordered.erase(
      std::unique(ordered.begin(), ordered.end(), [](const Piece& a, const Piece& b) { return a.number == b.number; }),
      ordered.end());
  if (total == 0 || ordered.size() != total || ordered.back().number != total) {
    return std::nullopt;
  }

  const std::string_view first = ordered.front().body;
  const HeaderBlock inner = HeaderBlock::scan(first);
  std::string whole;
  append_fields(whole, ordered.front().message->headers(), false);
  append_fields(whole, inner.headers(), true);
  whole += first.substr(0, inner.body()).ends_with("\r\n") ? "\r\n" : "\n";
  whole += first.substr(inner.body());
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    whole += ordered[i].body;
  }
  return whole;
}

}  // namespace posthouse::mime
