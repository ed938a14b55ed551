#include "posthouse/imap/summary/summary.h"

#include <algorithm>
#include <vector>

#include "posthouse/imap/search/base_subject.h"
#include "posthouse/imap/wire/message/make_body_structure.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/mime/read/readable_text.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t preview_characters = 200;  // RFC 8970 section 3.1
constexpr std::size_t newest_references = 100;
constexpr std::size_t most_reference_octets = 8 * 1024;

}  // namespace

std::string references_of(const mime::Message& message) {
  std::vector<std::string> ids = message.message_ids("References");
  if (ids.empty()) {
    ids = message.message_ids("In-Reply-To");
    ids.resize(std::min<std::size_t>(ids.size(), 1));
  }
  std::size_t octets = 0;
  auto first = ids.end();
  while (first != ids.begin() && static_cast<std::size_t>(ids.end() - first) < newest_references &&
         octets + std::prev(first)->size() < most_reference_octets) {
    octets += (--first)->size() + 1;
  }
  std::string references;
  references.reserve(octets);
  for (; first != ids.end(); ++first) {
    references += references.empty() ? "" : " ";
    references += *first;
  }
  return references;
}

Summary make_summary(const mime::Message& message) {
  const mime::Contents contents = message.contents();
  auto [subject, reply_or_forward] = base_subject(message.subject());
  Summary summary{.format = summary_format,
                  .sent = message.date(),
                  .base_subject = std::move(subject),
                  .reply_or_forward = reply_or_forward,
                  .references = references_of(message),
                  .has_attachment = !contents.files.empty(),
                  .parts = PartTable::of(message).encode(),
                  .preview = mime::preview(contents, preview_characters)};
  append_envelope(summary.envelope, make_envelope(message.headers()));
  const BodyStructure structure = make_body_structure(message);
  append_body_structure(summary.body, structure, BodyForm::body);
  append_body_structure(summary.body_structure, structure, BodyForm::structure);
  return summary;
}

Summary make_summary(std::string_view message) {
  return make_summary(mime::Message::view(message));
}

Summary make_summary_of_file(const std::filesystem::path& file) {
  return make_summary(mime::Message::map(file));
}

}  // namespace posthouse::imap
